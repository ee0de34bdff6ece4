import { randomInt } from 'node:crypto';
import { ProviderFailure } from '../otp/provider.ts';

const KEPT = 64;
/** Twilio's time of a while ago tells little of its time now: older ones stand in only where there are too few others. */
const RECENT_MS = 60_000;
/** Of fewer a stranger may have made each, and know how long it took. */
const FEWEST = 8;
/** Stands until real calls were timed: what Twilio usually takes. */
const USUAL_MS = [180, 220, 260, 320, 400];
/** By how many thousandths a decoy takes more or less than the call that it follows. */
const SPREAD = 100;

/** A call that Twilio answered: how long it took, and when it had ended. */
interface TimedCall {
  readonly ms: number;
  readonly at: number;
}

/** How long recent calls took that Twilio answered; a decoy takes about as long, so that its time tells nothing (invariant 8). */
export class LatencySample {
  readonly #calls: TimedCall[] = [];

  /** Runs a call and remembers how long it took; one that never reached Twilio tells nothing of it. */
  async time<T>(call: () => Promise<T>): Promise<T> {
    const started = performance.now();
    try {
      const answer = await call();
      this.#remember(started);
      return answer;
    } catch (error) {
      const reached = !(error instanceof ProviderFailure && error.reach === 'none');
      if (reached) this.#remember(started);
      throw error;
    }
  }

  #remember(started: number): void {
    const at = performance.now();
    this.#calls.push({ ms: at - started, at });
    if (this.#calls.length > KEPT) this.#calls.shift();
  }

  /** Takes as long as a decoy shall. */
  async wait(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, decoyMs(this.#calls, performance.now())));
  }
}

/**
 * How long a decoy takes: about as long as one of the recent calls, at random. Never just as long: who has made that call,
 * for a number of their own, knows its time and would find it again.
 * @param calls those that were timed, the oldest first
 * @param now on their clock, in milliseconds
 * @returns milliseconds
 */
export function decoyMs(calls: readonly TimedCall[], now: number): number {
  const recent = calls.filter(({ at }) => at >= now - RECENT_MS);
  const known = (recent.length >= FEWEST ? recent : calls.slice(-FEWEST)).map(({ ms }) => ms);
  const from = known.length > 0 ? known : USUAL_MS;
  return (from[randomInt(from.length)]! * (1_000 + randomInt(-SPREAD, SPREAD + 1))) / 1_000;
}
