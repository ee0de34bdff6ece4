import { createHash, randomBytes } from 'node:crypto';
import type { User } from '../account/ports.ts';
import type { Clock } from '../clock.ts';
import type { Transaction } from '../otp/ports.ts';
import type { AccessTokens } from './access-token.ts';
import { maskIp } from './mask-ip.ts';
import type { Client, Session, SessionStore } from './ports.ts';

const MAX_USER_AGENT_LENGTH = 256;

/** What a signed-in client gets. */
export interface Tokens {
  readonly token: string;
  readonly expiresAt: Date;
  readonly refreshToken: string;
}

interface Parts {
  readonly store: SessionStore;
  readonly accessTokens: AccessTokens;
  readonly refreshTtlSeconds: number;
  readonly clock: Clock;
}

/** Opens, finds and ends sessions. */
export class SessionService {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Opens a session within the transaction of the action that earned it.
   * @param amr how the user proved who they are (RFC 8176)
   */
  async open(userId: string, amr: readonly string[], client: Client, transaction: Transaction): Promise<Tokens> {
    const { store, accessTokens, refreshTtlSeconds, clock } = this.#parts;
    const now = new Date(clock());
    const refreshToken = randomBytes(32).toString('base64url');
    const session: Session = {
      id: randomBytes(16).toString('base64url'),
      userId,
      refreshTokenHash: createHash('sha256').update(refreshToken).digest('base64url'),
      amr,
      authenticatedAt: now,
      userAgent: client.userAgent?.slice(0, MAX_USER_AGENT_LENGTH) ?? null,
      maskedIp: maskIp(client.ip),
      createdAt: now,
      lastUsedAt: now,
      expiresAt: new Date(now.getTime() + refreshTtlSeconds * 1000),
    };
    await store.insert(session, transaction);
    return { ...accessTokens.sign(session), refreshToken };
  }

  /** The living session behind an access token and its user; null when the token is not valid or the session has ended. */
  async find(accessToken: string): Promise<{ session: Session; user: User } | null> {
    const claims = this.#parts.accessTokens.verify(accessToken);
    return claims && this.#parts.store.findLive(claims.sessionId, this.#parts.clock());
  }

  /** Ends every session of a user within a transaction; returns how many were alive. */
  async endAll(userId: string, transaction: Transaction): Promise<number> {
    return this.#parts.store.removeAll(userId, this.#parts.clock(), transaction);
  }

  /** Ends every session of a user but the one at hand, within a transaction; returns how many were alive. */
  async endOthers(userId: string, keepSessionId: string, transaction: Transaction): Promise<number> {
    return this.#parts.store.removeAll(userId, this.#parts.clock(), transaction, keepSessionId);
  }
}
