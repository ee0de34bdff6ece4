import type { User } from '../account/ports.ts';
import type { Transaction } from '../otp/ports.ts';

/** A signed-in device. The refresh token is kept as a hash only. */
export interface Session {
  readonly id: string;
  readonly userId: string;
  readonly refreshTokenHash: string;
  /** How the user proved who they are (RFC 8176). */
  readonly amr: readonly string[];
  readonly authenticatedAt: Date;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

export interface SessionStore {
  insert(session: Session, transaction: Transaction): Promise<void>;
  /** The session and its user in one read; null once either is gone or `now` is past its expiry. */
  findLive(sessionId: string, now: number): Promise<{ session: Session; user: User } | null>;
  /** Ends every session of a user; returns how many were alive at `now`. */
  removeAll(userId: string, now: number, transaction: Transaction): Promise<number>;
}
