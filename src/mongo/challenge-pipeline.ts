// The rules of otp/sending.ts and otp/trying.ts as aggregation expressions, so that the server decides and writes in one
// atomic step. The contract suite compares the two on random histories: change a rule in both.
import {
  APPROVAL_LIFE_MS,
  CLAIM_LIFE_MS,
  DELIVERY_LIFE_MS,
  MAX_SENDS,
  MAX_TRIES_PER_REQUESTER,
  MAX_WRONG_IN_A_ROW,
  MAX_WRONG_PER_REQUESTER,
  MIN_LIFE_FOR_RESEND_MS,
  STREAK_LIFE_MS,
  WRONG_WINDOW_MS,
  type ChallengePolicy,
} from '../otp/challenge.ts';
import type { SendAsk } from '../otp/sending.ts';
import type { TokenAsk, TryAsk } from '../otp/trying.ts';

type Expression = unknown;
type Stage = { $set: Record<string, Expression> } | { $unset: string | string[] };

/** The pipeline of a send. The decision is left in `decision.outcome`. */
export function sendPipeline(slotPath: string, ask: SendAsk, policy: ChallengePolicy): Stage[] {
  const c = fieldsOf(`$${slotPath}.challenge`);
  const is = (outcome: string) => eq('$decision.outcome', outcome);
  const sent = {
    channel: value(ask.channel),
    sentBy: value(ask.by),
    deliveringSince: ask.now,
    failure: null,
    resendAfter: ask.now + policy.cooldownMs,
  };
  const started = {
    ...values(ask.fresh),
    ...sent,
    status: 'pending',
    tries: [],
    sends: 1,
    deliverable: ask.deliverable,
    expiresAt: ask.now + policy.ttlMs,
  };
  const sameKind = eq(c('deliverable'), ask.deliverable);
  const ownTriesUsed = and(sameKind, eq(c('sentBy'), value(ask.by)), lte(triesLeft(c('tries'), ask.by, policy), 0));
  const repeats = and(eq(c('sentBy'), value(ask.by)), eq(c('channel'), value(ask.channel)));
  const outcome = firstOf('RESEND', [
    [closedFor(ask.by, ask.now), 'CLOSED'],
    [not(isPending(c, ask.now)), 'START'],
    [and(ask.deliverable, not(c('deliverable'))), 'START'],
    [ownTriesUsed, 'START'],
    [gt(add(orElse(c('deliveringSince'), 0), DELIVERY_LIFE_MS), ask.now), 'DELIVERING'],
    [gt(c('resendAfter'), ask.now), cond(repeats, 'REPEAT', 'TOO_SOON')],
    [lt(subtract(c('expiresAt'), ask.now), MIN_LIFE_FOR_RESEND_MS), 'START'],
    [gte(c('sends'), MAX_SENDS), 'LIMITED'],
  ]);
  const current = `$${slotPath}.challenge`;
  const resent = { $mergeObjects: [current, { ...sent, sends: add(c('sends'), 1) }] };
  const after = cond(is('START'), started, cond(and(is('RESEND'), sameKind), resent, current));
  return [
    { $set: { decision: { outcome } } },
    { $set: { [`${slotPath}.challenge`]: after, purgeAt: purgeDate(ask.now) } },
  ];
}

