/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
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
  /** To set a new password with `resetPasswordWithOtp`. Unknown destinations are answered alike. */
  PasswordReset: 'PASSWORD_RESET',
  /** To prove a phone number or e-mail address, for `registerWithOtp`. */
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


export type RegisterWithOtpMutation = { registerWithOtp: { message: string, token: string, expiresAt: string, refreshToken: string, user: { id: string, email: string, emailVerified: boolean, phone: string | null, phoneVerified: boolean, twoFactorEnabled: boolean, createdAt: string } } };

export type ResetPasswordWithOtpMutationVariables = Exact<{
  input: ResetPasswordWithOtpInput;
}>;


export type ResetPasswordWithOtpMutation = { resetPasswordWithOtp: { message: string, sessionsRevoked: number } };

export type MeQueryVariables = Exact<{ [key: string]: never; }>;


export type MeQuery = { me: { id: string, email: string, emailVerified: boolean, phone: string | null, phoneVerified: boolean, twoFactorEnabled: boolean, createdAt: string } | null };

export type ErrorsQueryVariables = Exact<{ [key: string]: never; }>;


export type ErrorsQuery = { errors: Array<{ code: ErrorCode, message: string, httpStatus: number }> };

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

export const AccountFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Account"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"email"}},{"kind":"Field","name":{"kind":"Name","value":"emailVerified"}},{"kind":"Field","name":{"kind":"Name","value":"phone"}},{"kind":"Field","name":{"kind":"Name","value":"phoneVerified"}},{"kind":"Field","name":{"kind":"Name","value":"twoFactorEnabled"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}}]}}]} as unknown as DocumentNode<AccountFragment, unknown>;
export const RegisterWithOtpDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RegisterWithOtp"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"RegisterWithOtpInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"registerWithOtp"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"token"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"refreshToken"}},{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Account"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Account"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"email"}},{"kind":"Field","name":{"kind":"Name","value":"emailVerified"}},{"kind":"Field","name":{"kind":"Name","value":"phone"}},{"kind":"Field","name":{"kind":"Name","value":"phoneVerified"}},{"kind":"Field","name":{"kind":"Name","value":"twoFactorEnabled"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}}]}}]} as unknown as DocumentNode<RegisterWithOtpMutation, RegisterWithOtpMutationVariables>;
export const ResetPasswordWithOtpDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"ResetPasswordWithOtp"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ResetPasswordWithOtpInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"resetPasswordWithOtp"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"sessionsRevoked"}}]}}]}}]} as unknown as DocumentNode<ResetPasswordWithOtpMutation, ResetPasswordWithOtpMutationVariables>;
export const MeDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Me"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"me"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Account"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Account"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"email"}},{"kind":"Field","name":{"kind":"Name","value":"emailVerified"}},{"kind":"Field","name":{"kind":"Name","value":"phone"}},{"kind":"Field","name":{"kind":"Name","value":"phoneVerified"}},{"kind":"Field","name":{"kind":"Name","value":"twoFactorEnabled"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}}]}}]} as unknown as DocumentNode<MeQuery, MeQueryVariables>;
export const ErrorsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Errors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"errors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"httpStatus"}}]}}]}}]} as unknown as DocumentNode<ErrorsQuery, ErrorsQueryVariables>;
export const SendOtpDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"SendOtp"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"SendOtpInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"sendOtp"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"to"}},{"kind":"Field","name":{"kind":"Name","value":"channel"}},{"kind":"Field","name":{"kind":"Name","value":"challengeId"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"resendAfter"}},{"kind":"Field","name":{"kind":"Name","value":"codeLength"}}]}}]}}]} as unknown as DocumentNode<SendOtpMutation, SendOtpMutationVariables>;
export const VerifyOtpDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"VerifyOtp"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"VerifyOtpInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"verifyOtp"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"valid"}},{"kind":"Field","name":{"kind":"Name","value":"attemptsRemaining"}},{"kind":"Field","name":{"kind":"Name","value":"verificationToken"}},{"kind":"Field","name":{"kind":"Name","value":"verificationTokenExpiresAt"}}]}}]}}]} as unknown as DocumentNode<VerifyOtpMutation, VerifyOtpMutationVariables>;
export const OtpPolicyDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"OtpPolicy"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"otpPolicy"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"channels"}},{"kind":"Field","name":{"kind":"Name","value":"codeLength"}},{"kind":"Field","name":{"kind":"Name","value":"lifetimeSeconds"}},{"kind":"Field","name":{"kind":"Name","value":"resendCooldownSeconds"}},{"kind":"Field","name":{"kind":"Name","value":"maxAttempts"}}]}}]}}]} as unknown as DocumentNode<OtpPolicyQuery, OtpPolicyQueryVariables>;
export const RequestPasswordResetLinkDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RequestPasswordResetLink"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"RequestPasswordResetLinkInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"requestPasswordResetLink"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]}}]} as unknown as DocumentNode<RequestPasswordResetLinkMutation, RequestPasswordResetLinkMutationVariables>;
export const ResetPasswordWithLinkDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"ResetPasswordWithLink"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ResetPasswordWithLinkInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"resetPasswordWithLink"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"sessionsRevoked"}}]}}]}}]} as unknown as DocumentNode<ResetPasswordWithLinkMutation, ResetPasswordWithLinkMutationVariables>;