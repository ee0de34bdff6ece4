import type { User } from '../account/ports.ts';
import type { Transaction } from '../otp/ports.ts';

/** Where a request came from. */
export interface Client {
  /** Normalised: IPv4, or the /64 of an IPv6 address. */
  readonly ip: string;
  readonly userAgent: string | null;
}

/** A signed-in device. The refresh token is kept as a hash only. */
export interface Session {
  readonly id: string;
  readonly userId: string;
  readonly refreshTokenHash: string;
  /** How the user proved who they are (RFC 8176). */
  readonly amr: readonly string[];
  readonly authenticatedAt: Date;
  /** What the client calls itself, for its owner to recognise; shortened. */
  readonly userAgent: string | null;
  /** Enough of the address for its owner to recognise, too little to find anybody. */
  readonly maskedIp: string;
  readonly createdAt: Date;
  /** When it was opened or last refreshed. */
  readonly lastUsedAt: Date;
  readonly expiresAt: Date;
}

export interface SessionStore {
  insert(session: Session, transaction: Transaction): Promise<void>;
  /** The session and its user in one read; null once either is gone, `now` is past its expiry, or the user is suspended. */
  findLive(sessionId: string, now: number): Promise<{ session: Session; user: User } | null>;
  /** Ends every session of a user, or all but one; returns how many were alive at `now`. */
  removeAll(userId: string, now: number, transaction: Transaction, exceptId?: string): Promise<number>;
}
