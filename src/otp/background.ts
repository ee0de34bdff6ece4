import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode } from '../errors.ts';

/** Between two tries of a write that the database could not take. */
const AGAIN_AFTER_MS = 250;

/** Work that goes on after its request was answered. */
export class Background {
  readonly #running = new Set<Promise<unknown>>();
  readonly #onFailure: (error: unknown) => void;

  /** @param onFailure told of work that failed: nobody waits for it any more */
  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure;
  }

  /** Lets work go on; `drain` waits for it. */
  track(work: Promise<unknown>): void {
    const tracked: Promise<unknown> = work.catch(this.#onFailure).finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }

  /**
   * Makes a write that must not be lost, as soon as the database can take it.
   * @param lifeMs after which it would be of no use any more
   */
  persist(write: () => Promise<unknown>, lifeMs: number): void {
    this.track(untilTaken(write, performance.now() + lifeMs));
  }

  /** Waits for all of it; call it at shutdown. */
  async drain(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }
}

async function untilTaken(write: () => Promise<unknown>, giveUpAt: number): Promise<void> {
  for (;;) {
    try {
      await write();
      return;
    } catch (error) {
      const mayBeTaken = hasCode(error, 'SERVICE_UNAVAILABLE', 'OVERLOADED');
      if (!mayBeTaken || performance.now() >= giveUpAt) throw error;
      await sleep(AGAIN_AFTER_MS);
    }
  }
}
