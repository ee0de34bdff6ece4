import type { Clock } from './clock.ts';

/** A machine whose clock is further off than this is not ready to serve. */
export const MAX_APART_MS = 30_000;
const COMPARE_EVERY_MS = 60_000;
/** The one with the shortest way there and back tells most. */
const SAMPLES = 5;

/** The two clocks that are compared. */
export interface TimeSources {
  readonly machine: Clock;
  /** What the database's clock says (milliseconds since the epoch). */
  readonly database: () => Promise<number>;
}

interface Parts extends TimeSources {
  /** Told of each comparison: how far the machine's clock is ahead of the database's (ms, negative when it is behind). */
  readonly onCompared: (aheadMs: number) => void;
  /** Told when the database could not be asked; the last offset stays. */
  readonly onFailed: (error: unknown) => void;
}

/**
 * Tells the time of the database, so that every instance decides by one clock: each corrects its machine's by what it
 * measured at start, and measures again every minute. Time never runs backwards; where a correction would turn it back, it
 * stands still until the database's clock has caught up.
 */
export class Timekeeper {
  readonly #parts: Parts;
  #offsetMs = 0;
  #latest = 0;
  #timer: NodeJS.Timeout | undefined;

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Compares the clocks, and from then on every minute.
   * @throws AppError SERVICE_UNAVAILABLE when the database cannot be asked now
   */
  static async start(parts: Parts): Promise<Timekeeper> {
    const keeper = new Timekeeper(parts);
    await keeper.#compare();
    keeper.#timer = setInterval(() => void keeper.#compare().catch(parts.onFailed), COMPARE_EVERY_MS).unref();
    return keeper;
  }

  readonly now: Clock = () => {
    this.#latest = Math.max(this.#latest, this.#corrected());
    return this.#latest;
  };

  /** How far apart the clocks are (ms): the machine's as it was measured, or the time that is told while it stands still. */
  apartMs(): number {
    return Math.max(Math.abs(this.#offsetMs), this.now() - this.#corrected());
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #compare(): Promise<void> {
    this.#offsetMs = await measureOffset(this.#parts);
    this.#parts.onCompared(-this.#offsetMs);
  }

  #corrected(): number {
    return this.#parts.machine() + this.#offsetMs;
  }
}

/**
 * How far the database's clock is ahead of the machine's (ms, negative when it is behind): what it said, against the middle
 * of the way there and back, as NTP does (RFC 5905 section 8).
 * @throws what `database` throws
 */
export async function measureOffset({ machine, database }: TimeSources): Promise<number> {
  let best = { tripMs: Infinity, offsetMs: 0 };
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    const sentAt = machine();
    const told = await database();
    const tripMs = Math.abs(machine() - sentAt);
    if (tripMs < best.tripMs) best = { tripMs, offsetMs: told - sentAt - tripMs / 2 };
  }
  return Math.round(best.offsetMs);
}
