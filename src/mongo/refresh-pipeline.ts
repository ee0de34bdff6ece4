import type { RefreshOutcome, RefreshUse } from '../session/ports.ts';
import { MAX_RETIRED_TOKENS, MAX_VALID_TOKENS, SIBLING_MS } from '../session/rotation.ts';
import { and, eq, firstOf, gt, not, orElse, size, value, type Expression, type Stage } from './expressions.ts';

/** What a session's document keeps of its refresh tokens: hashes only. */
export interface TokenRecords {
  /** The valid ones, the oldest first. */
  tokens: string[];
  /** Those that were retired less than SIBLING_MS ago. */
  retired: { hash: string; at: Date; by: string; siblingGiven: boolean }[];
  /** What became of the token that was presented last. */
  refresh?: RefreshOutcome;
}

/** The update of a living session that decides on a refresh token: parallel uses are decided one after another. */
export function refreshPipeline(use: RefreshUse): Stage[] {
  const since = new Date(use.now - SIBLING_MS);
  const recent = { $filter: { input: orElse('$retired', []), cond: gt('$$this.at', since) } };
  return [
    { $set: { tokens: orElse('$tokens', []), retired: recent } },
    { $set: { refresh: outcomeOf(use) } },
    { $set: { ...lifeOf(use), ...recordsOf(use) } },
  ];
}

function outcomeOf({ tokenHash, clientIds }: RefreshUse): Expression {
  const ofClient = and(eq('$$this.hash', value(tokenHash)), { $in: ['$$this.by', value(clientIds)] });
  const retiredWhere = (condition: Expression) => gt(size({ $filter: { input: '$retired', cond: condition } }), 0);
  const branches: [Expression, RefreshOutcome][] = [
    [{ $in: [value(tokenHash), '$tokens'] }, 'rotated'],
    [retiredWhere(and(ofClient, not('$$this.siblingGiven'))), 'sibling'],
    [retiredWhere(ofClient), 'repeated'],
  ];
  // It was made for this session, and is neither valid nor just retired by this client: somebody has a copy.
  return firstOf('reused', branches);
}

/** A session that gives a token lives on; one that must not is over by every server's clock, and cleaned up soon. */
function lifeOf({ client, now, expiresAt }: RefreshUse): Record<string, Expression> {
  const whenGiven = (name: string, item: Expression) => byOutcome(`$${name}`, { rotated: item, sibling: item });
  return {
    userAgent: whenGiven('userAgent', value(client.userAgent)),
    maskedIp: whenGiven('maskedIp', value(client.maskedIp)),
    lastUsedAt: whenGiven('lastUsedAt', new Date(now)),
    expiresAt: byOutcome('$expiresAt', { rotated: expiresAt, sibling: expiresAt, reused: new Date(0) }),
  };
}

function recordsOf({ tokenHash, nextTokenHash, clientIds, now }: RefreshUse): Record<string, Expression> {
  const next = [value(nextTokenHash)];
  const others = { $filter: { input: '$tokens', cond: { $ne: ['$$this', value(tokenHash)] } } };
  const retired = { hash: value(tokenHash), at: new Date(now), by: value(clientIds[0]), siblingGiven: false };
  const isPresented = eq('$$this.hash', value(tokenHash));
  const marked = { $cond: [isPresented, { $mergeObjects: ['$$this', { siblingGiven: true }] }, '$$this'] };
  return {
    tokens: byOutcome('$tokens', {
      rotated: last(MAX_VALID_TOKENS, { $concatArrays: [others, next] }),
      sibling: last(MAX_VALID_TOKENS, { $concatArrays: ['$tokens', next] }),
      reused: [],
    }),
    retired: byOutcome('$retired', {
      rotated: last(MAX_RETIRED_TOKENS, { $concatArrays: ['$retired', [retired]] }),
      sibling: { $map: { input: '$retired', in: marked } },
      reused: [],
    }),
  };
}

function byOutcome(otherwise: Expression, results: Partial<Record<RefreshOutcome, Expression>>): Expression {
  return firstOf(
    otherwise,
    Object.entries(results).map(([outcome, result]) => [eq('$refresh', outcome), result]),
  );
}

function last(count: number, array: Expression): Expression {
  return { $slice: [array, -count] };
}
