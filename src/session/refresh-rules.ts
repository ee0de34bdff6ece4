import type { ClientTrace, Session, SessionChanges, TokenRecords } from './ports.ts';

/** Within this time a client that lost the answer, or two tabs of one browser, may use a refresh token twice. */
export const SIBLING_MS = 10_000;
/** Valid refresh tokens of one session: one per tab that refreshes by itself. A further one takes the oldest one's place. */
export const MAX_VALID_TOKENS = 5;
/** Retired tokens that are remembered as such; an older one counts as reused. Keeps the document small. */
export const MAX_RETIRED_TOKENS = 20;

/** A use of a refresh token that was made for the session. */
export interface RefreshUse {
  /** The hash of the token that was presented. */
  readonly tokenHash: string;
  /** The hash of the one to be given, if one is. */
  readonly nextTokenHash: string;
  /** The names of who presents it; the first is kept. */
  readonly clientIds: readonly [string, ...string[]];
  readonly client: ClientTrace;
  /** In milliseconds since the epoch. */
  readonly now: number;
  /** Until when the session lives if a token is given. */
  readonly expiresAt: Date;
}

/**
 * What becomes of a refresh token. `rotated`: it was valid, and the next one takes its place. `sibling`: the same client
 * presented it again within SIBLING_MS, and gets one more. `repeated`: it did so once too often, and gets nothing.
 * `reused`: it was presented by another client, or later, and the session is over. `ended`: the session was over before.
 */
export type RefreshOutcome = 'rotated' | 'sibling' | 'repeated' | 'reused' | 'ended';

/** What a use comes to, and what it changes of the session; null where it changes nothing. */
export interface RefreshDecision {
  readonly outcome: RefreshOutcome;
  readonly changes: SessionChanges | null;
}

/** Decides on a use of a refresh token (RFC 9700 section 4.14.2; docs/adr/0027-refresh-tokens.md). */
export function decideRefresh(
  { tokens, retired, expiresAt }: TokenRecords & Pick<Session, 'expiresAt'>,
  use: RefreshUse,
): RefreshDecision {
  const { tokenHash, nextTokenHash, clientIds, now } = use;
  if (expiresAt.getTime() <= now) return { outcome: 'ended', changes: null };
  const recent = retired.filter(({ at }) => at.getTime() > now - SIBLING_MS);
  if (tokens.includes(tokenHash)) {
    const others = tokens.filter((hash) => hash !== tokenHash);
    const leaving = { hash: tokenHash, at: new Date(now), by: clientIds[0], siblingGiven: false };
    const records = { tokens: [...others, nextTokenHash], retired: [...recent, leaving] };
    return { outcome: 'rotated', changes: living(records, use) };
  }
  const earlier = recent.find(({ hash, by }) => hash === tokenHash && clientIds.includes(by));
  // It was made for this session, and is neither valid nor just retired by this client: somebody has a copy. From now on
  // the session is over by every server's clock, and it is cleaned up soon.
  if (!earlier) return { outcome: 'reused', changes: { tokens: [], retired: [], expiresAt: new Date(0) } };
  if (earlier.siblingGiven) return { outcome: 'repeated', changes: null };
  const marked = recent.map((one) => (one === earlier ? { ...one, siblingGiven: true } : one));
  return { outcome: 'sibling', changes: living({ tokens: [...tokens, nextTokenHash], retired: marked }, use) };
}

/** A session that gives a token lives on for its full time. */
function living({ tokens, retired }: TokenRecords, { client, now, expiresAt }: RefreshUse): SessionChanges {
  return {
    tokens: tokens.slice(-MAX_VALID_TOKENS),
    retired: retired.slice(-MAX_RETIRED_TOKENS),
    ...client,
    lastUsedAt: new Date(now),
    expiresAt,
  };
}
