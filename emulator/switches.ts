import { type Behavior, defaultBehavior, parseBehaviorChange, type ScriptedError } from './behavior.ts';
import type { Kind } from './records.ts';

/** The current behavior, and the only way to change it. */
export class Switches {
  #behavior = defaultBehavior();

  get behavior(): Behavior {
    return structuredClone(this.#behavior);
  }

  /** Applies the whole change or, when any part of it is invalid, nothing. */
  set(change: unknown): Behavior {
    this.#behavior = { ...this.#behavior, ...parseBehaviorChange(change) };
    return this.behavior;
  }

  reset(): Behavior {
    this.#behavior = defaultBehavior();
    return this.behavior;
  }

  /** The error this call has to answer with, if any; uses up one of its times. */
  takeError(kind: Kind): ScriptedError | null {
    const { error } = this.#behavior;
    if (!error || (error.on !== 'any' && error.on !== kind)) return null;
    if (error.times !== null) {
      this.#behavior.error = error.times > 1 ? { ...error, times: error.times - 1 } : null;
    }
    return error;
  }
}
