import type { mongo } from 'mongoose';
import type { BucketRule } from '../limits/rate-limit.ts';

/** Calls are counted to the millisecond up to this max; above it (RATE_LIMIT_SCALE in load tests) in hundredths of the window, so that documents stay small. */
const MAX_EXACT = 200;
const HOUR_MS = 3_600_000;
/** What MongoDB calls text that is no number. */
const CONVERSION_FAILURE = 241;

const CALLS = { $ifNull: ['$calls', []] };

/**
 * The update that counts a call, or fails where a rule has no room (`fullUntil` reads when it has). It writes the document
 * anew without the calls that no rule counts any more.
 * @param by the client's keyed hash
 * @param now the instant of the call (milliseconds since the epoch)
 */
export function countCall(by: string, rules: readonly BucketRule[], now: number): mongo.Document[] {
  const longestMs = Math.max(...rules.map((rule) => rule.windowMs));
  const at = stampOf(rules, now);
  const isSame = { $and: [{ $eq: ['$$this.at', at] }, { $eq: ['$$this.by', by] }] };
  const isOther = { $and: [{ $gt: ['$$this.at', now - longestMs] }, { $not: [isSame] }] };
  const others = { $filter: { input: CALLS, cond: isOther } };
  const n = { $add: [1, countOf({ $filter: { input: CALLS, cond: isSame } })] };
  const counted = { $concatArrays: [others, [{ at, by, n }]] };
  const freeAt = { $max: rules.map((rule) => whenFree(by, rule, now)) };
  const calls = {
    $let: { vars: { freeAt }, in: { $cond: [{ $eq: ['$$freeAt', null] }, counted, refuse('$$freeAt')] } },
  };
  return [{ $replaceWith: { _id: '$_id', calls, purgeAt: purgeAfter(now + longestMs) } }];
}

/** When a rule that is used up frees its oldest call; null while it has room. */
function whenFree(by: string, { max, windowMs, perClient }: BucketRule, now: number): mongo.Document {
  const inWindow = { $gt: ['$$this.at', now - windowMs] };
  const cond = perClient ? { $and: [inWindow, { $eq: ['$$this.by', by] }] } : inWindow;
  const oldest = { $min: { $map: { input: '$$counted', in: '$$this.at' } } };
  const freeAt = { $cond: [{ $gte: [countOf('$$counted'), max] }, { $add: [oldest, windowMs] }, null] };
  return { $let: { vars: { counted: { $filter: { input: CALLS, cond } } }, in: freeAt } };
}

function countOf(calls: unknown): mongo.Document {
  return { $sum: { $map: { input: calls, in: '$$this.n' } } };
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
