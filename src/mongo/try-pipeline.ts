// The rules of otp/trying.ts as updates, decided by the server. The contract suite compares the two on random histories:
// change a rule in both.
import { APPROVAL_LIFE_MS, CLAIM_LIFE_MS, STREAK_LIFE_MS, type ChallengePolicy } from '../otp/challenge.ts';
import type { Settlement, TokenAsk, TryAsk } from '../otp/trying.ts';
import {
  add,
  and,
  belongs,
  closedFor,
  cond,
  eq,
  fieldsOf,
  filterRecent,
  firstOf,
  gt,
  gte,
  isClaimed,
  isDelivering,
  isLive,
  isPending,
  not,
  or,
  orElse,
  purgeDate,
  size,
  subtract,
  triesLeft,
  value,
  withoutOne,
  type Expression,
  type Fields,
  type Stage,
} from './expressions.ts';

const OUTCOME = '$decision.outcome';

/** The pipeline of a try: attempt, comparison and settlement in one write. What it decided is left in `decision`. */
export function tryPipeline(slotPath: string, ask: TryAsk, policy: ChallengePolicy): Stage[] {
  const c = fieldsOf(`$${slotPath}.challenge`);
  const a = fieldsOf(`$${slotPath}.approval`);
  const means = (id: Expression) => (ask.challengeId === null ? true : eq(id, value(ask.challengeId)));
  const isRight = (of: Fields) => and(eq(of('codeMac'), value(ask.codeMac)), belongs(of, ask.onlyUser));
  const mayTake = 'action' in ask.intent ? true : eq(a('unanswered'), true);
  const challenge = and(isPending(c, ask.now), means(c('id')));
  const approval = and(isLive(a, ask.now), mayTake, means(a('challengeId')));
  const d = (name: string) => `$decision.${name}`;
  const exhausted = and(eq(c('status'), 'exhausted'), gt(c('expiresAt'), ask.now));
  const remote = and(d('challengeOpen'), eq(orElse(c('codeMac'), null), null));
  const onItsWay = and(remote, eq(orElse(c('providerRef'), null), null), isDelivering(c, ask.now));
  const rightHere = and(d('challengeOpen'), eq(c('deliverable'), true), isRight(c));
  const asks = and(remote, eq(c('deliverable'), true), belongs(c, ask.onlyUser));
  const outcome = firstOf('WRONG', [
    [not(or(d('challenge'), d('approval'))), cond(exhausted, 'EXHAUSTED', 'ABSENT')],
    [closedFor(ask.by, ask.now), 'CLOSED'],
    [not(or(d('challengeOpen'), d('approvalOpen'))), 'EXHAUSTED'],
    [d('taken'), cond(isClaimed(a, ask.now), 'BUSY', 'APPROVED')],
    [onItsWay, 'DELIVERING'],
    [rightHere, 'APPROVED'],
    [asks, 'ASK'],
  ]);
  const approvalOpen = and(approval, gt(triesLeft(a('tries'), ask.by, policy), 0));
  const challengeOpen = and(challenge, gt(triesLeft(c('tries'), ask.by, policy), 0));
  return [
    { $set: { decision: { challenge, approval, challengeOpen, approvalOpen, taken: and(approvalOpen, isRight(a)) } } },
    { $set: { 'decision.outcome': outcome } },
    { $set: { ...afterTry(slotPath, c, a, ask, policy), ...guessesAfterTry(ask), purgeAt: purgeDate(ask.now) } },
  ];
}

function afterTry(
  slotPath: string,
  c: Fields,
  a: Fields,
  ask: TryAsk,
  policy: ChallengePolicy,
): Record<string, Expression> {
  const challenge = `$${slotPath}.challenge`;
  const approval = `$${slotPath}.approval`;
  const right = eq(OUTCOME, 'APPROVED');
  const withTry = (tries: Expression) => ({ $concatArrays: [orElse(tries, []), [value(ask.by)]] });
  const lastTry = gte(add(size(c('tries')), 1), policy.maxTries);
  const tried = { tries: withTry(c('tries')), status: cond(lastTry, 'exhausted', 'pending') };
  const answered = { unanswered: false, claim: claimOf(ask) };
  const taken = 'verify' in ask.intent ? { ...answered, tokenHash: value(ask.intent.verify.tokenHash) } : answered;
  return {
    [`${slotPath}.challenge`]: firstOf(challenge, [
      [and(right, not('$decision.taken')), { $mergeObjects: [challenge, { status: 'approved' }] }],
      [and(counted(), '$decision.challengeOpen'), { $mergeObjects: [challenge, tried] }],
    ]),
    [`${slotPath}.approval`]: firstOf(approval, [
      [and(right, '$decision.taken'), { $mergeObjects: [approval, taken] }],
      [right, approvalOf(c, ask, false)],
      [and(counted(), '$decision.approvalOpen'), { $mergeObjects: [approval, { tries: withTry(a('tries')) }] }],
    ]),
  };
}

