/** Nothing that waits for nobody looks at the clock more often, the provider that it asks included. */
const MOST_LOOKS = 32;
/** Longer than anything that is waited for. */
const LEAP_MS = 11_000;

/**
 * A clock that stands still until a test moves it, and moves on by itself when somebody waits: whoever looks at it again
 * and again within one step is waiting for something to lapse.
 */
export class WaitingClock {
  #now: number;
  #looks = 0;

  constructor(start: number) {
    this.#now = start;
  }

  readonly now = (): number => {
    this.#looks += 1;
    if (this.#looks > MOST_LOOKS) this.#now += LEAP_MS;
    return this.#now;
  };

  /** Begins a step after a pause. */
  advance(ms: number): void {
    this.#looks = 0;
    this.#now += ms;
  }

  /** The instant, without its being a look. */
  get instant(): number {
    return this.#now;
  }
}
