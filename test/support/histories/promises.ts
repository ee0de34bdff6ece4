// What DESIGN section 4 promises, checked on what the callers of a history saw: each broken promise is a sentence.
import { MAX_ATTEMPTS_PER_HOUR } from '../../../src/otp/attempt-budget.ts';
import { KEPT_ATTEMPTS, MAX_ATTEMPTS_PER_REQUESTER } from '../../../src/otp/challenge.ts';
import { MAX_SENDS } from '../../../src/otp/message-limit.ts';
import type { Closing } from './closing.ts';
import { isAction, isDone, isUnknown, isWrong, type Call, type Observer } from './observer.ts';
import type { Place } from './places.ts';
import type { Played } from './play.ts';

const MAX_ATTEMPTS = 5;
/** An action waits for the one that holds its code until that one's claim would have lapsed, and then does its own work. */
const MOST_MS = 15_000;
const NEVER = new Set(['INTERNAL_SERVER_ERROR', 'BAD_USER_INPUT', 'FORBIDDEN']);

/** Of all calls: each was answered in time, with an answer that callers are promised, and each ended well. */
export function brokenByAnswers({ calls, abandoned }: Observer): string[] {
  return [
    ...calls.filter(({ outcome }) => NEVER.has(outcome)).map((call) => `answered ${tell(call)}`),
    ...calls
      .filter(({ beganAt, endedAt }) => endedAt - beganAt > MOST_MS)
      .map((call) => `took too long: ${tell(call)}`),
    ...abandoned.map((call) => `never ended well: ${tell(call)}`),
  ];
}

/** Invariant 1: at most one approval and one action of a code, over all entry points and both servers. */
export function brokenByOneAction(calls: readonly Call[], { place, sessions, changes }: Closing): string[] {
  const broken: string[] = [];
  const right = calls.filter(({ outcome }) => outcome === 'RIGHT');
  const done = calls.filter(isDone);
  if (!place.isKnown && right.length + done.length > 0) broken.push('a decoy was approved');
  for (const told of groups(right, ({ answer }) => String(answer!['verificationToken'])))
    if (distinct(told, ({ ip }) => ip) > 1)
      broken.push(`one approval was told to several requesters: ${tell(told[0]!)}`);
  for (const told of groups(right, ({ code }) => code!))
    if (distinct(told, ({ answer }) => answer!['verificationToken']) > 1)
      broken.push(`one code was approved several times: ${tell(told[0]!)}`);
  for (const spent of groups(done, ({ code }) => code!)) {
    if (spent.length > 1) broken.push(`one code was spent ${spent.length} times: ${spent.map(tell).join('; ')}`);
    const again = right.find(({ code, beganAt }) => code === spent[0]!.code && beganAt > spent[0]!.endedAt);
    if (again) broken.push(`a spent code was right again: ${tell(again)}`);
  }
  if (place.action === 'register' && done.length > 1) broken.push('one phone was registered twice');
  for (const [client, count] of sessions) if (count > 1) broken.push(`one code opened ${count} sessions: ${client}`);
  const mayHaveReset = calls.filter((call) => isDone(call) || (isAction(call.operation) && isUnknown(call)));
  if (place.action === 'reset' && changes > distinct(mayHaveReset, ({ code }) => code))
    broken.push(`more changes (${changes}) than codes at ${place.name}`);
  return broken;
}

/** Invariant 2: five answered comparisons of a challenge, three by one requester. An approval has as many of its own. */
export function brokenByAttempts(calls: readonly Call[]): string[] {
  const broken: string[] = [];
  for (const named of groups(
    calls.filter(({ challengeId }) => challengeId !== undefined),
    (call) => call.challengeId!,
  )) {
    const wrong = named.filter(isWrong);
    const codes = new Set(wrong.map(({ code }) => code));
    // Until somebody gave another code than the wrong ones there was no approval.
    const perhapsApprovedAt = Math.min(
      ...calls.filter(({ code }) => code && !codes.has(code)).map(({ beganAt }) => beganAt),
    );
    const early = wrong.filter(({ endedAt }) => endedAt < perhapsApprovedAt);
    for (const [some, times] of [[early, 1] as const, [wrong, 2] as const]) {
      if (some.length > times * MAX_ATTEMPTS) broken.push(`${some.length} comparisons: ${tell(some[0]!)}`);
      for (const own of groups(some, ({ ip }) => ip))
        if (own.length > times * MAX_ATTEMPTS_PER_REQUESTER) broken.push(`${own.length} by one: ${tell(own[0]!)}`);
    }
  }
  return broken;
}

/** Invariant 3: ten wrong codes of a requester at a destination, over all its slots and challenges; no history takes an hour. */
export function brokenByBudget({ calls }: Observer): string[] {
  return groups(calls.filter(isWrong), ({ ip, destination }) => `${ip} ${destination}`)
    .filter((wrong) => wrong.length > MAX_ATTEMPTS_PER_HOUR)
    .map((wrong) => `${wrong.length} wrong codes of one requester: ${tell(wrong[0]!)}`);
}

