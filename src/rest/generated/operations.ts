/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** How a code travels. The channel asked for is the channel used: it is never switched silently. */
export type OtpChannel =
  /** An e-mail message; `to` is an e-mail address. */
  | 'EMAIL'
  /** A text message. */
  | 'SMS'
  /** A phone call that reads the code aloud. */
  | 'VOICE'
  /** A WhatsApp message. */
  | 'WHATSAPP';

/** What a code is for. A code works for the purpose it was sent for and for no other. */
export type OtpPurpose =
  /** To get back in with `recoverAccountWithOtp`. Unknown destinations are answered alike. */
  | 'ACCOUNT_RECOVERY'
  /** To sign in with `loginWithOtp`. Unknown destinations are answered alike. */
  | 'LOGIN'
  /** To set a new password with `resetPasswordWithOtp`. Unknown destinations are answered alike. */
  | 'PASSWORD_RESET'
  /** To move your account to this phone with `changePhoneWithOtp`. Needs a session whose sign-in is at most ten minutes old, to send, to check and to spend. */
  | 'PHONE_CHANGE'
  /** Your second factor once more, for a change of your account, in the session that asked for it. Goes only to where the second factor's codes go. */
  | 'STEP_UP'
  /** To confirm a payment with `confirmTransactionWithOtp`. Needs a session, and goes only to what its user has verified. */
  | 'TRANSACTION'
  /** To prove a phone number or e-mail address, for registration and changes. */
  | 'VERIFICATION';

/** Where a code stands. */
export type OtpStatus =
  /** The right code was given. */
  | 'APPROVED'
  /** No attempts are left for this requester: request a new code. */
  | 'MAX_ATTEMPTS_REACHED'
  /** A code was sent and may be tried. */
  | 'PENDING';

/** A new account, and the proof that its phone is yours. */
export type RegisterWithOtpInput = {
  /** The e-mail address to sign in with. */
  email: string;
  /** What `verifyOtp` answered for the e-mail address: it counts as verified from the start. */
  emailVerificationToken?: string | null | undefined;
  /** The code that was sent there. Give this or `verificationToken`, not both. A code that `verifyOtp` approved works here once more. */
  otpCode?: string | null | undefined;
  /** 8 to 256 characters of any kind; the most common passwords are refused. */
  password: string;
  /** The phone number in E.164 that the code was sent to. */
  phone: string;
  /** What `verifyOtp` answered. Give this or `otpCode`, not both. */
  verificationToken?: string | null | undefined;
};

/** Whose password is forgotten. */
export type RequestPasswordResetLinkInput = {
  /** The account's e-mail address. */
  email: string;
};

/** A new password, and the link that was mailed. */
export type ResetPasswordWithLinkInput = {
  /** 8 to 256 characters of any kind; the most common passwords are refused. */
  newPassword: string;
  /** What stands in the link after `#token=`. */
  token: string;
};

/** A new password, and the proof that the account is yours. */
export type ResetPasswordWithOtpInput = {
  /** The account's e-mail address. */
  email: string;
  /** 8 to 256 characters of any kind; the most common passwords are refused. */
  newPassword: string;
  /** The code that was sent there. Give this or `verificationToken`, not both. */
  otpCode?: string | null | undefined;
  /** Where the code went; null when it went to the e-mail address. */
  phone?: string | null | undefined;
  /** What `verifyOtp` answered. Give this or `otpCode`, not both. */
  verificationToken?: string | null | undefined;
};

/** Where to send a code, and what for. */
export type SendOtpInput = {
  /** How the code travels. */
  channel?: OtpChannel;
  /** PASSWORD_RESET only: the account's e-mail address. The code is sent only when `to` belongs to that account. */
  email?: string | null | undefined;
  /** The language of the message (BCP 47, for example "de" or "pt-BR"), where the provider has it. */
  locale?: string | null | undefined;
  /** What the code is for. */
  purpose?: OtpPurpose;
  /** A phone number in E.164, for example +12025551234, or an e-mail address for EMAIL. Spaces, hyphens, dots and parentheses in a number are ignored. */
  to: string;
  /** The payment to confirm: required for TRANSACTION, refused otherwise. The message shows it. */
  transaction?: TransactionInput | null | undefined;
};

