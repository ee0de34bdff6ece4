// The rules run on a real database: load, decide, write if nobody has written meanwhile, else again (invariant 2).
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { FULL_BUDGET, STREAK_LIFE_MS } from '../../src/otp/attempt-budget.ts';
import type { Destination } from '../../src/otp/challenge.ts';
import { Destinations } from '../../src/otp/destinations.ts';
import type { StoredDestination } from '../../src/otp/ports.ts';
import { countCommands } from '../support/command-counter.ts';
import { startMongoProxy, type Handler, type MongoProxy } from '../support/mongo-proxy.ts';
import { mongoStore, type StoreUnderTest } from '../support/stores.ts';
import { NOTHING, START } from './examples.ts';

let under: StoreUnderTest;
let other: StoreUnderTest;
let destinations: Destinations;
let elsewhere: Destinations;
let proxy: MongoProxy;
let id: string;

beforeAll(async () => {
  under = await mongoStore();
  proxy = await startMongoProxy(under.uri);
  // Another process, as it were: with a connection and queues of its own.
  other = await mongoStore(proxy.uri);
  destinations = new Destinations(under.store, () => START);
  elsewhere = new Destinations(other.store, () => START);
});
afterAll(async () => {
  await other.connection.close();
  await proxy.close();
  await under.close();
});
beforeEach(() => {
  id = randomUUID();
});

/** A rule that leaves its name, and tells which names it found. */
const sign = (by: string) => (destination: Destination) => {
  const { budget } = destination;
  const found = budget.attempts.map((attempt) => attempt.by);
  return {
    destination: { ...destination, budget: { ...budget, attempts: [...budget.attempts, { by, at: START }] } },
    found,
  };
};
const look = (destination: Destination) => ({ destination, found: destination.budget.attempts.length });
const namesIn = (destination: Destination) => destination.budget.attempts.map(({ by }) => by);
const rawDocument = () => under.connection.db!.collection<{ _id: string }>('challenges').findOne({ _id: id });

/** The commands of one of the connections while something runs. */
async function commandsOf(store: StoreUnderTest, work: () => Promise<unknown>): Promise<string[]> {
  const counter = countCommands({ db: store.connection.db! });
  try {
    await work();
    return counter.take().map(({ name }) => name);
  } finally {
    counter.close();
  }
}

describe('a change', () => {
  test('of a destination that is not there makes it, and of one that is there changes it', async () => {
    const first = await destinations.change(id, sign('first'));
    expect(first.decision.found).toEqual([]);
    const second = await destinations.change(id, sign('second'));
    expect(second.decision.found).toEqual(['first']);
    expect(namesIn(await destinations.read(id))).toEqual(['first', 'second']);
    expect(second.stored?.destination).toEqual(await destinations.read(id));
  });

  test('gets the instant of its decision, after which nothing in the destination counts in a day', async () => {
    const { decision } = await destinations.change(id, (destination, now) => ({ ...sign('one')(destination), now }));
    expect(decision.now).toBe(START);
    expect(await rawDocument()).toMatchObject({ purgeAt: new Date(START + STREAK_LIFE_MS) });
  });

  test('is one reading and one writing', async () => {
    const direct = await aloneOn();
    const alone = new Destinations(direct.store, () => START);
    const change = (by: string) => () => alone.change(id, sign(by));
    expect(await commandsOf(direct, change('first'))).toEqual(['find', 'insert']);
    expect(await commandsOf(direct, change('second'))).toEqual(['find', 'update']);
    await direct.close();
  });

  test('that changes nothing writes nothing, whether anything is kept or not', async () => {
    const direct = await aloneOn();
    const alone = new Destinations(direct.store, () => START);
    const looked = async () => {
      const { decision, stored } = await alone.change(id, look);
      expect([decision.found, stored?.version]).toEqual([kept ? 1 : 0, kept ? 1 : undefined]);
    };
    let kept = false;
    expect(await commandsOf(direct, looked)).toEqual(['find']);
    expect(await alone.read(id)).toEqual(NOTHING);
    await alone.change(id, sign('one'));
    kept = true;
    expect(await commandsOf(direct, looked)).toEqual(['find']);
    await direct.close();
  });

  test('of what was stored a moment ago reads nothing', async () => {
    const direct = await aloneOn();
    const alone = new Destinations(direct.store, () => START);
    let seen: StoredDestination | null = (await alone.change(id, sign('first'))).stored;
    for (const by of ['second', 'third']) {
      const commands = await commandsOf(direct, async () => {
        ({ stored: seen } = await alone.change(id, sign(by), seen));
      });
      expect(commands).toEqual(['update']);
    }
    expect(namesIn(await alone.read(id))).toEqual(['first', 'second', 'third']);
    await direct.close();
  });

  test('whose rule fails writes nothing and holds up nobody', async () => {
    const failing = destinations.change(id, () => {
      throw new Error('a rule failed');
    });
    const next = destinations.change(id, sign('next'));
    await expect(failing).rejects.toThrow('a rule failed');
    expect((await next).decision.found).toEqual([]);
  });
});

