import { isBy, nameOf, type Caller } from './known-client.ts';

/** Attempts that close a destination for one requester, and the time in which they count. */
export const MAX_ATTEMPTS_PER_HOUR = 10;
export const ATTEMPT_WINDOW_MS = 3_600_000;
/** Wrong codes in a row, by anybody, that close a destination (NIST SP 800-63B-4), and for how long. */
export const MAX_WRONG_IN_A_ROW = 100;
export const STREAK_LIFE_MS = 86_400_000;

/** Wrong codes in a row, and when the last was. */
interface Streak {
  readonly wrong: number;
  readonly at: number;
}

/** Attempts at one destination, over all slots and challenges: a new code does not refill them (invariant 3). */
export interface AttemptBudget {
  /** By whom, as `nameOf` has it. */
  readonly attempts: readonly { readonly by: string; readonly at: number }[];
  /** Those of clients that never proved themselves here, and those of the others: strangers close it for strangers. */
  readonly strangers: Streak;
  readonly known: Streak;
}

const NO_STREAK: Streak = { wrong: 0, at: 0 };
export const FULL_BUDGET: AttemptBudget = { attempts: [], strangers: NO_STREAK, known: NO_STREAK };

/** True when wrong codes have closed the destination, for this requester or for all of its kind. */
export function isClosed(budget: AttemptBudget, by: Caller, now: number): boolean {
  return left(budget, by, now) <= 0;
}

/** How many attempts a requester may still spend at this destination, whatever its challenges allow. */
export function left(budget: AttemptBudget, by: Caller, now: number): number {
  const own = budget.attempts.filter((attempt) => isBy(attempt.by, by) && attempt.at > now - ATTEMPT_WINDOW_MS).length;
  return Math.min(MAX_ATTEMPTS_PER_HOUR - own, MAX_WRONG_IN_A_ROW - wrongIn(budget[streakOf(by)], now));
}

/** When a closed destination opens again for a requester (milliseconds since the epoch). */
export function opensAt(budget: AttemptBudget, by: Caller, now: number): number {
  const streak = budget[streakOf(by)];
  if (wrongIn(streak, now) >= MAX_WRONG_IN_A_ROW) return streak.at + STREAK_LIFE_MS;
  const own = budget.attempts.filter((attempt) => isBy(attempt.by, by)).map(({ at }) => at);
  return Math.min(...own.slice(-MAX_ATTEMPTS_PER_HOUR)) + ATTEMPT_WINDOW_MS;
}

/** The budget after one attempt more: it counts as wrong until it turns out right. */
export function spend(budget: AttemptBudget, by: Caller, now: number): AttemptBudget {
  const recent = budget.attempts.filter(({ at }) => at > now - ATTEMPT_WINDOW_MS);
  const streak = { wrong: wrongIn(budget[streakOf(by)], now) + 1, at: now };
  return { ...budget, attempts: [...recent, { by: nameOf(by), at: now }], [streakOf(by)]: streak };
}

/** The budget after an attempt turned out right: it was no wrong one, and it ends the rows of them. */
export function forgive(budget: AttemptBudget, by: Caller, at: number): AttemptBudget {
  return endStreak(without(budget, by, at));
}

/** The budget after an attempt that was never made. */
export function refund(budget: AttemptBudget, by: Caller, at: number): AttemptBudget {
  const { wrong, at: last } = budget[streakOf(by)];
  return { ...without(budget, by, at), [streakOf(by)]: { wrong: Math.max(0, wrong - 1), at: last } };
}

/** The budget after a code was right that nobody had counted. */
export function endStreak(budget: AttemptBudget): AttemptBudget {
  const { strangers, known } = budget;
  if (strangers.wrong === 0 && known.wrong === 0) return budget;
  return { ...budget, strangers: { ...strangers, wrong: 0 }, known: { ...known, wrong: 0 } };
}

function streakOf({ isKnown }: Caller): 'strangers' | 'known' {
  return isKnown ? 'known' : 'strangers';
}

function wrongIn({ wrong, at }: Streak, now: number): number {
  return at > now - STREAK_LIFE_MS ? wrong : 0;
}

function without(budget: AttemptBudget, by: Caller, instant: number): AttemptBudget {
  const name = nameOf(by);
  const index = budget.attempts.findIndex((attempt) => attempt.by === name && attempt.at === instant);
  return index < 0 ? budget : { ...budget, attempts: budget.attempts.toSpliced(index, 1) };
}
