import type { User } from '../users/user.ts';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import type { AccessTokens } from './access-token.ts';
import type { Client, SessionStore } from './ports.ts';
import type { RefreshTokens } from './refresh-tokens.ts';
import { traceOf, type Tokens } from './session-service.ts';

interface Parts {
  readonly store: SessionStore;
  readonly accessTokens: AccessTokens;
  readonly refreshTokens: RefreshTokens;
  readonly refreshTtlSeconds: number;
  readonly clock: Clock;
  /** Told when a session was ended because one of its refresh tokens came back. */
  readonly onReuse: (ended: { sessionId: string; userId: string }) => void;
}

/** Renews sessions by their refresh tokens, each of which works once (RFC 9700 section 4.14.2). */
export class Refreshing {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Takes a refresh token and gives the next tokens. The session then lives on for its full time; how and when the user
   * signed in stays what it was.
   * @throws AppError UNAUTHENTICATED, the same for every reason
   */
  async refresh(refreshToken: string, client: Client): Promise<{ user: User; tokens: Tokens }> {
    const { store, accessTokens, refreshTokens, refreshTtlSeconds, clock, onReuse } = this.#parts;
    const known = refreshTokens.read(refreshToken);
    if (!known) throw refused('no refresh token of ours');
    const { sessionId, hash } = known;
    const now = clock();
    // Read first: the tokens of a suspended user are not used up. Should the user be suspended between this and the
    // write, the new tokens are as dead as the old one, since each of them is checked like this when it is used.
    const found = await store.findLive(sessionId, now);
    if (!found) throw refused('the session has ended, or its user is suspended or gone');
    const { session, user } = found;
    const next = refreshTokens.make(sessionId);
    const outcome = await store.refresh(sessionId, {
      tokenHash: hash,
      nextTokenHash: next.hash,
      clientIds: refreshTokens.clientIds(sessionId, client),
      client: traceOf(client),
      now,
      expiresAt: new Date(now + refreshTtlSeconds * 1000),
    });
    if (outcome === 'reused') onReuse({ sessionId, userId: user.id });
    if (outcome !== 'rotated' && outcome !== 'sibling') throw refused(REASONS[outcome ?? 'ended']);
    return { user, tokens: { ...accessTokens.sign(session), refreshToken: next.token } };
  }
}

const REASONS = {
  ended: 'the session has ended',
  repeated: 'the refresh token and its sibling were used a moment ago',
  reused: 'the refresh token was used before: the session is ended',
};

function refused(reason: string): AppError {
  const message = 'Sign in again: the refresh token is not valid, or its session has ended';
  return new AppError('UNAUTHENTICATED', { message, reason });
}