/** A payment. Its canonical form is what a code and a receipt are bound to. */
export type TransactionInput = {
  /** A decimal number above zero in plain digits, for example "10.50"; no more decimal digits than the currency has, at most 15 before the point. */
  amount: string;
  /** ISO 4217 in capitals, for example "EUR". */
  currency: string;
  /** Who is paid, as the message names them: at most 140 characters in one line. */
  payee: string;
  /** The payment backend's own name for it, at most 128 characters. */
  reference: string;
};

/** A code to check. */
export type VerifyOtpInput = {
  /** `challengeId` of `sendOtp`: check this code and no later one. */
  challengeId?: string | null | undefined;
  /** The code as typed: digits; spaces and hyphens are ignored. */
  code: string;
  /** What the code was sent for. */
  purpose?: OtpPurpose;
  /** The destination that the code was sent to. */
  to: string;
};

export type RegisterWithOtpMutationVariables = Exact<{
  input: RegisterWithOtpInput;
}>;


export type RegisterWithOtpMutation = { registerWithOtp: { message: string, token: string, user: { id: string, email: string, phoneVerified: boolean } } };

export type ResetPasswordWithOtpMutationVariables = Exact<{
  input: ResetPasswordWithOtpInput;
}>;


export type ResetPasswordWithOtpMutation = { resetPasswordWithOtp: { message: string } };

export type SendOtpMutationVariables = Exact<{
  input: SendOtpInput;
}>;


export type SendOtpMutation = { sendOtp: { message: string, to: string, channel: OtpChannel } };

export type VerifyOtpMutationVariables = Exact<{
  input: VerifyOtpInput;
}>;


export type VerifyOtpMutation = { verifyOtp: { message: string, status: OtpStatus, valid: boolean } };

export type RequestPasswordResetLinkMutationVariables = Exact<{
  input: RequestPasswordResetLinkInput;
}>;


export type RequestPasswordResetLinkMutation = { requestPasswordResetLink: { message: string } };

export type ResetPasswordWithLinkMutationVariables = Exact<{
  input: ResetPasswordWithLinkInput;
}>;


export type ResetPasswordWithLinkMutation = { resetPasswordWithLink: { message: string } };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}

export const RegisterWithOtpDocument = new TypedDocumentString(`
    mutation RegisterWithOtp($input: RegisterWithOtpInput!) {
  registerWithOtp(input: $input) {
    message
    token
    user {
      id
      email
      phoneVerified
    }
  }
}
    `) as unknown as TypedDocumentString<RegisterWithOtpMutation, RegisterWithOtpMutationVariables>;
export const ResetPasswordWithOtpDocument = new TypedDocumentString(`
    mutation ResetPasswordWithOtp($input: ResetPasswordWithOtpInput!) {
  resetPasswordWithOtp(input: $input) {
    message
  }
}
    `) as unknown as TypedDocumentString<ResetPasswordWithOtpMutation, ResetPasswordWithOtpMutationVariables>;
export const SendOtpDocument = new TypedDocumentString(`
    mutation SendOtp($input: SendOtpInput!) {
  sendOtp(input: $input) {
    message
    to
    channel
  }
}
    `) as unknown as TypedDocumentString<SendOtpMutation, SendOtpMutationVariables>;
export const VerifyOtpDocument = new TypedDocumentString(`
    mutation VerifyOtp($input: VerifyOtpInput!) {
  verifyOtp(input: $input) {
    message
    status
    valid
  }
}
    `) as unknown as TypedDocumentString<VerifyOtpMutation, VerifyOtpMutationVariables>;
export const RequestPasswordResetLinkDocument = new TypedDocumentString(`
    mutation RequestPasswordResetLink($input: RequestPasswordResetLinkInput!) {
  requestPasswordResetLink(input: $input) {
    message
  }
}
    `) as unknown as TypedDocumentString<RequestPasswordResetLinkMutation, RequestPasswordResetLinkMutationVariables>;
export const ResetPasswordWithLinkDocument = new TypedDocumentString(`
    mutation ResetPasswordWithLink($input: ResetPasswordWithLinkInput!) {
  resetPasswordWithLink(input: $input) {
    message
  }
}
    `) as unknown as TypedDocumentString<ResetPasswordWithLinkMutation, ResetPasswordWithLinkMutationVariables>;