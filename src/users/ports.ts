import type { UnitOfWork } from '../unit-of-work.ts';
import type { Authenticator, NewUser, PendingAuthenticator, User } from './user.ts';

/** Keeps users. A destination belongs to a user only once verified (invariant 7). */
export interface UserStore {
  /** The user who proved this phone number or e-mail address; null when nobody has. */
  findByVerifiedDestination(destination: string): Promise<User | null>;
  /**
   * Writes a user. A proven e-mail address takes it away from an account that never proved it.
   * @throws AppError ACCOUNT_EXISTS
   */
  insert(user: NewUser, unit: UnitOfWork): Promise<User>;
  /**
   * Takes the phone from an account that has proven nothing, and signed in nowhere, since this instant; it was given to
   * somebody else, who has proven it. The account keeps the rest; its `authVersion` rises.
   * @returns the account as it was; null when nobody has the phone, or who has it has shown up since, or is suspended
   */
  releasePhone(phone: string, dormantSince: Date, unit: UnitOfWork): Promise<User | null>;
  /** Notes that a code was read at the phone of this user for the account; nothing where the phone is another by now. */
  renewPhone(user: Pick<User, 'id' | 'phone'>, at: Date, unit: UnitOfWork): Promise<void>;
  findById(userId: string): Promise<User | null>;
  /** Of each kind of stored password hashes but today's, what it begins with (`kindOf`): which imports are not yet rehashed. */
  otherPasswordKinds(): Promise<string[]>;
  /** The account with this e-mail address, proven or not: for signing in with a password, never for sending codes. */
  findByEmail(email: string): Promise<User | null>;
  /**
   * Marks the user within the transaction that opens a session, so that it conflicts with every change made meanwhile.
   * @returns false when the account is suspended or gone, or has changed since `authVersion` was read
   */
  signIn(user: Pick<User, 'id' | 'authVersion'>, at: Date, unit: UnitOfWork): Promise<boolean>;
  /** The same for an action that changes nothing of the user: false when it is suspended or gone, or has changed. */
  hold(user: Pick<User, 'id' | 'authVersion'>, unit: UnitOfWork): Promise<boolean>;
  /** Keeps the same password under a stronger hash, unless it was changed meanwhile. */
  rehash(user: Pick<User, 'id' | 'passwordHash'>, stronger: string): Promise<void>;
  /**
   * Changes the user as it was read, and raises its `authVersion`.
   * @returns the user after it; null when it is suspended or gone, or has changed meanwhile
   * @throws AppError ACCOUNT_EXISTS
   */
  change(user: Pick<User, 'id' | 'authVersion'>, changes: UserChanges, unit: UnitOfWork): Promise<User | null>;
  /** Keeps the authenticator that waits for its first code. False when the account has changed meanwhile. */
  setPendingAuthenticator(
    user: Pick<User, 'id' | 'authVersion'>,
    pending: PendingAuthenticator,
    unit: UnitOfWork,
  ): Promise<boolean>;
  /** Spends one recovery code. False when the account has no such code (any more). */
  spendRecoveryCode(userId: string, codeHash: string, unit: UnitOfWork): Promise<boolean>;
  /** Accepts a time step of the authenticator. False when it or a later one was accepted before. */
  acceptTimeStep(userId: string, after: Authenticator, unit: UnitOfWork): Promise<boolean>;
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
  remove(user: Pick<User, 'id' | 'authVersion'>, unit: UnitOfWork): Promise<boolean>;
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
