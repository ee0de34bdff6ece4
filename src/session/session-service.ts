import { AppError } from '../errors.ts';
import { randomBytes } from 'node:crypto';
import type { User } from '../users/user.ts';
import type { UserStore } from '../users/ports.ts';
import type { Clock } from '../clock.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import type { AccessTokens } from './access-token.ts';
import { maskIp } from './mask-ip.ts';
import type { Client, ClientTrace, Session, SessionStore } from './ports.ts';
import type { RefreshTokens } from './refresh-tokens.ts';

const MAX_USER_AGENT_LENGTH = 256;
/** More than anybody reads; all of them can be ended at once. */
const MAX_LISTED = 100;
/** 16 random bytes in base64url. */
const SESSION_ID = /^[\w-]{22}$/;

/** What a signed-in client gets. */
export interface Tokens {
  readonly token: string;
  readonly expiresAt: Date;
  readonly refreshToken: string;
  /** What the client sends to be known again as the one that opened this session. */
  readonly deviceToken: string;
}

interface Parts {
  readonly store: SessionStore;
  readonly users: Pick<UserStore, 'endSignIns'>;
  readonly accessTokens: AccessTokens;
  readonly refreshTokens: RefreshTokens;
  readonly refreshTtlSeconds: number;
  readonly sessionMaxSeconds: number;
  readonly clock: Clock;
}

/** Opens, finds, lists and ends sessions. */
export class SessionService {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Opens a session within the transaction of the action that earned it.
   * @param amr how the user proved who they are (RFC 8176)
   */
  async open(userId: string, amr: readonly string[], client: Client, unit: UnitOfWork): Promise<Tokens> {
    const { store, accessTokens, refreshTokens, refreshTtlSeconds, sessionMaxSeconds, clock } = this.#parts;
    const now = new Date(clock());
    const id = randomBytes(16).toString('base64url');
    const session: Session = {
      id,
      userId,
      amr,
      authenticatedAt: now,
      ...traceOf(client),
      createdAt: now,
      lastUsedAt: now,
      expiresAt: new Date(now.getTime() + Math.min(refreshTtlSeconds, sessionMaxSeconds) * 1000),
      endsAt: new Date(now.getTime() + sessionMaxSeconds * 1000),
    };
    const { token: refreshToken, hash } = refreshTokens.make(id);
    await store.insert(session, hash, unit);
    return { ...accessTokens.sign(session), refreshToken, deviceToken: refreshTokens.deviceTokenOf(id) };
  }

  /** The living session behind an access token and its user; null when the token is not valid or the session has ended. */
  async find(accessToken: string): Promise<{ session: Session; user: User } | null> {
    const claims = this.#parts.accessTokens.verify(accessToken);
    return claims && this.#parts.store.findLive(claims.sessionId, this.#parts.clock());
  }

  /**
   * Makes sure, within the transaction of an action, that the session which asked for it still lives: one that was ended
   * while the action waited for a provider or a hash must not complete it.
   * @throws AppError UNAUTHENTICATED
   */
  async hold({ id }: Pick<Session, 'id'>, unit: UnitOfWork): Promise<void> {
    if (!(await this.#parts.store.hold(id, this.#parts.clock(), unit))) throw new AppError('UNAUTHENTICATED');
  }

  /** Ends every session of a user within a transaction; returns how many were alive. */
  async endAll(userId: string, unit: UnitOfWork): Promise<number> {
    return this.#parts.store.removeAll(userId, this.#parts.clock(), unit);
  }

  /** Ends every session of a user but the one at hand, within a transaction; returns how many were alive. */
  async endOthers(userId: string, keepSessionId: string, unit: UnitOfWork): Promise<number> {
    return this.#parts.store.removeAll(userId, this.#parts.clock(), unit, keepSessionId);
  }

  /** The living sessions of a user, the last used first; the first MAX_LISTED of them. */
  async list(userId: string): Promise<Session[]> {
    return this.#parts.store.findAll(userId, this.#parts.clock(), MAX_LISTED);
  }

  /**
   * Ends one session of a user, at once.
   * @param sessionId anything; false when it names no living session of this user, whoever else's it may be
   */
  async end(userId: string, sessionId: string): Promise<boolean> {
    if (!SESSION_ID.test(sessionId)) return false;
    return this.#parts.store.remove(userId, sessionId, this.#parts.clock());
  }

  /**
   * Ends everything that a user has open, also sign-ins that wait for their second factor. In this order no transaction is
   * needed: a sign-in that is completed before the first write has a session for the second to end.
   * @returns how many sessions lived
   */
  async endEverything(userId: string): Promise<number> {
    const { store, users, clock } = this.#parts;
    await users.endSignIns(userId);
    return store.removeLiving(userId, clock());
  }
}

/** What is kept of a client. */
export function traceOf(client: Client): ClientTrace {
  return { userAgent: client.userAgent?.slice(0, MAX_USER_AGENT_LENGTH) ?? null, maskedIp: maskIp(client.ip) };
}
