import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import { AppError, hasCode } from '../errors.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import { FULL_BUDGET, STREAK_LIFE_MS } from './attempt-budget.ts';
import type { Destination } from './challenge.ts';
import type { DestinationStore, StoredDestination } from './ports.ts';
import { PROOF_LIFE_MS } from './known-client.ts';
import { OneAtATime } from '../one-at-a-time.ts';

/** How long a change is tried while others write to the same destination. */
const CONTENTION_MS = 4_000;
/** How long after its beginning a change still looks whether a write of unknown fate has landed. */
const RECOGNITION_MS = 1_500;
/** The longest pause of one who lost against another process. */
const LOSERS_PAUSE_MS = 20;
/** Between two looks at a destination of which somebody waits for something. */
const LOOK_EVERY_MS = 25;

const NOTHING: Destination = { slots: {}, budget: FULL_BUDGET, messages: [], clients: [] };

/** What a rule has decided: its answer, and the destination after it. The same destination means that nothing is written. */
interface Decision {
  readonly destination: Destination;
}
type Rule<D extends Decision> = (destination: Destination, now: number) => D;

/** A decision that has landed, and the destination as it is stored now; null where nothing is kept. */
export interface Landed<D> {
  readonly decision: D;
  readonly stored: StoredDestination | null;
}

/**
 * Runs the rules on the destinations of a store: load, decide, write if nobody has written meanwhile, else again. Nothing
 * is answered before its write has landed (invariant 2).
 */
export class Destinations {
  readonly #store: DestinationStore;
  readonly #clock: Clock;
  readonly #queues = new OneAtATime();
  readonly #looks = new Map<string, Promise<Destination>>();

  constructor(store: DestinationStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** The destination as it is. @throws AppError SERVICE_UNAVAILABLE */
  async read(id: string): Promise<Destination> {
    return (await this.#store.load(id))?.destination ?? NOTHING;
  }

  /**
   * Changes a destination by a rule. Calls of this process for one destination wait for each other: they would only lose.
   * @param seen what a change of a moment ago left, to spare the reading; null reads
   * @throws AppError OVERLOADED when others kept writing, SERVICE_UNAVAILABLE
   */
  async change<D extends Decision>(
    id: string,
    rule: Rule<D>,
    seen: StoredDestination | null = null,
  ): Promise<Landed<D>> {
    return this.#queues.run(id, () => this.#change(id, rule, seen));
  }

  /**
   * The same as part of a unit of work, which is retried as a whole when somebody else writes meanwhile.
   * @throws Error the driver's, for whoever runs the unit of work
   */
  async changeWithin<D extends Decision>(
    unit: UnitOfWork,
    id: string,
    rule: Rule<D>,
    seen: StoredDestination | null = null,
  ): Promise<D> {
    for (let known = seen; ; known = null) {
      const stored = known ?? (await this.#store.load(id, unit));
      const { decision, write } = this.#decide(stored, rule);
      // That there is nothing to do is said of the destination as it is, not as it was.
      if (!write && known) continue;
      if (!write || (await this.#put(id, stored, write, unit))) return decision;
    }
  }

  /**
   * Waits until a destination is as wished. All who wait for one destination share the looks at it.
   * @returns false when it was not within `patienceMs`
   * @throws AppError SERVICE_UNAVAILABLE
   */
  async waitUntil(
    id: string,
    isSo: (destination: Destination, now: number) => boolean,
    patienceMs: number,
  ): Promise<boolean> {
    const giveUpAt = performance.now() + patienceMs;
    while (performance.now() < giveUpAt) if (isSo(await this.#look(id), this.#clock())) return true;
    return false;
  }

  async #change<D extends Decision>(id: string, rule: Rule<D>, seen: StoredDestination | null): Promise<Landed<D>> {
    const begun = performance.now();
    const unsure = new Map<string, D>();
    for (let known = seen; ; known = null) {
      const stored = known ?? (await this.#store.load(id));
      const landed = stored?.writeIds.find((writeId) => unsure.has(writeId));
      if (landed !== undefined) return { decision: unsure.get(landed)!, stored };
      const { decision, write } = this.#decide(stored, rule);
      // That there is nothing to do is said of the destination as it is, not as it was.
      if (!write && known) continue;
      if (!write) return { decision, stored };
      try {
        const after = await this.#put(id, stored, write);
        if (after) return { decision, stored: after };
      } catch (error) {
        // The write may have landed, or may yet: a further round must not decide a second time on top of it.
        if (!hasCode(error, 'SERVICE_UNAVAILABLE') || performance.now() - begun > RECOGNITION_MS) throw error;
        unsure.set(write.writeId, decision);
      }
      if (performance.now() - begun > CONTENTION_MS) throw contended();
      if (!known) await sleep(Math.random() * LOSERS_PAUSE_MS);
    }
  }

  #decide<D extends Decision>(stored: StoredDestination | null, rule: Rule<D>) {
    const before = stored?.destination ?? NOTHING;
    const now = this.#clock();
    const decision = rule(before, now);
    const { destination } = decision;
    if (destination === before) return { decision, write: null };
    // After this nothing in it counts any more.
    const proofsEnd = destination.clients.map(({ at }) => at + PROOF_LIFE_MS);
    const purgeAt = Math.max(now + STREAK_LIFE_MS, ...proofsEnd);
    return { decision, write: { destination, writeId: randomBytes(9).toString('base64url'), purgeAt } };
  }

  #put(
    id: string,
    stored: StoredDestination | null,
    write: Parameters<DestinationStore['insert']>[1],
    unit?: UnitOfWork,
  ): Promise<StoredDestination | null> {
    return stored ? this.#store.write(id, stored, write, unit) : this.#store.insert(id, write, unit);
  }

  #look(id: string): Promise<Destination> {
    const present = this.#looks.get(id);
    if (present) return present;
    const look = sleep(LOOK_EVERY_MS)
      .then(() => this.read(id))
      .finally(() => this.#looks.delete(id));
    this.#looks.set(id, look);
    return look;
  }
}

function contended(): AppError {
  return new AppError('OVERLOADED', {
    message: 'Too many requests for this destination at once; try again in a moment',
    facts: { retryAfterSeconds: 1 },
    reason: 'a destination kept changing',
  });
}