/** A database of its own, so that its commands are told from the others'. */
const aloneOn = () => mongoStore();

describe('one who lost against another', () => {
  const overtaken: Handler = async (exchange) => {
    await destinations.change(id, sign('the faster'));
    exchange.answer(await exchange.forward());
  };

  test('decides again, on what the other left', async () => {
    await destinations.change(id, sign('first'));
    proxy.intercept('update', overtaken);
    const { decision, stored } = await elsewhere.change(id, sign('the slower'));
    expect(decision.found).toEqual(['first', 'the faster']);
    expect(namesIn(await destinations.read(id))).toEqual(['first', 'the faster', 'the slower']);
    expect(stored?.version).toBe(3);
  });

  test('decides again where both found nothing', async () => {
    proxy.intercept('insert', overtaken);
    const { decision } = await elsewhere.change(id, sign('the slower'));
    expect(decision.found).toEqual(['the faster']);
    expect(namesIn(await destinations.read(id))).toEqual(['the faster', 'the slower']);
  });

  test('decides again where what was seen a moment ago is no longer so', async () => {
    const { stored } = await destinations.change(id, sign('first'));
    await elsewhere.change(id, sign('second'));
    const { decision } = await destinations.change(id, sign('third'), stored);
    expect(decision.found).toEqual(['first', 'second']);
  });

  test('decides on nothing where the destination has been purged meanwhile', async () => {
    const { stored } = await destinations.change(id, sign('first'));
    await under.connection.db!.collection<{ _id: string }>('challenges').deleteOne({ _id: id });
    const { decision } = await destinations.change(id, sign('second'), stored);
    expect(decision.found).toEqual([]);
    expect(namesIn(await destinations.read(id))).toEqual(['second']);
  });

  test('can decide that there is nothing to write any more', async () => {
    await destinations.change(id, sign('first'));
    proxy.intercept('update', overtaken);
    const onlyOnce = (destination: Destination) =>
      namesIn(destination).includes('the faster') ? { destination, found: null } : sign('the slower')(destination);
    const { decision } = await elsewhere.change(id, onlyOnce);
    expect(decision.found).toBeNull();
    expect(namesIn(await destinations.read(id))).toEqual(['first', 'the faster']);
  });

  test('gives up after a few seconds of losing, and says when to come again', async () => {
    await destinations.change(id, sign('first'));
    proxy.intercept('update', ...Array.from({ length: 5_000 }, () => overtaken));
    const begun = performance.now();
    await expect(elsewhere.change(id, sign('the slower'))).rejects.toMatchObject({
      code: 'OVERLOADED',
      facts: { retryAfterSeconds: 1 },
    });
    expect(performance.now() - begun).toBeLessThan(8_000);
    expect(namesIn(await destinations.read(id))).not.toContain('the slower');
    proxy.spare('update');
  });
});

