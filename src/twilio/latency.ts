import { randomInt } from 'node:crypto';
import { ProviderFailure } from '../otp/provider.ts';

const KEPT = 64;
/** Stands until real calls were timed: what Twilio usually takes. */
const USUAL_MS = [180, 220, 260, 320, 400];

/** The durations of recent calls that Twilio answered; a decoy waits one of them, so that its time tells nothing (invariant 8). */
export class LatencySample {
  readonly #durations: number[] = [];

  /** Runs a call and remembers how long it took; one that never reached Twilio (breaker open, refused) tells nothing of it. */
  async time<T>(call: () => Promise<T>): Promise<T> {
    const started = performance.now();
    try {
      const answer = await call();
      this.#remember(performance.now() - started);
      return answer;
    } catch (error) {
      const reached = !(error instanceof ProviderFailure && error.reach === 'none');
      if (reached) this.#remember(performance.now() - started);
      throw error;
    }
  }

  #remember(duration: number): void {
    this.#durations.push(duration);
    if (this.#durations.length > KEPT) this.#durations.shift();
  }

  /** Waits as long as one of the recent calls did. */
  async wait(): Promise<void> {
    const from = this.#durations.length > 0 ? this.#durations : USUAL_MS;
    await new Promise((resolve) => setTimeout(resolve, from[randomInt(from.length)]));
  }
}
