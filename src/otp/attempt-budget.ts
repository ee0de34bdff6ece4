/** Attempts that close a destination for one requester, and the time in which they count. */
export const MAX_ATTEMPTS_PER_HOUR = 10;
export const ATTEMPT_WINDOW_MS = 3_600_000;
/** Wrong codes in a row, by anybody, that close a destination (NIST SP 800-63B-4), and for how long. */
export const MAX_WRONG_IN_A_ROW = 100;
export const STREAK_LIFE_MS = 86_400_000;

/** Attempts at one destination, over all slots and challenges: a new code does not refill them (invariant 3). */
export interface AttemptBudget {
  readonly attempts: readonly { readonly by: string; readonly at: number }[];
  /** Wrong ones in a row, by anybody, and when the last was. */
  readonly streak: number;
  readonly streakAt: number;
}

export const FULL_BUDGET: AttemptBudget = { attempts: [], streak: 0, streakAt: 0 };

/** True when wrong codes have closed the destination, for this requester or for everybody. */
export function isClosed(budget: AttemptBudget, requesterId: string, now: number): boolean {
  return left(budget, requesterId, now) <= 0;
}

/** How many attempts a requester may still spend at this destination, whatever its challenges allow. */
export function left(budget: AttemptBudget, requesterId: string, now: number): number {
  const own = budget.attempts.filter(({ by, at }) => by === requesterId && at > now - ATTEMPT_WINDOW_MS).length;
  return Math.min(MAX_ATTEMPTS_PER_HOUR - own, MAX_WRONG_IN_A_ROW - currentStreak(budget, now));
}

/** When a closed destination opens again for a requester (milliseconds since the epoch). */
export function opensAt(budget: AttemptBudget, requesterId: string, now: number): number {
  if (currentStreak(budget, now) >= MAX_WRONG_IN_A_ROW) return budget.streakAt + STREAK_LIFE_MS;
  const own = budget.attempts.filter(({ by }) => by === requesterId).map(({ at }) => at);
  return Math.min(...own.slice(-MAX_ATTEMPTS_PER_HOUR)) + ATTEMPT_WINDOW_MS;
}

/** The budget after one attempt more: it counts as wrong until it turns out right. */
export function spend(budget: AttemptBudget, requesterId: string, now: number): AttemptBudget {
  const recent = budget.attempts.filter(({ at }) => at > now - ATTEMPT_WINDOW_MS);
  return {
    attempts: [...recent, { by: requesterId, at: now }],
    streak: currentStreak(budget, now) + 1,
    streakAt: now,
  };
}

/** The budget after an attempt turned out right: it was no wrong one, and it ends the row of them. */
export function forgive(budget: AttemptBudget, requesterId: string, at: number): AttemptBudget {
  return { ...without(budget, requesterId, at), streak: 0 };
}

/** The budget after an attempt that was never made. */
export function refund(budget: AttemptBudget, requesterId: string, at: number): AttemptBudget {
  return { ...without(budget, requesterId, at), streak: Math.max(0, budget.streak - 1) };
}

/** The budget after a code was right that nobody had counted. */
export function endStreak(budget: AttemptBudget): AttemptBudget {
  return budget.streak === 0 ? budget : { ...budget, streak: 0 };
}

function currentStreak(budget: AttemptBudget, now: number): number {
  return budget.streakAt > now - STREAK_LIFE_MS ? budget.streak : 0;
}

function without(budget: AttemptBudget, requesterId: string, instant: number): AttemptBudget {
  const index = budget.attempts.findIndex(({ by, at }) => by === requesterId && at === instant);
  return index < 0 ? budget : { ...budget, attempts: budget.attempts.toSpliced(index, 1) };
}
