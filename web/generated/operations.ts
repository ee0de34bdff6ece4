/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
/** A new e-mail address, and the proof that it is yours: a VERIFICATION code. */
export type ChangeEmailWithOtpInput = {
  /** Where a second factor is on: a STEP_UP code that this session asked for, the authenticator's code, or a recovery code. */
  factorCode?: string | null | undefined;
  /** The new e-mail address, to which the code was sent. */
  newEmail: string;
  /** The code that was sent there. Give this or `verificationToken`, not both. */
  otpCode?: string | null | undefined;
  /** The account's password. */
  password: string;
  /** What `verifyOtp` answered. Give this or `otpCode`, not both. */
  verificationToken?: string | null | undefined;
};

/** A new password, in place of one that you know. */
export type ChangePasswordInput = {
  /** The password of now. */
  currentPassword: string;
  /** 8 to 256 characters of any kind; the most common passwords are refused. */
  newPassword: string;
  /** Where a second factor is on: a STEP_UP code that this session asked for, the authenticator's code, or a recovery code. */
  otpCode?: string | null | undefined;
};

/** A new phone, and the proof that it is yours: a PHONE_CHANGE code. */
export type ChangePhoneWithOtpInput = {
  /** Where a second factor is on: a STEP_UP code that this session asked for, the authenticator's code, or a recovery code. */
  factorCode?: string | null | undefined;
  /** The new phone number in E.164, to which the code was sent. */
  newPhone: string;
  /** The code that was sent there. Give this or `verificationToken`, not both. */
  otpCode?: string | null | undefined;
  /** The account's password. */
  password: string;
  /** What `verifyOtp` answered. Give this or `otpCode`, not both. */
  verificationToken?: string | null | undefined;
};

/** A payment and the code that was sent for it. */
export type ConfirmTransactionWithOtpInput = {
  /** `challengeId` of `sendOtp`. */
  challengeId: string;
  /** The code as typed: digits; spaces and hyphens are ignored. */
  otpCode: string;
  /** The payment again, exactly as `sendOtp` was given it. */
  transaction: TransactionInput;
};

/** The proof that the account to delete is yours. */
export type DeleteAccountInput = {
  /** Where a second factor is on: a STEP_UP code that this session asked for, the authenticator's code, or a recovery code. */
  otpCode?: string | null | undefined;
  /** The account's password. */
  password: string;
};

/** The password, and a code of the second factor where one is on. */
export type EnrollAuthenticatorInput = {
  /** Where a factor is on: a STEP_UP code that this session asked for, the code of the authenticator of now, or a recovery code. */
  otpCode?: string | null | undefined;
  /** The account's password, once more. */
  password: string;
};

/** What `extensions.code` of an error can be. `errors` tells the message and the HTTP status of each. */
export const ErrorCode = {
  /** An account already uses this e-mail address or phone. HTTP 409. */
  AccountExists: 'ACCOUNT_EXISTS',
  /** The input is not valid: the message says what is wrong with which field. HTTP 400. */
  BadUserInput: 'BAD_USER_INPUT',
  /** This destination can't be reached on this channel. HTTP 400. */
  ChannelUnavailable: 'CHANNEL_UNAVAILABLE',
  /** Codes can't be sent to this destination. HTTP 403. */
  DestinationBlocked: 'DESTINATION_BLOCKED',
  /** This is not allowed. HTTP 403. */
  Forbidden: 'FORBIDDEN',
  /** Something went wrong on our side; quote the request id when you report it. HTTP 500. */
  InternalServerError: 'INTERNAL_SERVER_ERROR',
  /** Wrong e-mail address or password. HTTP 401. */
  InvalidCredentials: 'INVALID_CREDENTIALS',
  /** Invalid e-mail address: use the form name@example.com. HTTP 400. */
  InvalidEmail: 'INVALID_EMAIL',
  /** Invalid phone number: use E.164 format, for example +12025551234. HTTP 400. */
  InvalidPhoneNumber: 'INVALID_PHONE_NUMBER',
  /** Too many wrong codes; request a new one. HTTP 429. */
  MaxAttemptsReached: 'MAX_ATTEMPTS_REACHED',
  /** No code is pending here: it expired or was used; request a new one. HTTP 400. */
  OtpExpired: 'OTP_EXPIRED',
  /** Invalid OTP. HTTP 400. */
  OtpInvalid: 'OTP_INVALID',
  /** The service is busy; try again in a moment. HTTP 503. */
  Overloaded: 'OVERLOADED',
  /** Unable to create record: the provider refused; the operator's log says why. HTTP 502. */
  ProviderError: 'PROVIDER_ERROR',
  /** Twilio not configured. HTTP 503. */
  ProviderNotConfigured: 'PROVIDER_NOT_CONFIGURED',
  /** Too many requests; try again later. HTTP 429. */
  RateLimited: 'RATE_LIMITED',
  /** Sign in again before doing this. HTTP 403. */
  ReauthenticationRequired: 'REAUTHENTICATION_REQUIRED',
  /** A code was sent a moment ago; wait before asking for another. HTTP 429. */
  ResendTooSoon: 'RESEND_TOO_SOON',
  /** The service is unavailable for a moment; try again. HTTP 503. */
  ServiceUnavailable: 'SERVICE_UNAVAILABLE',
  /** The confirmed transaction differs from the requested one. HTTP 409. */
  TransactionMismatch: 'TRANSACTION_MISMATCH',
  /** Sign in: the access token is missing, expired or revoked. HTTP 401. */
  Unauthenticated: 'UNAUTHENTICATED',
  /** This password is too easy to guess. HTTP 400. */
  WeakPassword: 'WEAK_PASSWORD'
} as const;

