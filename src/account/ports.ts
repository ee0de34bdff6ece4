import type { OtpChannel } from '../otp/challenge.ts';
import type { Transaction } from '../otp/ports.ts';

/** An account. `phone` is null only for users imported from another system who have not added one yet. */
export interface User {
  readonly id: string;
  readonly email: string;
  readonly emailVerifiedAt: Date | null;
  readonly phone: string | null;
  readonly phoneVerifiedAt: Date | null;
  readonly passwordHash: string;
  /** Where the code went that reset the present password; null when it was set by one who was signed in or registering. */
  readonly passwordResetBy: 'EMAIL' | 'PHONE' | null;
  readonly twoFactorEnabled: boolean;
  /** The authenticator app that is switched on; codes by message are no second factor then. */
  readonly authenticator: Authenticator | null;
  /** The one that waits for its first code. */
  readonly pendingAuthenticator: PendingAuthenticator | null;
  readonly createdAt: Date;
  /** Set by the operator: nothing is open to this account, at start or at completion. */
  readonly suspendedAt: Date | null;
  /** Rises with every change of password, destination or factor: what was begun before cannot be completed after. */
  readonly authVersion: number;
}

export interface Authenticator {
  /** The shared secret, sealed by the keyring. */
  readonly sealedSecret: string;
  /** The last time step that was accepted: it and older ones are refused (RFC 6238 section 5.2). */
  readonly lastTimeStep: number;
}

export interface PendingAuthenticator {
  readonly sealedSecret: string;
  readonly expiresAt: Date;
}

export type NewUser = Pick<User, 'email' | 'emailVerifiedAt' | 'phone' | 'phoneVerifiedAt' | 'passwordHash'>;

/** Keeps users. A destination belongs to a user only once verified (invariant 7). */
export interface UserStore {
  /** The user who proved this phone number or e-mail address; null when nobody has. */
  findByVerifiedDestination(destination: string): Promise<User | null>;
  /**
   * Writes a user. A proven e-mail address takes it away from an account that never proved it.
   * @throws AppError ACCOUNT_EXISTS
   */
  insert(user: NewUser, transaction: Transaction): Promise<User>;
  findById(userId: string): Promise<User | null>;
  /** The account with this e-mail address, proven or not: for signing in with a password, never for sending codes. */
  findByEmail(email: string): Promise<User | null>;
  /**
   * Marks the user within the transaction that opens a session, so that it conflicts with every change made meanwhile.
   * @returns false when the account is suspended or gone, or has changed since `authVersion` was read
   */
  signIn(user: Pick<User, 'id' | 'authVersion'>, at: Date, transaction: Transaction): Promise<boolean>;
  /** The same for an action that changes nothing of the user: false when it is suspended or gone, or has changed. */
  hold(user: Pick<User, 'id' | 'authVersion'>, transaction: Transaction): Promise<boolean>;
  /** Keeps the same password under a stronger hash, unless it was changed meanwhile. */
  rehash(user: Pick<User, 'id' | 'passwordHash'>, stronger: string): Promise<void>;
  /**
   * Changes the user as it was read, and raises its `authVersion`.
   * @returns the user after it; null when it is suspended or gone, or has changed meanwhile
   * @throws AppError ACCOUNT_EXISTS
   */
  change(user: Pick<User, 'id' | 'authVersion'>, changes: UserChanges, transaction: Transaction): Promise<User | null>;
  /** Keeps the authenticator that waits for its first code. False when the account has changed meanwhile. */
  setPendingAuthenticator(
    user: Pick<User, 'id' | 'authVersion'>,
    pending: PendingAuthenticator,
    transaction: Transaction,
  ): Promise<boolean>;
  /** Spends one recovery code. False when the account has no such code (any more). */
  spendRecoveryCode(userId: string, codeHash: string, transaction: Transaction): Promise<boolean>;
  /** Accepts a time step of the authenticator. False when it or a later one was accepted before. */
  acceptTimeStep(userId: string, after: Authenticator, transaction: Transaction): Promise<boolean>;
  /**
   * Raises the user's `authVersion`, whatever it is: sign-ins that were begun cannot be completed. One that is being
   * completed at the moment is waited for, so that its session is there afterwards.
   */
  endSignIns(userId: string): Promise<void>;
  /** Suspends the user; waits for a sign-in as `endSignIns` does. False when it is suspended already, or gone. */
  suspend(userId: string, at: Date): Promise<boolean>;
  /** Ends the suspension. False when there is none. */
  reinstate(userId: string): Promise<boolean>;
  /** Deletes the user. False when it is gone or has changed meanwhile. */
  remove(user: Pick<User, 'id' | 'authVersion'>, transaction: Transaction): Promise<boolean>;
}

/** What a change may set. A proven e-mail address takes it away from an account that never proved it. */
export type UserChanges = Partial<
  Pick<
    User,
    | 'email'
    | 'emailVerifiedAt'
    | 'phone'
    | 'phoneVerifiedAt'
    | 'passwordHash'
    | 'passwordResetBy'
    | 'twoFactorEnabled'
    | 'authenticator'
    | 'pendingAuthenticator'
  >
> & { readonly recoveryCodeHashes?: readonly string[] };

/** A sign-in that waits for its second factor. It gives access to nothing (invariant 13). */
export interface LoginTicket {
  /** The hash of what the client holds. */
  readonly id: string;
  readonly userId: string;
  readonly authVersion: number;
  /** How the first step proved the user (RFC 8176). */
  readonly amr: readonly string[];
  /** How the second factor's code travels. */
  readonly channel: OtpChannel;
  readonly expiresAt: Date;
}

export interface LoginTicketStore {
  insert(ticket: LoginTicket, transaction: Transaction): Promise<void>;
  /** Null once it is used or `now` is past its expiry. */
  find(id: string, now: number): Promise<LoginTicket | null>;
  /** Spends it. False when it is used or expired. */
  consume(id: string, now: number, transaction: Transaction): Promise<boolean>;
  removeAll(userId: string, transaction: Transaction): Promise<void>;
}

/** Limits the messages of second steps at one destination. */
export interface MessageLimit {
  /** Counts one. @returns null when it may go out, else when one may (milliseconds since the epoch) */
  take(destination: string): Promise<{ readonly retryAt: number; readonly now: number } | null>;
}
