import type { User } from '../users/user.ts';
import type { UnitOfWork } from '../unit-of-work.ts';

/** Where a request came from. */
export interface Client {
  /** Normalised: IPv4, or the /64 of an IPv6 address. */
  readonly ip: string;
  readonly userAgent: string | null;
}

/** What is kept of a client, for the session's owner to recognise it. */
export interface ClientTrace {
  /** What the client calls itself; shortened. */
  readonly userAgent: string | null;
  /** Enough of the address for its owner to recognise, too little to find anybody. */
  readonly maskedIp: string;
}

/** A signed-in device, as it was when it was opened or last refreshed. */
export interface Session extends ClientTrace {
  readonly id: string;
  readonly userId: string;
  /** How the user proved who they are (RFC 8176). */
  readonly amr: readonly string[];
  readonly authenticatedAt: Date;
  readonly createdAt: Date;
  /** When it was opened or last refreshed. */
  readonly lastUsedAt: Date;
  readonly expiresAt: Date;
}

/** A use of a refresh token that the store decides on. */
export interface RefreshUse {
  /** The hash of the token that was presented. */
  readonly tokenHash: string;
  /** The hash of the one to be given, if one is. */
  readonly nextTokenHash: string;
  /** The names of who presents it; the first is kept. */
  readonly clientIds: readonly [string, ...string[]];
  readonly client: ClientTrace;
  readonly now: number;
  /** Until when the session lives if a token is given. */
  readonly expiresAt: Date;
}

/**
 * What became of a refresh token. `rotated`: it was valid, and the next one takes its place. `sibling`: the same client
 * presented it again within SIBLING_MS, and gets one more. `repeated`: it did so once too often, and gets nothing.
 * `reused`: it was presented by another client, or later, and the session is over.
 */
export type RefreshOutcome = 'rotated' | 'sibling' | 'repeated' | 'reused';

export interface SessionStore {
  insert(session: Session, refreshTokenHash: string, unit: UnitOfWork): Promise<void>;
  /** The session and its user in one read; null once either is gone, `now` is past its expiry, or the user is suspended. */
  findLive(sessionId: string, now: number): Promise<{ session: Session; user: User } | null>;
  /** The living sessions of a user, the last used first, at most so many. */
  findAll(userId: string, now: number, limit: number): Promise<Session[]>;
  /**
   * Decides on a refresh token and carries the decision out, in one write. The token is one that was made for this session.
   * @returns null when the session has ended
   */
  refresh(sessionId: string, use: RefreshUse): Promise<RefreshOutcome | null>;
  /** Ends a session if it is this user's; false when there is none such alive at `now`. */
  remove(userId: string, sessionId: string, now: number): Promise<boolean>;
  /** Ends every session of a user that is alive at `now`; returns how many this call has ended. */
  removeLiving(userId: string, now: number): Promise<number>;
  /** Ends every session of a user, or all but one; returns how many were alive at `now`. */
  /** Writes to a session within a transaction, so that it conflicts with its end. False when it has ended. */
  hold(sessionId: string, now: number, unit: UnitOfWork): Promise<boolean>;
  removeAll(userId: string, now: number, unit: UnitOfWork, exceptId?: string): Promise<number>;
}
