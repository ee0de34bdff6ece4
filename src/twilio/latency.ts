import { randomInt } from 'node:crypto';
import { ProviderFailure } from '../otp/provider.ts';

const KEPT = 64;
/** Twilio's time of a while ago tells little of its time now: older ones stand in only where there are no others. */
const RECENT_MS = 60_000;
/** Stands until real calls were timed: what Twilio usually takes. */
const USUAL_MS = [180, 220, 260, 320, 400];

/** The durations of recent calls that Twilio answered; a decoy waits one of them, so that its time tells nothing (invariant 8). */
export class LatencySample {
  readonly #calls: { readonly ms: number; readonly at: number }[] = [];

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

  /** Waits as long as one of the recent calls did. */
  async wait(): Promise<void> {
    const since = performance.now() - RECENT_MS;
    const recent = this.#calls.filter(({ at }) => at >= since);
    const known = (recent.length > 0 ? recent : this.#calls).map(({ ms }) => ms);
    const from = known.length > 0 ? known : USUAL_MS;
    await new Promise((resolve) => setTimeout(resolve, from[randomInt(from.length)]));
  }
}