/** The pipeline of a try: attempt, comparison and settlement in one write. The decision is left in `decision.outcome`. */
export function tryPipeline(slotPath: string, ask: TryAsk, policy: ChallengePolicy): Stage[] {
  const c = fieldsOf(`$${slotPath}.challenge`);
  const a = fieldsOf(`$${slotPath}.approval`);
  const means = (id: Expression) => (ask.challengeId === null ? true : eq(id, value(ask.challengeId)));
  const isRight = (of: Fields) => and(eq(of('codeMac'), value(ask.codeMac)), belongs(of, ask.onlyUser));
  const isAction = 'action' in ask.intent;
  const facts = {
    challenge: and(isPending(c, ask.now), means(c('id'))),
    approval: isAction ? and(isLive(a, ask.now), means(a('challengeId'))) : false,
    challengeOpen: and(isPending(c, ask.now), means(c('id')), gt(triesLeft(c('tries'), ask.by, policy), 0)),
    approvalOpen: isAction
      ? and(isLive(a, ask.now), means(a('challengeId')), gt(triesLeft(a('tries'), ask.by, policy), 0))
      : false,
  };
  const exhausted = and(eq(c('status'), 'exhausted'), gt(c('expiresAt'), ask.now));
  const d = (name: keyof typeof facts | 'outcome' | 'taken') => `$decision.${name}`;
  const outcome = firstOf('WRONG', [
    [not(or(d('challenge'), d('approval'))), cond(exhausted, 'EXHAUSTED', 'ABSENT')],
    [closedFor(ask.by, ask.now), 'CLOSED'],
    [not(or(d('challengeOpen'), d('approvalOpen'))), 'EXHAUSTED'],
    [and(d('approvalOpen'), isRight(a)), cond(isClaimed(a, ask.now), 'BUSY', 'APPROVED')],
    [and(d('challengeOpen'), eq(c('deliverable'), true), isRight(c)), 'APPROVED'],
  ]);
  return [
    { $set: { decision: facts } },
    { $set: { 'decision.taken': and(d('approvalOpen'), isRight(a)), 'decision.outcome': outcome } },
    { $set: { ...afterTry(slotPath, c, a, ask, policy), ...guessesAfter(ask) } },
  ];
}

function afterTry(
  slotPath: string,
  c: Fields,
  a: Fields,
  ask: TryAsk,
  policy: ChallengePolicy,
): Record<string, Expression> {
  const claim =
    'action' in ask.intent ? { id: value(ask.intent.action.claimId), until: ask.now + CLAIM_LIFE_MS } : value(null);
  const approvedNow = {
    challengeId: c('id'),
    codeMac: c('codeMac'),
    tokenHash: 'verify' in ask.intent ? value(ask.intent.verify.tokenHash) : value(null),
    userId: c('userId'),
    expiresAt: ask.now + APPROVAL_LIFE_MS,
    tries: [],
    refusals: 0,
    claim,
  };
  const challenge = `$${slotPath}.challenge`;
  const approval = `$${slotPath}.approval`;
  const right = eq('$decision.outcome', 'APPROVED');
  const wrong = eq('$decision.outcome', 'WRONG');
  const withTry = (tries: Expression) => ({ $concatArrays: [orElse(tries, []), [value(ask.by)]] });
  const lastTry = gte(add(size(c('tries')), 1), policy.maxTries);
  const tried = { tries: withTry(c('tries')), status: cond(lastTry, 'exhausted', 'pending') };
  return {
    [`${slotPath}.challenge`]: firstOf(challenge, [
      [and(right, not('$decision.taken')), { $mergeObjects: [challenge, { status: 'approved' }] }],
      [and(wrong, '$decision.challengeOpen'), { $mergeObjects: [challenge, tried] }],
    ]),
    [`${slotPath}.approval`]: firstOf(approval, [
      [and(right, '$decision.taken'), { $mergeObjects: [approval, { claim }] }],
      [right, approvedNow],
      [and(wrong, '$decision.approvalOpen'), { $mergeObjects: [approval, { tries: withTry(a('tries')) }] }],
    ]),
    purgeAt: purgeDate(ask.now),
  };
}

function guessesAfter(ask: TryAsk): Record<string, Expression> {
  const wrong = eq('$decision.outcome', 'WRONG');
  const fresh = and(eq('$decision.outcome', 'APPROVED'), not('$decision.taken'));
  const recent = filterRecent('$guesses.wrong', ask.now);
  const streakOpen = gt(orElse('$guesses.streakAt', 0), ask.now - STREAK_LIFE_MS);
  return {
    'guesses.wrong': cond(
      wrong,
      { $concatArrays: [recent, [{ by: value(ask.by), at: ask.now }]] },
      orElse('$guesses.wrong', []),
    ),
    'guesses.streak': firstOf(orElse('$guesses.streak', 0), [
      [wrong, cond(streakOpen, add(orElse('$guesses.streak', 0), 1), 1)],
      [fresh, 0],
    ]),
    'guesses.streakAt': cond(wrong, ask.now, orElse('$guesses.streakAt', 0)),
  };
}

