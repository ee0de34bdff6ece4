/** Tells the present in milliseconds since the epoch. Every limit and expiry is decided by it, so that tests can set it. */
export type Clock = () => number;

/** The machine's own clock. Nothing is decided by it as it is: see `src/timekeeper.ts`. */
export const machineClock: Clock = () => Date.now();

/** Whole seconds from `nowMs` until `untilMs`, at least 1: what `Retry-After` and `retryAfterSeconds` say. */
export function secondsUntil(untilMs: number, nowMs: number): number {
  return Math.max(1, Math.ceil((untilMs - nowMs) / 1000));
}
