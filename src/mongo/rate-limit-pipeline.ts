import type { mongo } from 'mongoose';
import type { BucketRule } from '../limits/rate-limit.ts';

/** Calls are counted to the millisecond up to this max; above it (RATE_LIMIT_SCALE in load tests) in hundredths of the window, so that documents stay small. */
const MAX_EXACT = 200;
const HOUR_MS = 3_600_000;
/** What MongoDB calls text that is no number. */
const CONVERSION_FAILURE = 241;

/** Calls that were given back count for their client alone. Of so many the oldest are forgotten: a flood grows no document. */
const MAX_GIVEN_BACK = 200;

/** Who calls where no rule asks who: all calls of one instant are one entry then, however many addresses a network has. */
const NOBODY = '';

const CALLS = { $ifNull: ['$calls', []] };
/** How many of an instant's calls were given back; the release before wrote none. */
const BACK = { $ifNull: ['$$this.back', 0] };
/** How many of them stand. */
const STANDING = { $subtract: ['$$this.n', BACK] };

/**
 * The update that counts a call, or fails where a rule has no room (`fullUntil` reads when it has). It writes the document
 * anew without the calls that no rule counts any more.
 * @param by the client's keyed hash
 * @param now the instant of the call (milliseconds since the epoch)
 */
export function countCall(by: string, rules: readonly BucketRule[], now: number): mongo.Document[] {
  const longestMs = Math.max(...rules.map((rule) => rule.windowMs));
  const ownMs = Math.max(0, ...rules.filter((rule) => !rule.refundable).map((rule) => rule.windowMs));
  const at = stampOf(rules, now);
  const who = rules.some((rule) => rule.perClient || rule.refundable) ? by : NOBODY;
  const isSame = { $and: [{ $eq: ['$$this.at', at] }, { $eq: ['$$this.by', who] }] };
  const others = (withinMs: number, stands: mongo.Document) => ({
    $filter: { input: CALLS, cond: { $and: [{ $gt: ['$$this.at', now - withinMs] }, { $not: [isSame] }, stands] } },
  });
  const standing = others(longestMs, { $gt: [STANDING, 0] });
  const givenBack = { $slice: [others(ownMs, { $lte: [STANDING, 0] }), -MAX_GIVEN_BACK] };
  const same = { $filter: { input: CALLS, cond: isSame } };
  const call = { at, by: who, n: { $add: [1, sumOf('$$this.n', same)] }, back: sumOf(BACK, same) };
  const counted = { $concatArrays: [standing, givenBack, [call]] };
  const freeAt = { $max: rules.map((rule) => whenFree(by, rule, now)) };
  const calls = {
    $let: { vars: { freeAt }, in: { $cond: [{ $eq: ['$$freeAt', null] }, counted, refuse('$$freeAt')] } },
  };
  return [{ $replaceWith: { _id: '$_id', calls, purgeAt: purgeAfter(now + longestMs) } }];
}

/** When a rule that is used up frees its oldest call; null while it has room. */
function whenFree(by: string, { max, windowMs, perClient, refundable }: BucketRule, now: number): mongo.Document {
  const inWindow = { $gt: ['$$this.at', now - windowMs] };
  const ofClient = perClient ? [{ $eq: ['$$this.by', by] }] : [];
  const weight = refundable ? STANDING : '$$this.n';
  const cond = { $and: [inWindow, ...ofClient, { $gt: [weight, 0] }] };
  const oldest = { $min: { $map: { input: '$$counted', in: '$$this.at' } } };
  const freeAt = { $cond: [{ $gte: [sumOf(weight, '$$counted'), max] }, { $add: [oldest, windowMs] }, null] };
  return { $let: { vars: { counted: { $filter: { input: CALLS, cond } } }, in: freeAt } };
}

function sumOf(weight: unknown, calls: unknown): mongo.Document {
  return { $sum: { $map: { input: calls, in: weight } } };
}

/** The update that gives back the newest standing call of a client; nothing where it has none. @param by its keyed hash */
export function giveCallBack(by: string): mongo.Document[] {
  const stands = { $and: [{ $eq: ['$$this.by', by] }, { $gt: [STANDING, 0] }] };
  const newest = { $max: { $map: { input: { $filter: { input: CALLS, cond: stands } }, in: '$$this.at' } } };
  const isNewest = { $and: [{ $eq: ['$$this.by', by] }, { $eq: ['$$this.at', '$$newest'] }] };
  const less = { $mergeObjects: ['$$this', { back: { $add: [BACK, 1] } }] };
  const calls = { $map: { input: CALLS, in: { $cond: [isNewest, less, '$$this'] } } };
  return [{ $set: { calls: { $let: { vars: { newest }, in: calls } } } }];
}

/**
 * Only an error keeps the updates after this one in an ordered command from running, and nothing is written. Of the errors
 * that an expression can have, this one quotes what could not be read as a number.
 */
function refuse(freeAt: string): mongo.Document {
  return { $toInt: { $concat: ['full until ', { $toString: { $toLong: freeAt } }] } };
}

/**
 * When the bucket has room again (milliseconds since the epoch), by the error of its update; null for any other error. The
 * number is in the text of the error; a MongoDB that words it otherwise refuses all the same, for the shortest window.
 */
export function fullUntil(
  { code, errmsg }: { readonly code: number; readonly errmsg: string },
  rules: readonly BucketRule[],
  now: number,
): number | null {
  if (code !== CONVERSION_FAILURE) return null;
  const [, freeAt] = /full until (\d+)/.exec(errmsg) ?? [];
  return freeAt ? Number(freeAt) : now + Math.min(...rules.map((rule) => rule.windowMs));
}

/** To the hour, so that most calls leave the index as it is. */
function purgeAfter(instant: number): Date {
  return new Date(Math.ceil(instant / HOUR_MS) * HOUR_MS);
}

/** Rounded up, so that a call never leaves the window early. */
function stampOf(rules: readonly BucketRule[], now: number): number {
  if (Math.max(...rules.map((rule) => rule.max)) <= MAX_EXACT) return now;
  const stepMs = Math.ceil(Math.min(...rules.map((rule) => rule.windowMs)) / 100);
  return Math.ceil(now / stepMs) * stepMs;
}