describe('400 changes of one destination at once', () => {
  /** A rule that counts, and tells how far others had come. */
  const count = (destination: Destination) => {
    const { budget } = destination;
    const { wrong } = budget.strangers;
    const strangers = { wrong: wrong + 1, at: START };
    return { destination: { ...destination, budget: { ...budget, strangers } }, found: wrong };
  };
  const numbers = Array.from({ length: 400 }, (_, index) => index);

  test('all land, in their order, and none loses against the others of its process', async () => {
    const direct = await aloneOn();
    const alone = new Destinations(direct.store, () => START);
    const commands = await commandsOf(direct, async () => {
      const landed = await Promise.all(numbers.map(() => alone.change(id, count)));
      expect(landed.map(({ decision }) => decision.found)).toEqual(numbers);
    });
    expect((await alone.read(id)).budget.strangers.wrong).toBe(400);
    const sent = (name: string) => commands.filter((command) => command === name).length;
    expect([sent('find'), sent('insert'), sent('update'), commands.length]).toEqual([400, 1, 399, 800]);
    await direct.close();
  });

  test('all land once, from two processes', async () => {
    const landed = await Promise.all(
      numbers.map((index) => (index % 2 === 0 ? destinations : elsewhere).change(id, count)),
    );
    expect(landed.map(({ decision }) => decision.found).sort((a, b) => a - b)).toEqual(numbers);
    expect((await destinations.read(id)).budget.strangers.wrong).toBe(400);
  });

  test('hold up no other destination', async () => {
    let isOver = false;
    const crowd = Promise.all(numbers.slice(0, 50).map(() => destinations.change(id, count))).then(() => {
      isOver = true;
    });
    await destinations.change(randomUUID(), count);
    expect(isOver).toBe(false);
    await crowd;
  });
});

describe('waiting', () => {
  const hasSigned = (by: string) => (destination: Destination) => namesIn(destination).includes(by);

  test('ends when the destination is as wished, whoever has changed it', async () => {
    const waiting = destinations.waitUntil(id, hasSigned('the other'), 5_000);
    await elsewhere.change(id, sign('somebody'));
    await elsewhere.change(id, sign('the other'));
    expect(await waiting).toBe(true);
  });

  test('ends when one may wait no longer', async () => {
    const begun = performance.now();
    expect(await destinations.waitUntil(id, hasSigned('nobody'), 200)).toBe(false);
    expect(performance.now() - begun).toBeGreaterThanOrEqual(200);
    expect(performance.now() - begun).toBeLessThan(2_000);
  });

  test('looks at the clock, too', async () => {
    let now = START;
    const clocked = new Destinations(under.store, () => now);
    const waiting = clocked.waitUntil(id, (_destination, at) => at >= START + 10_000, 5_000);
    await sleep(100);
    now = START + 10_000;
    expect(await waiting).toBe(true);
  });

  test('of many for one destination is one look at a time for all of them', async () => {
    const direct = await aloneOn();
    const alone = new Destinations(direct.store, () => START);
    const commands = await commandsOf(direct, async () => {
      const waiting = Array.from({ length: 50 }, (_, index) =>
        alone.waitUntil(id, hasSigned(index % 2 === 0 ? 'one' : 'nobody'), 500),
      );
      await sleep(100);
      await alone.change(id, sign('one'));
      const ended = await Promise.all(waiting);
      expect(ended.filter(Boolean)).toHaveLength(25);
    });
    // Alone each of the 50 would look 20 times.
    expect(commands.length).toBeLessThanOrEqual(25);
    expect(commands.length).toBeGreaterThan(2);
    await direct.close();
  });
});

test('a destination that nobody has asked about is empty, and asking leaves nothing', async () => {
  expect(await destinations.read(id)).toEqual({ slots: {}, budget: FULL_BUDGET, messages: [], clients: [] });
  expect(await rawDocument()).toBeNull();
});