export type ErrorCode = typeof ErrorCode[keyof typeof ErrorCode];
/** An e-mail address and a password. */
export type LoginInput = {
  /** The account's e-mail address. */
  email: string;
  /** The account's password. */
  password: string;
};

/** Either a destination and what proves it, or the ticket of a sign-in and the code of its second factor. */
export type LoginWithOtpInput = {
  /** What `SecondFactorRequired` answered. Give this or `to`. */
  loginTicket?: string | null | undefined;
  /** The code. With a login ticket: the code that was sent, the code of the authenticator app, or one of the recovery codes. */
  otpCode?: string | null | undefined;
  /** The account's password beside the code, in place of a second step where a phone alone does not sign in. Not with a login ticket. */
  password?: string | null | undefined;
  /** Where the LOGIN code went. Give this or `loginTicket`. */
  to?: string | null | undefined;
  /** What `verifyOtp` answered for the LOGIN code, in its place. Not with a login ticket. */
  verificationToken?: string | null | undefined;
};

/** How a code travels. The channel asked for is the channel used: it is never switched silently. */
export const OtpChannel = {
  /** An e-mail message; `to` is an e-mail address. */
  Email: 'EMAIL',
  /** A text message. */
  Sms: 'SMS',
  /** A phone call that reads the code aloud. */
  Voice: 'VOICE',
  /** A WhatsApp message. */
  Whatsapp: 'WHATSAPP'
} as const;

export type OtpChannel = typeof OtpChannel[keyof typeof OtpChannel];
/** What a code is for. A code works for the purpose it was sent for and for no other. */
export const OtpPurpose = {
  /** To get back in with `recoverAccountWithOtp`. Unknown destinations are answered alike. */
  AccountRecovery: 'ACCOUNT_RECOVERY',
  /** To sign in with `loginWithOtp`. Unknown destinations are answered alike. */
  Login: 'LOGIN',
  /** To set a new password with `resetPasswordWithOtp`. Unknown destinations are answered alike. */
  PasswordReset: 'PASSWORD_RESET',
  /** To move your account to this phone with `changePhoneWithOtp`. Needs a session whose sign-in is at most ten minutes old, to send, to check and to spend. */
  PhoneChange: 'PHONE_CHANGE',
  /** Your second factor once more, for a change of your account, in the session that asked for it. Goes only to where the second factor's codes go. */
  StepUp: 'STEP_UP',
  /** To confirm a payment with `confirmTransactionWithOtp`. Needs a session, and goes only to what its user has verified. */
  Transaction: 'TRANSACTION',
  /** To prove a phone number or e-mail address, for registration and changes. */
  Verification: 'VERIFICATION'
} as const;

export type OtpPurpose = typeof OtpPurpose[keyof typeof OtpPurpose];
/** Where a code stands. */
export const OtpStatus = {
  /** The right code was given. */
  Approved: 'APPROVED',
  /** No attempts are left for this requester: request a new code. */
  MaxAttemptsReached: 'MAX_ATTEMPTS_REACHED',
  /** A code was sent and may be tried. */
  Pending: 'PENDING'
} as const;