/** Invariant 9: what was told to be right acts in the end, and so does the code that is still pending. */
export function brokenByLoss(
  calls: readonly Call[],
  { place, verified, pending }: Closing,
  messages: number,
): string[] {
  const broken: string[] = [];
  const mayExist = calls.some((call) => isAction(call.operation) && (isDone(call) || isUnknown(call)));
  const isRegistered = ({ outcome }: Call) => place.action === 'register' && outcome === 'ACCOUNT_EXISTS' && mayExist;
  if (verified && verified.then.outcome !== 'OK' && !isRegistered(verified.then) && !mayBeOver(calls, verified.by))
    broken.push(`an approval was lost: ${tell(verified.by)}, then ${tell(verified.then)}`);
  if (!pending) return broken;
  const { attempts, asked, then } = pending;
  const wasAsked = calls.some((call) => call.code === then.code && isUnknown(call));
  // Whoever was refused as a request too many is none of those who asked, for whom the last attempts are kept.
  const isKept = attempts >= MAX_ATTEMPTS - KEPT_ATTEMPTS && !['OK', 'RESEND_TOO_SOON'].includes(asked.outcome);
  const mayBeGone = messages === 0 || wasAsked || isKept;
  if (place.isKnown && then.outcome !== 'OK' && !isRegistered(then) && !mayBeGone)
    broken.push(`a pending code did not work: ${tell(then)} after ${attempts} attempts, asked: ${asked.outcome}`);
  return broken;
}

/** Whether an approval may have ended without its owner's being told: spent, refused too often, or replaced. */
function mayBeOver(calls: readonly Call[], verified: Call): boolean {
  const actions = calls.filter(({ operation }) => isAction(operation));
  const own = actions.filter(({ code }) => code === verified.code);
  const refusals = own.filter((call) => call.outcome === 'ACCOUNT_EXISTS').length;
  const isReplaced = actions.some(
    (call) =>
      call.code !== verified.code &&
      !isWrong(call) &&
      call.outcome !== 'OTP_EXPIRED' &&
      call.endedAt > verified.beganAt,
  );
  return own.some((call) => isDone(call) || isUnknown(call)) || refusals >= 3 || isReplaced;
}

/** Invariants 10 and 11: simultaneous requests get one challenge and one message; never more than five messages. */
export function brokenBySends(
  calls: readonly Call[],
  place: Place,
  { opening }: Played,
  messages: number,
  cooldownMs: number,
): string[] {
  const broken: string[] = [];
  const sent = calls.filter(({ operation, outcome }) => operation === 'send' && outcome === 'OK');
  for (const same of groups(sent, ({ answer }) => String(answer!['challengeId'])))
    if (distinct(same, ({ answer }) => answer!['expiresAt']) > 1) broken.push(`an expiry moved: ${tell(same[0]!)}`);
  const opened = sent.filter(({ endedAt }) => endedAt <= opening.endedAt);
  if (distinct(opened, ({ answer }) => answer!['challengeId']) !== 1)
    broken.push(
      `simultaneous requests got several challenges or none: ${opened.map(tell).join('; ')} at ${place.name}`,
    );
  const isQuick = opening.endedAt - opening.beganAt < cooldownMs;
  const expected = place.isKnown ? 1 : 0;
  const arrived = opening.messages.get(place)!;
  if (!opening.isStruck && isQuick && arrived !== expected)
    broken.push(`${arrived} messages for simultaneous requests at ${place.name}`);
  // As many for strangers as for clients that have proven themselves meanwhile.
  if (messages > 2 * MAX_SENDS) broken.push(`${messages} messages at ${place.name}`);
  return broken;
}

/** Refresh tokens: one successor, and none after every session was ended. */
export function brokenBySessions(calls: readonly Call[]): string[] {
  const broken: string[] = [];
  const refreshed = calls.filter(({ operation, outcome }) => operation === 'refresh' && outcome === 'OK');
  for (const same of groups(refreshed, ({ token }) => token!))
    if (distinct(same, ({ answer }) => answer!['refreshToken']) > 1)
      broken.push(`one token had several successors: ${tell(same[0]!)}`);
  for (const ended of calls.filter(({ operation, outcome }) => operation === 'revokeAll' && outcome === 'OK')) {
    const old = new Set(
      calls.filter(({ endedAt }) => endedAt < ended.beganAt).map(({ answer }) => answer?.['refreshToken']),
    );
    const again = refreshed.find(({ token, beganAt }) => beganAt > ended.endedAt && old.has(token));
    if (again) broken.push(`a session outlived its end: ${tell(again)}`);
  }
  return broken;
}

function tell({ operation, place, outcome, ip, code, beganAt, endedAt }: Call): string {
  return `${operation} at ${place} with ${code ?? 'no code'} by ${ip}: ${outcome} (${Math.round(beganAt)}-${Math.round(endedAt)})`;
}

function groups<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const byKey = new Map<string, T[]>();
  for (const item of items) byKey.set(keyOf(item), [...(byKey.get(keyOf(item)) ?? []), item]);
  return [...byKey.values()];
}

function distinct<T>(items: readonly T[], valueOf: (item: T) => unknown): number {
  return new Set(items.map(valueOf)).size;
}