function counted(): Expression {
  return or(eq(OUTCOME, 'WRONG'), eq(OUTCOME, 'ASK'));
}

function claimOf(ask: Pick<TryAsk, 'intent' | 'now'>): Expression {
  if (!('action' in ask.intent)) return value(null);
  return { id: value(ask.intent.action.claimId), until: ask.now + CLAIM_LIFE_MS };
}

function approvalOf(c: Fields, ask: Pick<TryAsk, 'intent' | 'now' | 'codeMac'>, unanswered: boolean): Expression {
  return {
    challengeId: c('id'),
    codeMac: value(ask.codeMac),
    tokenHash: 'verify' in ask.intent ? value(ask.intent.verify.tokenHash) : value(null),
    userId: c('userId'),
    expiresAt: ask.now + APPROVAL_LIFE_MS,
    tries: [],
    refusals: 0,
    unanswered,
    claim: unanswered ? value(null) : claimOf(ask),
  };
}

/** The pipeline of a guess at a secret that has no challenge. */
export function guessPipeline(by: string, now: number): Stage[] {
  return [
    { $set: { decision: { outcome: cond(closedFor(by, now), 'CLOSED', 'WRONG') } } },
    { $set: { ...guessesAfterTry({ by, now }), purgeAt: purgeDate(now) } },
  ];
}

/** The pipeline that takes a right guess back. */
export function forgivePipeline(by: string, at: number): Stage[] {
  return [{ $set: { 'guesses.wrong': withoutOne('$guesses.wrong', { by: value(by), at }), 'guesses.streak': 0 } }];
}

function guessesAfterTry(ask: Pick<TryAsk, 'by' | 'now'>): Record<string, Expression> {
  const fresh = and(eq(OUTCOME, 'APPROVED'), not('$decision.taken'));
  const recent = filterRecent('$guesses.wrong', ask.now);
  const streak = orElse('$guesses.streak', 0);
  const streakOpen = gt(orElse('$guesses.streakAt', 0), ask.now - STREAK_LIFE_MS);
  const more = { $concatArrays: [recent, [{ by: value(ask.by), at: ask.now }]] };
  return {
    'guesses.wrong': cond(counted(), more, orElse('$guesses.wrong', [])),
    'guesses.streak': firstOf(streak, [
      [counted(), cond(streakOpen, add(streak, 1), 1)],
      [fresh, 0],
    ]),
    'guesses.streakAt': cond(counted(), ask.now, orElse('$guesses.streakAt', 0)),
  };
}

/** The pipeline that settles an attempt which the provider was asked about; it does nothing once the challenge is another's or approved. */
export function settleTryPipeline(slotPath: string, settlement: Settlement): Stage[] {
  const { verdict, by, askedAt } = settlement;
  const path = `$${slotPath}.challenge`;
  const c = fieldsOf(path);
  const mine = and(eq(c('id'), value(settlement.challengeId)), not(eq(c('status'), 'approved')));
  const changed = (change: Record<string, Expression>) =>
    cond('$decision.mine', { $mergeObjects: [path, change] }, path);
  const wrong = cond('$decision.mine', withoutOne('$guesses.wrong', { by: value(by), at: askedAt }), '$guesses.wrong');
  const outcomes = {
    APPROVED: 'APPROVED',
    REFUND: 'WRONG',
    WRONG: 'WRONG',
    GONE: 'ABSENT',
    NO_CHECKS_LEFT: 'EXHAUSTED',
  };
  const changes: Record<Settlement['verdict'], Record<string, Expression>> = {
    APPROVED: {
      [`${slotPath}.challenge`]: changed({ status: 'approved' }),
      [`${slotPath}.approval`]: cond(
        '$decision.mine',
        approvalOf(c, settlement, settlement.unanswered),
        `$${slotPath}.approval`,
      ),
      'guesses.wrong': wrong,
      'guesses.streak': cond('$decision.mine', 0, '$guesses.streak'),
    },
    REFUND: {
      [`${slotPath}.challenge`]: changed({
        tries: withoutOne(c('tries'), value(by)),
        status: cond(eq(c('status'), 'exhausted'), 'pending', c('status')),
      }),
      'guesses.wrong': wrong,
      'guesses.streak': cond('$decision.mine', { $max: [0, subtract('$guesses.streak', 1)] }, '$guesses.streak'),
    },
    GONE: { [`${slotPath}.challenge`]: changed({ status: 'canceled' }) },
    NO_CHECKS_LEFT: { [`${slotPath}.challenge`]: changed({ status: 'exhausted' }) },
    WRONG: {},
  };
  return [
    { $set: { decision: { mine, outcome: cond(mine, outcomes[verdict], 'ABSENT') } } },
    { $set: { ...changes[verdict], purgeAt: purgeDate(settlement.now) } },
  ];
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
    { $set: { [`${slotPath}.approval`]: cond(eq(OUTCOME, 'APPROVED'), taken, approval) } },
  ];
}