export type OtpStatus = typeof OtpStatus[keyof typeof OtpStatus];
/** A lost phone: the password, one more proof (an ACCOUNT_RECOVERY code or a recovery code), and a new phone that is yours. */
export type RecoverAccountWithOtpInput = {
  /** The account's e-mail address. */
  email: string;
  /** The new phone number in E.164. */
  newPhone: string;
  /** The VERIFICATION code that was sent to the new phone. Give this or `newPhoneVerificationToken`. */
  newPhoneOtpCode?: string | null | undefined;
  /** What `verifyOtp` answered for the new phone. */
  newPhoneVerificationToken?: string | null | undefined;
  /** The ACCOUNT_RECOVERY code. Give one of this, `verificationToken` and `recoveryCode`. */
  otpCode?: string | null | undefined;
  /** The account's password. */
  password: string;
  /** One of the ten codes that came with the second factor. Where an authenticator app is on, nothing else will do. */
  recoveryCode?: string | null | undefined;
  /** Where the ACCOUNT_RECOVERY code went, when that was not the e-mail address. */
  to?: string | null | undefined;
  /** What `verifyOtp` answered for the ACCOUNT_RECOVERY code. */
  verificationToken?: string | null | undefined;
};

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

/** The password, and a code. */
export type SecondFactorInput = {
  /** To switch the first factor on: a VERIFICATION code that was sent to the account's phone. Where one is on: a STEP_UP code that this session asked for, the authenticator's code, or a recovery code. */
  otpCode?: string | null | undefined;
  /** The account's password, once more. */
  password: string;
  /** What `verifyOtp` answered, in place of the code. Only to switch the first factor on. */
  verificationToken?: string | null | undefined;
};

/** What completes a sign-in. A recovery code does in place of either. */
export const SecondFactorMethod = {
  /** The code that the authenticator app shows. Nothing is sent. */
  Authenticator: 'AUTHENTICATOR',
  /** A code that is sent to `to`. */
  Code: 'CODE'
} as const;

export type SecondFactorMethod = typeof SecondFactorMethod[keyof typeof SecondFactorMethod];
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

/** The link of a notice. */
export type UndoChangeInput = {
  /** What stands in the link after `#token=`. */
  token: string;
};

