import { randomBytes, randomInt } from 'node:crypto';
import fc from 'fast-check';
import pLimit from 'p-limit';
import type { Connection } from 'mongoose';
import { openConnection } from '../../../src/mongo/connection.ts';
import { policies } from '../arbitraries.ts';
import { sharedMongodUri } from '../shared-mongod.ts';
import type { ProviderKind, Setting } from './actor.ts';
import { playHistory, type Event } from './history.ts';
import { histories, type Step } from './steps.ts';

/** Histories that go on at the same time: while one waits for the database, another one decides. */
const AT_ONCE = 16;
/** How long a shorter history is looked for that fails too. */
const SHRINKING_MS = 30_000;

/** A history as it went. */
export interface Played extends Setting {
  readonly events: readonly Event[];
}

const arbitrary = fc.tuple(
  policies,
  fc.constantFrom<ProviderKind>('local', 'local', 'twilio', 'twilio, one service'),
  histories,
);
type Planned = readonly [Setting['policy'], ProviderKind, readonly Step[]];

/** Random histories that are played once, for many properties to be checked on them. */
export class Recorded {
  readonly #connection: Connection;
  readonly #played = new Map<string, Promise<Played>>();
  readonly #limit = pLimit(AT_ONCE);
  readonly #seed: number;
  readonly #count: number;

  private constructor(connection: Connection, seed: number, count: number) {
    this.#connection = connection;
    this.#seed = seed;
    this.#count = count;
  }

  /** Plays so many histories on a database of their own. @param seed the same seed gives the same histories */
  static async play(count: number, seed = randomInt(2 ** 31)): Promise<Recorded> {
    const uri = sharedMongodUri(`otpql_${randomBytes(6).toString('hex')}`);
    const recorded = new Recorded(await openConnection(uri), seed, count);
    const planned = fc.sample(arbitrary, { seed, numRuns: count });
    await Promise.all(planned.map((plan) => recorded.#limit(() => recorded.#play(plan))));
    return recorded;
  }

  /** Checks a property of every history; a failure prints the seed, and a short history that fails too. */
  async every(holds: (played: Played) => void): Promise<void> {
    let giveUpAt = Infinity;
    const property = fc.asyncProperty(arbitrary, async (plan) => {
      // Shorter histories have to be played first; that must not outlast the test.
      if (performance.now() > giveUpAt) return;
      const played = await this.#play(plan);
      try {
        holds(played);
      } catch (error) {
        if (giveUpAt === Infinity) giveUpAt = performance.now() + SHRINKING_MS;
        throw error;
      }
    });
    await fc.assert(property, { seed: this.#seed, numRuns: this.#count });
  }

  async close(): Promise<void> {
    await this.#connection.db!.dropDatabase();
    await this.#connection.close();
  }

  /** Shrinking makes new ones; those of the seed are there. */
  #play(plan: Planned): Promise<Played> {
    const name = fc.stringify(plan);
    const known = this.#played.get(name);
    if (known) return known;
    const [policy, provider, steps] = plan;
    const setting = { policy, provider, hasUser: true };
    const played = playHistory(this.#connection, setting, steps).then((events) => ({ ...setting, events }));
    this.#played.set(name, played);
    return played;
  }
}
