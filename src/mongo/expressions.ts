// Small words for aggregation expressions, and the rules' predicates in them (otp/challenge.ts says the same in TypeScript).
import {
  DELIVERY_LIFE_MS,
  MAX_TRIES_PER_REQUESTER,
  MAX_WRONG_IN_A_ROW,
  MAX_WRONG_PER_REQUESTER,
  PROVIDER_LIFE_MS,
  STREAK_LIFE_MS,
  WRONG_WINDOW_MS,
  type ChallengePolicy,
} from '../otp/challenge.ts';

export type Expression = unknown;
export type Stage = { $set: Record<string, Expression> };

export type Fields = (name: string) => Expression;

/** While a code may still be answered. */
export function isPending(c: Fields, now: number): Expression {
  return and(eq(c('status'), 'pending'), gt(c('expiresAt'), now));
}

/** While a message is being handed over. */
export function isDelivering(c: Fields, now: number): Expression {
  return gt(add(orElse(c('deliveringSince'), 0), DELIVERY_LIFE_MS), now);
}

/** While a challenge may have a verification at the provider. */
export function mayRun(c: Fields, now: number, policy: ChallengePolicy): Expression {
  const refused = and(eq(c('status'), 'canceled'), not(eq(orElse(c('failure'), null), null)));
  return and(eq(c('deliverable'), true), not(eq(c('status'), 'approved')), not(refused), isKnownThere(c, now, policy));
}

/** While a provider may know a challenge, whatever became of it here. */
export function isKnownThere(c: Fields, now: number, policy: ChallengePolicy): Expression {
  return gt(add(orElse(c('expiresAt'), 0), Math.max(0, PROVIDER_LIFE_MS - policy.ttlMs)), now);
}

/** While a challenge stands in the way of another one, answered or not. */
export function isRunning(c: Fields, now: number): Expression {
  return and({ $in: [orElse(c('status'), ''), ['pending', 'exhausted']] }, gt(c('expiresAt'), now));
}

/** While an approval can be spent. */
export function isLive(a: Fields, now: number): Expression {
  return gt(orElse(a('expiresAt'), 0), now);
}

/** While an action holds an approval. */
export function isClaimed(a: Fields, now: number): Expression {
  return gt(orElse(a('claim.until'), 0), now);
}

/** Whether a record is of the wanted user. */
export function belongs(of: Fields, onlyUser: string | null | undefined): Expression {
  return onlyUser === undefined ? true : eq(orElse(of('userId'), null), value(onlyUser));
}

/** Attempts a requester may still spend. */
export function triesLeft(tries: Expression, by: string, policy: ChallengePolicy): Expression {
  const own = size({ $filter: { input: orElse(tries, []), cond: eq('$$this', value(by)) } });
  const ownMax = Math.min(MAX_TRIES_PER_REQUESTER, policy.maxTries);
  return { $min: [subtract(policy.maxTries, size(tries)), subtract(ownMax, own)] };
}

/** Whether wrong codes have closed the destination for a requester. */
export function closedFor(by: string, now: number): Expression {
  const own = size({ $filter: { input: filterRecent('$guesses.wrong', now), cond: eq('$$this.by', value(by)) } });
  const streak = and(
    gte(orElse('$guesses.streak', 0), MAX_WRONG_IN_A_ROW),
    gt(orElse('$guesses.streakAt', 0), now - STREAK_LIFE_MS),
  );
  return or(streak, gte(own, MAX_WRONG_PER_REQUESTER));
}

/** The wrong codes that still count. */
export function filterRecent(wrong: string, now: number): Expression {
  return { $filter: { input: orElse(wrong, []), cond: gt('$$this.at', now - WRONG_WINDOW_MS) } };
}

/** When the document can go: after the last thing in it that still counts. The index that deletes by it only cleans up. */
export function purgeDate(now: number): Date {
  return new Date(now + STREAK_LIFE_MS);
}

export const fieldsOf =
  (path: string): Fields =>
  (name) =>
    `${path}.${name}`;
/** A client's string may begin with a dollar sign; as a literal it is never read as a field. */
export const value = (literal: unknown): Expression => ({ $literal: literal });
export const values = (object: object) =>
  Object.fromEntries(Object.entries(object).map(([key, item]) => [key, value(item)]));
export const eq = (a: Expression, b: Expression) => ({ $eq: [a, b] });
export const gt = (a: Expression, b: Expression) => ({ $gt: [a, b] });
export const gte = (a: Expression, b: Expression) => ({ $gte: [a, b] });
export const lt = (a: Expression, b: Expression) => ({ $lt: [a, b] });
export const lte = (a: Expression, b: Expression) => ({ $lte: [a, b] });
export const add = (a: Expression, b: Expression) => ({ $add: [a, b] });
export const subtract = (a: Expression, b: Expression) => ({ $subtract: [a, b] });
export const and = (...all: Expression[]) => ({ $and: all });
export const or = (...any: Expression[]) => ({ $or: any });
export const not = (a: Expression) => ({ $not: [a] });
export const size = (array: Expression) => ({ $size: orElse(array, []) });
export const orElse = (a: Expression, fallback: Expression) => ({ $ifNull: [a, fallback] });
export const cond = (condition: Expression, then: Expression, otherwise: Expression) => ({
  $cond: [condition, then, otherwise],
});
/** The result of the first condition that holds, else the default. */
export const firstOf = (fallback: Expression, branches: [Expression, Expression][]) => ({
  $switch: { branches: branches.map(([when, then]) => ({ case: when, then })), default: fallback },
});

/** An array without the first of its elements that equals this one. */
export function withoutOne(array: Expression, element: Expression): Expression {
  const before = cond(lte('$$at', 0), [], { $slice: ['$$all', '$$at'] });
  const after = cond(gte(add('$$at', 1), size('$$all')), [], { $slice: ['$$all', add('$$at', 1), size('$$all')] });
  const removed = cond(lt('$$at', 0), '$$all', { $concatArrays: [before, after] });
  return {
    $let: {
      vars: { all: orElse(array, []) },
      in: { $let: { vars: { at: { $indexOfArray: ['$$all', element] } }, in: removed } },
    },
  };
}
