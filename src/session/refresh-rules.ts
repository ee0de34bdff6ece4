import type { ClientTrace, Session, SessionChanges, TokenRecords } from './ports.ts';
import type { MadeToken } from './refresh-tokens.ts';

/** Within this time a client that lost the answer, or two tabs of one browser, may use a refresh token again. */
export const RETRY_MS = 10_000;
/** Valid refresh tokens of one session. More than one is left of the release before only. */
export const MAX_VALID_TOKENS = 5;
/** Retired tokens that are remembered as such; an older one counts as reused. Keeps the document small. */
export const MAX_RETIRED_TOKENS = 20;

/** A use of a refresh token that was made for the session. */
export interface RefreshUse {
  /** The hash of the token that was presented. */
  readonly tokenHash: string;
  /** Random, of this use alone. */
  readonly seed: string;
  /** What the token gives way to by this seed, if it is valid. */
  readonly next: MadeToken;
  /** What the token gives way to by the seed of an earlier use: one for each secret that is known. */
  readonly successors: (seed: string) => readonly MadeToken[];
  /** The names of who presents it; the first is kept. */
  readonly clientIds: readonly [string, ...string[]];
  readonly client: ClientTrace;
  /** In milliseconds since the epoch. */
  readonly now: number;
  /** Until when the session lives if a token is given, unless it ends before. */
  readonly expiresAt: Date;
}

/**
 * What a use of a refresh token comes to, and what it changes of the session; null where it changes nothing. `rotated`: it
 * was valid, and `next` takes its place. `retried`: the same client presented it again within RETRY_MS, and gets the same
 * successor, `next`. `superseded`: the same, but the successor was used already, or is of a secret that is not known here.
 * `reused`: it was presented by another client, or later, and the session is over. `ended`: the session was over before.
 */
export type RefreshDecision =
  | { readonly outcome: 'rotated' | 'retried'; readonly next: MadeToken; readonly changes: SessionChanges }
  | { readonly outcome: 'reused'; readonly changes: SessionChanges }
  | { readonly outcome: 'superseded' | 'ended'; readonly changes: null };

/** Decides on a use of a refresh token (RFC 9700 section 4.14.2; docs/adr/0041-one-successor.md). */
export function decideRefresh(
  { tokens, retired, ...session }: TokenRecords & Pick<Session, 'expiresAt' | 'endsAt'>,
  use: RefreshUse,
): RefreshDecision {
  const { tokenHash, seed, next, clientIds, now } = use;
  if (session.expiresAt.getTime() <= now) return { outcome: 'ended', changes: null };
  const recent = retired.filter(({ at }) => at.getTime() > now - RETRY_MS);
  const living = (records: TokenRecords) => livingOn(records, session, use);
  if (tokens.includes(tokenHash)) {
    const others = tokens.filter((hash) => hash !== tokenHash);
    const leaving = { hash: tokenHash, at: new Date(now), by: clientIds[0], seed };
    const changes = living({ tokens: [...others, next.hash], retired: [...recent, leaving] });
    return { outcome: 'rotated', next, changes };
  }
  const earlier = recent.find(({ hash, by }) => hash === tokenHash && clientIds.includes(by));
  // It was made for this session, and is neither valid nor just retired by this client: somebody has a copy. From now on
  // the session is over by every server's clock, and it is cleaned up soon.
  if (!earlier) return { outcome: 'reused', changes: { tokens: [], retired: [], expiresAt: new Date(0) } };
  if (earlier.seed === undefined) {
    // The release before retired it, whose successors cannot be made again. It gets one of this use, as it would have there.
    const seeded = recent.map((one) => (one === earlier ? { ...one, seed } : one));
    return { outcome: 'rotated', next, changes: living({ tokens: [...tokens, next.hash], retired: seeded }) };
  }
  const successor = use.successors(earlier.seed).find(({ hash }) => tokens.includes(hash));
  if (!successor) return { outcome: 'superseded', changes: null };
  return { outcome: 'retried', next: successor, changes: living({ tokens, retired: recent }) };
}

/** A session that gives a token lives on for its full time, but never beyond its end. */
function livingOn(
  { tokens, retired }: TokenRecords,
  { endsAt }: Pick<Session, 'endsAt'>,
  { client, now, expiresAt }: RefreshUse,
): SessionChanges {
  return {
    tokens: tokens.slice(-MAX_VALID_TOKENS),
    retired: retired.slice(-MAX_RETIRED_TOKENS),
    ...client,
    lastUsedAt: new Date(now),
    expiresAt: new Date(Math.min(expiresAt.getTime(), endsAt.getTime())),
  };
}
