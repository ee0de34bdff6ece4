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
  /** When it ends unless it is refreshed; at `endsAt` at the latest. */
  readonly expiresAt: Date;
  /** When it ends whatever happens. */
  readonly endsAt: Date;
}

/** What is kept of a session's refresh tokens: hashes only. */
export interface TokenRecords {
  /** The valid one; several, the oldest first, where a release before this one gave siblings. */
  readonly tokens: readonly string[];
  /** Those that gave way to another of late, the oldest first. */
  readonly retired: readonly RetiredToken[];
}

export interface RetiredToken {
  readonly hash: string;
  readonly at: Date;
  /** The name of the client that used it. */
  readonly by: string;
  /** What its successor follows from, together with the token. Releases before this one wrote none. */
  readonly seed?: string;
}

/** What a refresh changes of a session. */
export type SessionChanges = TokenRecords &
  Pick<Session, 'expiresAt'> &
  Partial<Pick<Session, 'userAgent' | 'maskedIp' | 'lastUsedAt'>>;

/** A session as it was read for a refresh. */
export interface LoadedSession {
  readonly session: Session;
  readonly user: User;
  readonly records: TokenRecords;
  /** The id of the last write that came from a refresh; null when there was none. */
  readonly writeId: string | null;
  /** What must not have changed for a write to land; only the store that gave it looks inside. */
  readonly version: Readonly<Record<string, unknown>>;
}

export interface SessionStore {
  insert(session: Session, refreshTokenHash: string, unit: UnitOfWork): Promise<void>;
  /** The session and its user in one read; null once either is gone, `now` is past its expiry, or the user is suspended. */
  findLive(sessionId: string, now: number): Promise<{ session: Session; user: User } | null>;
  /** The living sessions of a user, the last used first, at most so many. */
  findAll(userId: string, now: number, limit: number): Promise<Session[]>;
  /**
   * The session with its refresh tokens, and its user, in one read: also once it has expired, until it is cleaned up. Null
   * when either is gone, or the user is suspended.
   */
  load(sessionId: string): Promise<LoadedSession | null>;
  /**
   * Changes a session if nothing has changed it since it was loaded; one that is gone stays gone.
   * @param writeId under which `load` tells a caller that lost the answer that this write landed
   * @returns false when something else came between
   * @throws AppError SERVICE_UNAVAILABLE: it may have landed
   */
  write(loaded: LoadedSession, changes: SessionChanges, writeId: string): Promise<boolean>;
  /** Ends a session if it is this user's; false when there is none such alive at `now`. */
  remove(userId: string, sessionId: string, now: number): Promise<boolean>;
  /** Ends every session of a user that is alive at `now`; returns how many this call has ended. */
  removeLiving(userId: string, now: number): Promise<number>;
  /** Writes to a session within a transaction, so that it conflicts with its end. False when it has ended. */
  hold(sessionId: string, now: number, unit: UnitOfWork): Promise<boolean>;
  /** Ends every session of a user, or all but one; returns how many were alive at `now`. */
  removeAll(userId: string, now: number, unit: UnitOfWork, exceptId?: string): Promise<number>;
}