/** The pipeline that takes an approval by its verification token. */
export function tokenPipeline(slotPath: string, ask: TokenAsk): Stage[] {
  const a = fieldsOf(`$${slotPath}.approval`);
  const approval = `$${slotPath}.approval`;
  const fits = and(isLive(a, ask.now), eq(a('tokenHash'), value(ask.tokenHash)), belongs(a, ask.onlyUser));
  const claim = { id: value(ask.claimId), until: ask.now + CLAIM_LIFE_MS };
  const outcome = firstOf('ABSENT', [[fits, cond(isClaimed(a, ask.now), 'BUSY', 'APPROVED')]]);
  const taken = { $mergeObjects: [approval, { claim }] };
  return [
    { $set: { decision: { outcome } } },
    { $set: { [`${slotPath}.approval`]: cond(eq('$decision.outcome', 'APPROVED'), taken, approval) } },
  ];
}

type Fields = (name: string) => Expression;

function isPending(c: Fields, now: number): Expression {
  return and(eq(c('status'), 'pending'), gt(c('expiresAt'), now));
}

function isLive(a: Fields, now: number): Expression {
  return gt(orElse(a('expiresAt'), 0), now);
}

function isClaimed(a: Fields, now: number): Expression {
  return gt(orElse(a('claim.until'), 0), now);
}

function belongs(of: Fields, onlyUser: string | null | undefined): Expression {
  return onlyUser === undefined ? true : eq(orElse(of('userId'), null), value(onlyUser));
}

function triesLeft(tries: Expression, by: string, policy: ChallengePolicy): Expression {
  const own = size({ $filter: { input: orElse(tries, []), cond: eq('$$this', value(by)) } });
  const ownMax = Math.min(MAX_TRIES_PER_REQUESTER, policy.maxTries);
  return { $min: [subtract(policy.maxTries, size(tries)), subtract(ownMax, own)] };
}

function closedFor(by: string, now: number): Expression {
  const own = size({ $filter: { input: filterRecent('$guesses.wrong', now), cond: eq('$$this.by', value(by)) } });
  const streak = and(
    gte(orElse('$guesses.streak', 0), MAX_WRONG_IN_A_ROW),
    gt(orElse('$guesses.streakAt', 0), now - STREAK_LIFE_MS),
  );
  return or(streak, gte(own, MAX_WRONG_PER_REQUESTER));
}

function filterRecent(wrong: string, now: number): Expression {
  return { $filter: { input: orElse(wrong, []), cond: gt('$$this.at', now - WRONG_WINDOW_MS) } };
}

/** When the document can go: after the last thing in it that still counts. The index that deletes by it only cleans up. */
function purgeDate(now: number): Date {
  return new Date(now + STREAK_LIFE_MS);
}

const fieldsOf =
  (path: string): Fields =>
  (name) =>
    `${path}.${name}`;
/** A client's string may begin with a dollar sign; as a literal it is never read as a field. */
const value = (literal: unknown): Expression => ({ $literal: literal });
const values = (object: object) => Object.fromEntries(Object.entries(object).map(([key, item]) => [key, value(item)]));
const eq = (a: Expression, b: Expression) => ({ $eq: [a, b] });
const gt = (a: Expression, b: Expression) => ({ $gt: [a, b] });
const gte = (a: Expression, b: Expression) => ({ $gte: [a, b] });
const lt = (a: Expression, b: Expression) => ({ $lt: [a, b] });
const lte = (a: Expression, b: Expression) => ({ $lte: [a, b] });
const add = (a: Expression, b: Expression) => ({ $add: [a, b] });
const subtract = (a: Expression, b: Expression) => ({ $subtract: [a, b] });
const and = (...all: Expression[]) => ({ $and: all });
const or = (...any: Expression[]) => ({ $or: any });
const not = (a: Expression) => ({ $not: [a] });
const size = (array: Expression) => ({ $size: orElse(array, []) });
const orElse = (a: Expression, fallback: Expression) => ({ $ifNull: [a, fallback] });
const cond = (condition: Expression, then: Expression, otherwise: Expression) => ({
  $cond: [condition, then, otherwise],
});
/** The result of the first condition that holds, else the default. */
const firstOf = (fallback: Expression, branches: [Expression, Expression][]) => ({
  $switch: { branches: branches.map(([when, then]) => ({ case: when, then })), default: fallback },
});
