/** One row of the error table: the HTTP status that REST answers, and the public message. */
interface ErrorRow {
  readonly httpStatus: number;
  readonly message: string;
}

const row = (httpStatus: number, message: string): ErrorRow => Object.freeze({ httpStatus, message });

/** The one table of errors (DESIGN section 3). Where a message says only the general case, the thrower gives the particular. */
export const ERROR_TABLE = Object.freeze({
  BAD_USER_INPUT: row(400, 'The input is not valid: the message says what is wrong with which field'),
  INVALID_PHONE_NUMBER: row(400, 'Invalid phone number: use E.164 format, for example +12025551234'),
  INVALID_EMAIL: row(400, 'Invalid e-mail address: use the form name@example.com'),
  WEAK_PASSWORD: row(400, 'This password is too easy to guess'),
  OTP_INVALID: row(400, 'Invalid OTP'),
  OTP_EXPIRED: row(400, 'No code is pending here: it expired or was used; request a new one'),
  MAX_ATTEMPTS_REACHED: row(429, 'Too many wrong codes; request a new one'),
  RESEND_TOO_SOON: row(429, 'A code was sent a moment ago; wait before asking for another'),
  RATE_LIMITED: row(429, 'Too many requests; try again later'),
  CHANNEL_UNAVAILABLE: row(400, "This destination can't be reached on this channel"),
  DESTINATION_BLOCKED: row(403, "Codes can't be sent to this destination"),
  ACCOUNT_EXISTS: row(409, 'An account already uses this e-mail address or phone'),
  INVALID_CREDENTIALS: row(401, 'Wrong e-mail address or password'),
  UNAUTHENTICATED: row(401, 'Sign in: the access token is missing, expired or revoked'),
  REAUTHENTICATION_REQUIRED: row(403, 'Sign in again before doing this'),
  FORBIDDEN: row(403, 'This is not allowed'),
  TRANSACTION_MISMATCH: row(409, 'The confirmed transaction differs from the requested one'),
  PROVIDER_NOT_CONFIGURED: row(503, 'Twilio not configured'),
  PROVIDER_ERROR: row(502, "Unable to create record: the provider refused; the operator's log says why"),
  SERVICE_UNAVAILABLE: row(503, 'The service is unavailable for a moment; try again'),
  OVERLOADED: row(503, 'The service is busy; try again in a moment'),
  INTERNAL_SERVER_ERROR: row(500, 'Something went wrong on our side; quote the request id when you report it'),
});

export type ErrorCode = keyof typeof ERROR_TABLE;

/** Facts about a refusal that a client may see (GraphQL `extensions`). */
export interface PublicFacts {
  /** The input field that is wrong, as the client named it: `to`, `password`. */
  readonly field?: string;
  readonly retryAfterSeconds?: number;
  readonly attemptsRemaining?: number;
  readonly channel?: string;
  /** Channels that are worth trying instead. */
  readonly channels?: readonly string[];
}

/**
 * A refusal with a public code and message; the one class that rooms throw.
 * `reason` is private: it goes to the log and never to a client.
 */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly facts: PublicFacts;
  readonly reason: string | undefined;

  constructor(
    code: ErrorCode,
    options: { message?: string; facts?: PublicFacts; reason?: string; cause?: unknown } = {},
  ) {
    super(options.message ?? ERROR_TABLE[code].message, { cause: options.cause });
    this.code = code;
    this.facts = options.facts ?? {};
    this.reason = options.reason;
  }
}

/** Whether something that was thrown is the refusal with one of these codes. */
export function hasCode(error: unknown, ...codes: readonly ErrorCode[]): error is AppError {
  return error instanceof AppError && codes.includes(error.code);
}

/**
 * A wrong input field, as an error to throw.
 * @param field the field's name in the API, for example `otpCode`
 * @param problem what is wrong, continuing the field's name: "must be six digits"
 */
export function badInput(field: string, problem: string): AppError {
  return new AppError('BAD_USER_INPUT', { message: `${field} ${problem}`, facts: { field } });
}
