import { randomBytes } from 'node:crypto';
import type { User } from '../users/user.ts';
import type { Clock } from '../clock.ts';
import { AppError, hasCode } from '../errors.ts';
import { OneAtATime } from '../one-at-a-time.ts';
import type { AccessTokens } from './access-token.ts';
import type { Client, LoadedSession, SessionChanges, SessionStore } from './ports.ts';
import { decideRefresh, type RefreshDecision, type RefreshUse } from './refresh-rules.ts';
import type { RefreshTokens } from './refresh-tokens.ts';
import { traceOf, type Tokens } from './session-service.ts';

/** How long a use is decided again because others write to its session. */
const CONTENTION_MS = 2_000;
/** How long after its beginning a use still looks whether its write has landed: an answer is due within 3 s, and a read may take 2. */
const RECOGNITION_MS = 1_000;
const SEED_BYTES = 16;

/** A session that was ended because one of its refresh tokens came back. */
export interface Reuse {
  readonly sessionId: string;
  /** Its owner. */
  readonly user: User;
  /** When it came back (milliseconds since the epoch). */
  readonly at: number;
  /** Where it came back from. */
  readonly maskedIp: string;
}

interface Parts {
  readonly store: SessionStore;
  readonly accessTokens: AccessTokens;
  readonly refreshTokens: RefreshTokens;
  readonly refreshTtlSeconds: number;
  readonly clock: Clock;
  /** Told of each reuse once; must not throw, and nobody waits for what it begins. */
  readonly onReuse: (reuse: Reuse) => void;
}

/** Renews sessions by their refresh tokens, each of which works once (RFC 9700 section 4.14.2). */
export class Refreshing {
  readonly #parts: Parts;
  /** Many uses at once of one session would only lose against each other; measured, they cost the database thrice as much. */
  readonly #queues = new OneAtATime();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Takes a refresh token and gives the next tokens. The session then lives on for its full time, but never beyond its end;
   * how and when the user signed in stays what it was.
   * @throws AppError UNAUTHENTICATED, the same for every reason; OVERLOADED when too many others write to the session;
   *   SERVICE_UNAVAILABLE
   */
  async refresh(refreshToken: string, client: Client): Promise<{ user: User; tokens: Tokens }> {
    const { accessTokens, refreshTokens, refreshTtlSeconds, clock, onReuse } = this.#parts;
    const known = refreshTokens.read(refreshToken);
    if (!known) throw refused('no refresh token of ours');
    const { sessionId, hash } = known;
    const now = clock();
    const seed = randomBytes(SEED_BYTES).toString('base64url');
    const successors = (ofSeed: string) => refreshTokens.successors(refreshToken, ofSeed);
    const use = {
      tokenHash: hash,
      seed,
      next: successors(seed)[0],
      successors,
      clientIds: refreshTokens.clientIds(sessionId, client),
      client: traceOf(client),
      now,
      expiresAt: new Date(now + refreshTtlSeconds * 1000),
    };
    const { decision, session, user } = await this.#queues.run(sessionId, () => this.#settle(sessionId, use));
    if (decision.outcome === 'reused') onReuse({ sessionId, user, at: now, maskedIp: use.client.maskedIp });
    if (!('next' in decision)) throw refused(REASONS[decision.outcome]);
    const deviceToken = refreshTokens.deviceTokenOf(sessionId);
    return { user, tokens: { ...accessTokens.sign(session), refreshToken: decision.next.token, deviceToken } };
  }

  /**
   * Decides on a use and stores what it changes; where another write came between, it reads and decides anew. The user is
   * read with the session: the tokens of a suspended user are not used up. Should the user be suspended before the write,
   * the new tokens are as dead as the old one, since each of them is checked like this when it is used.
   */
  async #settle(sessionId: string, use: RefreshUse): Promise<LoadedSession & { decision: RefreshDecision }> {
    const begun = performance.now();
    let decided: RefreshDecision | null = null;
    while (performance.now() - begun < CONTENTION_MS) {
      const loaded = await this.#parts.store.load(sessionId);
      if (!loaded) throw refused('the session has ended, or its user is suspended or gone');
      // A write whose answer was lost lands before any other or not at all, so it did what was decided last.
      if (decided && hasWritten(use, loaded)) return { ...loaded, decision: decided };
      const decision = decideRefresh({ ...loaded.records, ...loaded.session }, use);
      const { changes } = decision;
      if (!changes || (await this.#write(loaded, changes, use, begun))) return { ...loaded, decision };
      decided = decision;
    }
    throw new AppError('OVERLOADED', { facts: { retryAfterSeconds: 1 }, reason: 'a session kept changing' });
  }

  /** False when another write came between, or the answer was lost early enough to look what became of it. */
  async #write(loaded: LoadedSession, changes: SessionChanges, use: RefreshUse, begun: number): Promise<boolean> {
    try {
      return await this.#parts.store.write(loaded, changes, use.next.hash);
    } catch (error) {
      if (hasCode(error, 'SERVICE_UNAVAILABLE') && performance.now() - begun < RECOGNITION_MS) return false;
      throw error;
    }
  }
}

/** The hash of the next token is of this use alone. Where somebody wrote after it, the token is still among the valid ones. */
function hasWritten({ next }: RefreshUse, { writeId, records }: LoadedSession): boolean {
  return writeId === next.hash || records.tokens.includes(next.hash);
}

const REASONS = {
  ended: 'the session has ended',
  superseded: 'the refresh token was used a moment ago, and its successor cannot be given again',
  reused: 'the refresh token was used before: the session is ended',
};

function refused(reason: string): AppError {
  const message = 'Sign in again: the refresh token is not valid, or its session has ended';
  return new AppError('UNAUTHENTICATED', { message, reason });
}
