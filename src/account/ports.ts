import type { Transaction } from '../otp/ports.ts';

/** An account. `phone` is null only for users imported from another system who have not added one yet. */
export interface User {
  readonly id: string;
  readonly email: string;
  readonly emailVerifiedAt: Date | null;
  readonly phone: string | null;
  readonly phoneVerifiedAt: Date | null;
  readonly passwordHash: string;
  readonly twoFactorEnabled: boolean;
  readonly createdAt: Date;
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
  setPassword(userId: string, passwordHash: string, transaction: Transaction): Promise<void>;
}
