import { randomInt } from 'node:crypto';

const KEPT = 64;
/** Stands until real calls were timed: what Twilio usually takes. */
const USUAL_MS = [180, 220, 260, 320, 400];

/** The durations of recent calls; a decoy waits one of them, so that its time tells nothing (invariant 8). */
export class LatencySample {
  readonly #durations: number[] = [];

  /** Runs a call and remembers how long it took, whether it succeeded or not. */
  async time<T>(call: () => Promise<T>): Promise<T> {
    const started = performance.now();
    try {
      return await call();
    } finally {
      this.#durations.push(performance.now() - started);
      if (this.#durations.length > KEPT) this.#durations.shift();
    }
  }

  /** Waits as long as one of the recent calls did. */
  async wait(): Promise<void> {
    const from = this.#durations.length > 0 ? this.#durations : USUAL_MS;
    await new Promise((resolve) => setTimeout(resolve, from[randomInt(from.length)]));
  }
}