/** The proof that the account's own e-mail address is yours: a VERIFICATION code. */
export type VerifyEmailWithOtpInput = {
  /** The code that was sent there. Give this or `verificationToken`, not both. */
  otpCode?: string | null | undefined;
  /** What `verifyOtp` answered. Give this or `otpCode`, not both. */
  verificationToken?: string | null | undefined;
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

export type AccountFragment = { id: string, email: string, emailVerified: boolean, phone: string | null, phoneVerified: boolean, twoFactorEnabled: boolean, createdAt: string };

export type RegisterWithOtpMutationVariables = Exact<{
  input: RegisterWithOtpInput;
}>;


export type RegisterWithOtpMutation = { registerWithOtp: { message: string, token: string, expiresAt: string, refreshToken: string, deviceToken: string, user: { id: string, email: string, emailVerified: boolean, phone: string | null, phoneVerified: boolean, twoFactorEnabled: boolean, createdAt: string } } };

export type ResetPasswordWithOtpMutationVariables = Exact<{
  input: ResetPasswordWithOtpInput;
}>;


export type ResetPasswordWithOtpMutation = { resetPasswordWithOtp: { message: string, sessionsRevoked: number } };

export type MeQueryVariables = Exact<{ [key: string]: never; }>;


export type MeQuery = { me: { id: string, email: string, emailVerified: boolean, phone: string | null, phoneVerified: boolean, twoFactorEnabled: boolean, createdAt: string } | null };

export type ErrorsQueryVariables = Exact<{ [key: string]: never; }>;


export type ErrorsQuery = { errors: Array<{ code: ErrorCode, message: string, httpStatus: number }> };

export type VerifyEmailWithOtpMutationVariables = Exact<{
  input: VerifyEmailWithOtpInput;
}>;


export type VerifyEmailWithOtpMutation = { verifyEmailWithOtp: { id: string, email: string, emailVerified: boolean, phone: string | null, phoneVerified: boolean, twoFactorEnabled: boolean, createdAt: string } };

export type ChangePhoneWithOtpMutationVariables = Exact<{
  input: ChangePhoneWithOtpInput;
}>;


export type ChangePhoneWithOtpMutation = { changePhoneWithOtp: { id: string, email: string, emailVerified: boolean, phone: string | null, phoneVerified: boolean, twoFactorEnabled: boolean, createdAt: string } };

export type ChangeEmailWithOtpMutationVariables = Exact<{
  input: ChangeEmailWithOtpInput;
}>;


export type ChangeEmailWithOtpMutation = { changeEmailWithOtp: { id: string, email: string, emailVerified: boolean, phone: string | null, phoneVerified: boolean, twoFactorEnabled: boolean, createdAt: string } };

export type ChangePasswordMutationVariables = Exact<{
  input: ChangePasswordInput;
}>;


export type ChangePasswordMutation = { changePassword: { id: string, email: string, emailVerified: boolean, phone: string | null, phoneVerified: boolean, twoFactorEnabled: boolean, createdAt: string } };

export type DeleteAccountMutationVariables = Exact<{
  input: DeleteAccountInput;
}>;


export type DeleteAccountMutation = { deleteAccount: { message: string } };

export type UndoChangeMutationVariables = Exact<{
  input: UndoChangeInput;
}>;


export type UndoChangeMutation = { undoChange: { message: string, sessionsRevoked: number } };

export type RecoverAccountWithOtpMutationVariables = Exact<{
  input: RecoverAccountWithOtpInput;
}>;


export type RecoverAccountWithOtpMutation = { recoverAccountWithOtp: { message: string, token: string, expiresAt: string, refreshToken: string, deviceToken: string, user: { id: string, email: string, emailVerified: boolean, phone: string | null, phoneVerified: boolean, twoFactorEnabled: boolean, createdAt: string } } };

export type LoginMutationVariables = Exact<{
  input: LoginInput;
}>;


export type LoginMutation = { login:
    | { message: string, token: string, expiresAt: string, refreshToken: string, deviceToken: string, user: { id: string, email: string, phone: string | null, twoFactorEnabled: boolean } }
    | { message: string, loginTicket: string, method: SecondFactorMethod, channel: OtpChannel, to: string, expiresAt: string, resendAfter: string }
   };

export type LoginWithOtpMutationVariables = Exact<{
  input: LoginWithOtpInput;
}>;


export type LoginWithOtpMutation = { loginWithOtp:
    | { message: string, token: string, expiresAt: string, refreshToken: string, deviceToken: string, user: { id: string, email: string, phone: string | null, twoFactorEnabled: boolean } }
    | { message: string, loginTicket: string, method: SecondFactorMethod, channel: OtpChannel, to: string, expiresAt: string, resendAfter: string }
   };

export type ResendSecondFactorMutationVariables = Exact<{
  loginTicket: string;
}>;


export type ResendSecondFactorMutation = { resendSecondFactor: { message: string, loginTicket: string, method: SecondFactorMethod, channel: OtpChannel, to: string, expiresAt: string, resendAfter: string } };

type SignInResult_AuthPayload_Fragment = { message: string, token: string, expiresAt: string, refreshToken: string, deviceToken: string, user: { id: string, email: string, phone: string | null, twoFactorEnabled: boolean } };

type SignInResult_SecondFactorRequired_Fragment = { message: string, loginTicket: string, method: SecondFactorMethod, channel: OtpChannel, to: string, expiresAt: string, resendAfter: string };

export type SignInResultFragment =
  | SignInResult_AuthPayload_Fragment
  | SignInResult_SecondFactorRequired_Fragment
;

export type PendingSecondFactorFragment = { message: string, loginTicket: string, method: SecondFactorMethod, channel: OtpChannel, to: string, expiresAt: string, resendAfter: string };

export type SendOtpMutationVariables = Exact<{
  input: SendOtpInput;
}>;


export type SendOtpMutation = { sendOtp: { message: string, status: OtpStatus, to: string, channel: OtpChannel, challengeId: string, expiresAt: string, resendAfter: string, codeLength: number } };

export type VerifyOtpMutationVariables = Exact<{
  input: VerifyOtpInput;
}>;


export type VerifyOtpMutation = { verifyOtp: { message: string, status: OtpStatus, valid: boolean, attemptsRemaining: number, verificationToken: string | null, verificationTokenExpiresAt: string | null } };

export type OtpPolicyQueryVariables = Exact<{ [key: string]: never; }>;


export type OtpPolicyQuery = { otpPolicy: { channels: Array<OtpChannel>, codeLength: number, lifetimeSeconds: number, resendCooldownSeconds: number, maxAttempts: number } };

export type RequestPasswordResetLinkMutationVariables = Exact<{
  input: RequestPasswordResetLinkInput;
}>;


export type RequestPasswordResetLinkMutation = { requestPasswordResetLink: { message: string } };

export type ResetPasswordWithLinkMutationVariables = Exact<{
  input: ResetPasswordWithLinkInput;
}>;


export type ResetPasswordWithLinkMutation = { resetPasswordWithLink: { message: string, sessionsRevoked: number } };

export type EnableSecondFactorWithOtpMutationVariables = Exact<{
  input: SecondFactorInput;
}>;


export type EnableSecondFactorWithOtpMutation = { enableSecondFactorWithOtp: { message: string, recoveryCodes: Array<string>, user: { id: string, twoFactorEnabled: boolean } } };

export type DisableSecondFactorWithOtpMutationVariables = Exact<{
  input: SecondFactorInput;
}>;


export type DisableSecondFactorWithOtpMutation = { disableSecondFactorWithOtp: { message: string, recoveryCodes: Array<string>, user: { id: string, twoFactorEnabled: boolean } } };

export type EnrollAuthenticatorMutationVariables = Exact<{
  input: EnrollAuthenticatorInput;
}>;


export type EnrollAuthenticatorMutation = { enrollAuthenticator: { otpauthUri: string, secret: string, qrCodeSvg: string, expiresAt: string } };

export type ConfirmAuthenticatorMutationVariables = Exact<{
  otpCode: string;
}>;


export type ConfirmAuthenticatorMutation = { confirmAuthenticator: { message: string, recoveryCodes: Array<string>, user: { id: string, twoFactorEnabled: boolean } } };

export type SecondFactorChangeFragment = { message: string, recoveryCodes: Array<string>, user: { id: string, twoFactorEnabled: boolean } };

export type RefreshSessionMutationVariables = Exact<{
  refreshToken: string;
}>;


export type RefreshSessionMutation = { refreshSession: { message: string, token: string, expiresAt: string, refreshToken: string, deviceToken: string, user: { id: string, email: string, emailVerified: boolean, phone: string | null, phoneVerified: boolean, twoFactorEnabled: boolean, createdAt: string } } };

export type SessionsQueryVariables = Exact<{ [key: string]: never; }>;


export type SessionsQuery = { sessions: Array<{ id: string, current: boolean, userAgent: string | null, ip: string, createdAt: string, lastUsedAt: string, expiresAt: string, endsAt: string, amr: Array<string> }> };

export type LogoutMutationVariables = Exact<{ [key: string]: never; }>;


export type LogoutMutation = { logout: { message: string } };

export type RevokeSessionMutationVariables = Exact<{
  id: string;
}>;


export type RevokeSessionMutation = { revokeSession: { message: string, sessionsRevoked: number } };

export type RevokeAllSessionsMutationVariables = Exact<{ [key: string]: never; }>;


export type RevokeAllSessionsMutation = { revokeAllSessions: { message: string, sessionsRevoked: number } };

export type ConfirmTransactionWithOtpMutationVariables = Exact<{
  input: ConfirmTransactionWithOtpInput;
}>;


export type ConfirmTransactionWithOtpMutation = { confirmTransactionWithOtp: { id: string, reference: string, hash: string, confirmedAt: string, token: string } };

export const AccountFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Account"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"email"}},{"kind":"Field","name":{"kind":"Name","value":"emailVerified"}},{"kind":"Field","name":{"kind":"Name","value":"phone"}},{"kind":"Field","name":{"kind":"Name","value":"phoneVerified"}},{"kind":"Field","name":{"kind":"Name","value":"twoFactorEnabled"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}}]}}]} as unknown as DocumentNode<AccountFragment, unknown>;
export const PendingSecondFactorFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"PendingSecondFactor"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SecondFactorRequired"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"loginTicket"}},{"kind":"Field","name":{"kind":"Name","value":"method"}},{"kind":"Field","name":{"kind":"Name","value":"channel"}},{"kind":"Field","name":{"kind":"Name","value":"to"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"resendAfter"}}]}}]} as unknown as DocumentNode<PendingSecondFactorFragment, unknown>;
export const SignInResultFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"SignInResult"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"LoginResult"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"AuthPayload"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"token"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"refreshToken"}},{"kind":"Field","name":{"kind":"Name","value":"deviceToken"}},{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"email"}},{"kind":"Field","name":{"kind":"Name","value":"phone"}},{"kind":"Field","name":{"kind":"Name","value":"twoFactorEnabled"}}]}}]}},{"kind":"FragmentSpread","name":{"kind":"Name","value":"PendingSecondFactor"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"PendingSecondFactor"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SecondFactorRequired"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"loginTicket"}},{"kind":"Field","name":{"kind":"Name","value":"method"}},{"kind":"Field","name":{"kind":"Name","value":"channel"}},{"kind":"Field","name":{"kind":"Name","value":"to"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"resendAfter"}}]}}]} as unknown as DocumentNode<SignInResultFragment, unknown>;
export const SecondFactorChangeFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"SecondFactorChange"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SecondFactorPayload"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"recoveryCodes"}},{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"twoFactorEnabled"}}]}}]}}]} as unknown as DocumentNode<SecondFactorChangeFragment, unknown>;
export const RegisterWithOtpDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RegisterWithOtp"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"RegisterWithOtpInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"registerWithOtp"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"token"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"refreshToken"}},{"kind":"Field","name":{"kind":"Name","value":"deviceToken"}},{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Account"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Account"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"email"}},{"kind":"Field","name":{"kind":"Name","value":"emailVerified"}},{"kind":"Field","name":{"kind":"Name","value":"phone"}},{"kind":"Field","name":{"kind":"Name","value":"phoneVerified"}},{"kind":"Field","name":{"kind":"Name","value":"twoFactorEnabled"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}}]}}]} as unknown as DocumentNode<RegisterWithOtpMutation, RegisterWithOtpMutationVariables>;
export const ResetPasswordWithOtpDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"ResetPasswordWithOtp"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ResetPasswordWithOtpInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"resetPasswordWithOtp"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"sessionsRevoked"}}]}}]}}]} as unknown as DocumentNode<ResetPasswordWithOtpMutation, ResetPasswordWithOtpMutationVariables>;
export const MeDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Me"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"me"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Account"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Account"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"email"}},{"kind":"Field","name":{"kind":"Name","value":"emailVerified"}},{"kind":"Field","name":{"kind":"Name","value":"phone"}},{"kind":"Field","name":{"kind":"Name","value":"phoneVerified"}},{"kind":"Field","name":{"kind":"Name","value":"twoFactorEnabled"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}}]}}]} as unknown as DocumentNode<MeQuery, MeQueryVariables>;
export const ErrorsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Errors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"errors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"httpStatus"}}]}}]}}]} as unknown as DocumentNode<ErrorsQuery, ErrorsQueryVariables>;
export const VerifyEmailWithOtpDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"VerifyEmailWithOtp"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"VerifyEmailWithOtpInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"verifyEmailWithOtp"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Account"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Account"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"email"}},{"kind":"Field","name":{"kind":"Name","value":"emailVerified"}},{"kind":"Field","name":{"kind":"Name","value":"phone"}},{"kind":"Field","name":{"kind":"Name","value":"phoneVerified"}},{"kind":"Field","name":{"kind":"Name","value":"twoFactorEnabled"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}}]}}]} as unknown as DocumentNode<VerifyEmailWithOtpMutation, VerifyEmailWithOtpMutationVariables>;
export const ChangePhoneWithOtpDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"ChangePhoneWithOtp"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ChangePhoneWithOtpInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"changePhoneWithOtp"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Account"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Account"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"email"}},{"kind":"Field","name":{"kind":"Name","value":"emailVerified"}},{"kind":"Field","name":{"kind":"Name","value":"phone"}},{"kind":"Field","name":{"kind":"Name","value":"phoneVerified"}},{"kind":"Field","name":{"kind":"Name","value":"twoFactorEnabled"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}}]}}]} as unknown as DocumentNode<ChangePhoneWithOtpMutation, ChangePhoneWithOtpMutationVariables>;
export const ChangeEmailWithOtpDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"ChangeEmailWithOtp"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ChangeEmailWithOtpInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"changeEmailWithOtp"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Account"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Account"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"email"}},{"kind":"Field","name":{"kind":"Name","value":"emailVerified"}},{"kind":"Field","name":{"kind":"Name","value":"phone"}},{"kind":"Field","name":{"kind":"Name","value":"phoneVerified"}},{"kind":"Field","name":{"kind":"Name","value":"twoFactorEnabled"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}}]}}]} as unknown as DocumentNode<ChangeEmailWithOtpMutation, ChangeEmailWithOtpMutationVariables>;
export const ChangePasswordDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"ChangePassword"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ChangePasswordInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"changePassword"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Account"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Account"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"email"}},{"kind":"Field","name":{"kind":"Name","value":"emailVerified"}},{"kind":"Field","name":{"kind":"Name","value":"phone"}},{"kind":"Field","name":{"kind":"Name","value":"phoneVerified"}},{"kind":"Field","name":{"kind":"Name","value":"twoFactorEnabled"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}}]}}]} as unknown as DocumentNode<ChangePasswordMutation, ChangePasswordMutationVariables>;
export const DeleteAccountDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"DeleteAccount"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"DeleteAccountInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"deleteAccount"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]}}]} as unknown as DocumentNode<DeleteAccountMutation, DeleteAccountMutationVariables>;
export const UndoChangeDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"UndoChange"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"UndoChangeInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"undoChange"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"sessionsRevoked"}}]}}]}}]} as unknown as DocumentNode<UndoChangeMutation, UndoChangeMutationVariables>;
export const RecoverAccountWithOtpDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RecoverAccountWithOtp"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"RecoverAccountWithOtpInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"recoverAccountWithOtp"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"token"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"refreshToken"}},{"kind":"Field","name":{"kind":"Name","value":"deviceToken"}},{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Account"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Account"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"email"}},{"kind":"Field","name":{"kind":"Name","value":"emailVerified"}},{"kind":"Field","name":{"kind":"Name","value":"phone"}},{"kind":"Field","name":{"kind":"Name","value":"phoneVerified"}},{"kind":"Field","name":{"kind":"Name","value":"twoFactorEnabled"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}}]}}]} as unknown as DocumentNode<RecoverAccountWithOtpMutation, RecoverAccountWithOtpMutationVariables>;
export const LoginDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"Login"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"LoginInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"login"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"SignInResult"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"PendingSecondFactor"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SecondFactorRequired"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"loginTicket"}},{"kind":"Field","name":{"kind":"Name","value":"method"}},{"kind":"Field","name":{"kind":"Name","value":"channel"}},{"kind":"Field","name":{"kind":"Name","value":"to"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"resendAfter"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"SignInResult"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"LoginResult"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"AuthPayload"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"token"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"refreshToken"}},{"kind":"Field","name":{"kind":"Name","value":"deviceToken"}},{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"email"}},{"kind":"Field","name":{"kind":"Name","value":"phone"}},{"kind":"Field","name":{"kind":"Name","value":"twoFactorEnabled"}}]}}]}},{"kind":"FragmentSpread","name":{"kind":"Name","value":"PendingSecondFactor"}}]}}]} as unknown as DocumentNode<LoginMutation, LoginMutationVariables>;
export const LoginWithOtpDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"LoginWithOtp"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"LoginWithOtpInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"loginWithOtp"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"SignInResult"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"PendingSecondFactor"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SecondFactorRequired"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"loginTicket"}},{"kind":"Field","name":{"kind":"Name","value":"method"}},{"kind":"Field","name":{"kind":"Name","value":"channel"}},{"kind":"Field","name":{"kind":"Name","value":"to"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"resendAfter"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"SignInResult"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"LoginResult"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"AuthPayload"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"token"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"refreshToken"}},{"kind":"Field","name":{"kind":"Name","value":"deviceToken"}},{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"email"}},{"kind":"Field","name":{"kind":"Name","value":"phone"}},{"kind":"Field","name":{"kind":"Name","value":"twoFactorEnabled"}}]}}]}},{"kind":"FragmentSpread","name":{"kind":"Name","value":"PendingSecondFactor"}}]}}]} as unknown as DocumentNode<LoginWithOtpMutation, LoginWithOtpMutationVariables>;
export const ResendSecondFactorDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"ResendSecondFactor"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"loginTicket"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"resendSecondFactor"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"loginTicket"},"value":{"kind":"Variable","name":{"kind":"Name","value":"loginTicket"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"PendingSecondFactor"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"PendingSecondFactor"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SecondFactorRequired"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"loginTicket"}},{"kind":"Field","name":{"kind":"Name","value":"method"}},{"kind":"Field","name":{"kind":"Name","value":"channel"}},{"kind":"Field","name":{"kind":"Name","value":"to"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"resendAfter"}}]}}]} as unknown as DocumentNode<ResendSecondFactorMutation, ResendSecondFactorMutationVariables>;
export const SendOtpDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"SendOtp"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"SendOtpInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"sendOtp"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"to"}},{"kind":"Field","name":{"kind":"Name","value":"channel"}},{"kind":"Field","name":{"kind":"Name","value":"challengeId"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"resendAfter"}},{"kind":"Field","name":{"kind":"Name","value":"codeLength"}}]}}]}}]} as unknown as DocumentNode<SendOtpMutation, SendOtpMutationVariables>;
export const VerifyOtpDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"VerifyOtp"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"VerifyOtpInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"verifyOtp"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"valid"}},{"kind":"Field","name":{"kind":"Name","value":"attemptsRemaining"}},{"kind":"Field","name":{"kind":"Name","value":"verificationToken"}},{"kind":"Field","name":{"kind":"Name","value":"verificationTokenExpiresAt"}}]}}]}}]} as unknown as DocumentNode<VerifyOtpMutation, VerifyOtpMutationVariables>;
export const OtpPolicyDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"OtpPolicy"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"otpPolicy"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"channels"}},{"kind":"Field","name":{"kind":"Name","value":"codeLength"}},{"kind":"Field","name":{"kind":"Name","value":"lifetimeSeconds"}},{"kind":"Field","name":{"kind":"Name","value":"resendCooldownSeconds"}},{"kind":"Field","name":{"kind":"Name","value":"maxAttempts"}}]}}]}}]} as unknown as DocumentNode<OtpPolicyQuery, OtpPolicyQueryVariables>;
export const RequestPasswordResetLinkDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RequestPasswordResetLink"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"RequestPasswordResetLinkInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"requestPasswordResetLink"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]}}]} as unknown as DocumentNode<RequestPasswordResetLinkMutation, RequestPasswordResetLinkMutationVariables>;
export const ResetPasswordWithLinkDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"ResetPasswordWithLink"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ResetPasswordWithLinkInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"resetPasswordWithLink"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"sessionsRevoked"}}]}}]}}]} as unknown as DocumentNode<ResetPasswordWithLinkMutation, ResetPasswordWithLinkMutationVariables>;
export const EnableSecondFactorWithOtpDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"EnableSecondFactorWithOtp"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"SecondFactorInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"enableSecondFactorWithOtp"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"SecondFactorChange"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"SecondFactorChange"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SecondFactorPayload"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"recoveryCodes"}},{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"twoFactorEnabled"}}]}}]}}]} as unknown as DocumentNode<EnableSecondFactorWithOtpMutation, EnableSecondFactorWithOtpMutationVariables>;
export const DisableSecondFactorWithOtpDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"DisableSecondFactorWithOtp"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"SecondFactorInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"disableSecondFactorWithOtp"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"SecondFactorChange"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"SecondFactorChange"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SecondFactorPayload"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"recoveryCodes"}},{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"twoFactorEnabled"}}]}}]}}]} as unknown as DocumentNode<DisableSecondFactorWithOtpMutation, DisableSecondFactorWithOtpMutationVariables>;
export const EnrollAuthenticatorDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"EnrollAuthenticator"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"EnrollAuthenticatorInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"enrollAuthenticator"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"otpauthUri"}},{"kind":"Field","name":{"kind":"Name","value":"secret"}},{"kind":"Field","name":{"kind":"Name","value":"qrCodeSvg"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}}]}}]}}]} as unknown as DocumentNode<EnrollAuthenticatorMutation, EnrollAuthenticatorMutationVariables>;
export const ConfirmAuthenticatorDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"ConfirmAuthenticator"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"otpCode"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"confirmAuthenticator"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"otpCode"},"value":{"kind":"Variable","name":{"kind":"Name","value":"otpCode"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"SecondFactorChange"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"SecondFactorChange"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SecondFactorPayload"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"recoveryCodes"}},{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"twoFactorEnabled"}}]}}]}}]} as unknown as DocumentNode<ConfirmAuthenticatorMutation, ConfirmAuthenticatorMutationVariables>;
export const RefreshSessionDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RefreshSession"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"refreshToken"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"refreshSession"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"refreshToken"},"value":{"kind":"Variable","name":{"kind":"Name","value":"refreshToken"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"token"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"refreshToken"}},{"kind":"Field","name":{"kind":"Name","value":"deviceToken"}},{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Account"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Account"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"email"}},{"kind":"Field","name":{"kind":"Name","value":"emailVerified"}},{"kind":"Field","name":{"kind":"Name","value":"phone"}},{"kind":"Field","name":{"kind":"Name","value":"phoneVerified"}},{"kind":"Field","name":{"kind":"Name","value":"twoFactorEnabled"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}}]}}]} as unknown as DocumentNode<RefreshSessionMutation, RefreshSessionMutationVariables>;
export const SessionsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Sessions"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"sessions"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"current"}},{"kind":"Field","name":{"kind":"Name","value":"userAgent"}},{"kind":"Field","name":{"kind":"Name","value":"ip"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"lastUsedAt"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"endsAt"}},{"kind":"Field","name":{"kind":"Name","value":"amr"}}]}}]}}]} as unknown as DocumentNode<SessionsQuery, SessionsQueryVariables>;
export const LogoutDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"Logout"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"logout"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]}}]} as unknown as DocumentNode<LogoutMutation, LogoutMutationVariables>;
export const RevokeSessionDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RevokeSession"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"revokeSession"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"sessionsRevoked"}}]}}]}}]} as unknown as DocumentNode<RevokeSessionMutation, RevokeSessionMutationVariables>;
export const RevokeAllSessionsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RevokeAllSessions"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"revokeAllSessions"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"sessionsRevoked"}}]}}]}}]} as unknown as DocumentNode<RevokeAllSessionsMutation, RevokeAllSessionsMutationVariables>;
export const ConfirmTransactionWithOtpDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"ConfirmTransactionWithOtp"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ConfirmTransactionWithOtpInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"confirmTransactionWithOtp"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"reference"}},{"kind":"Field","name":{"kind":"Name","value":"hash"}},{"kind":"Field","name":{"kind":"Name","value":"confirmedAt"}},{"kind":"Field","name":{"kind":"Name","value":"token"}}]}}]}}]} as unknown as DocumentNode<ConfirmTransactionWithOtpMutation, ConfirmTransactionWithOtpMutationVariables>;