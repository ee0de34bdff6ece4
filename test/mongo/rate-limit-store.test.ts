// The package behind @rateLimit reads, compares, then writes: 200 parallel calls all pass. The store decides and counts
// each bucket in one write, so that a limit of five lets five pass, however many come at once.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { randomBytes, randomUUID } from 'node:crypto';
import type { Connection } from 'mongoose';
import type { BucketRule } from '../../src/limits/rate-limit.ts';
import { openConnection } from '../../src/mongo/connection.ts';
import { MongoRateLimitStore } from '../../src/mongo/rate-limit-store.ts';
import { Keyring } from '../../src/keyring.ts';
import { START } from '../support/arbitraries.ts';
import { FakeClock } from '../support/server.ts';
import { sharedMongodUri } from '../support/shared-mongod.ts';

const WINDOW_MS = 60_000;
const HOUR_MS = 3_600_000;
const rule = (max: number, windowMs = WINDOW_MS, perClient = false, refundable = false): BucketRule => ({
  max,
  windowMs,
  perClient,
  refundable,
});

let connection: Connection;
let clock: FakeClock;
let store: MongoRateLimitStore;
let bucket: string;
beforeAll(async () => {
  connection = await openConnection(sharedMongodUri(`otpql_${randomBytes(6).toString('hex')}`));
});
afterAll(async () => {
  await connection.db!.dropDatabase();
  await connection.close();
});
beforeEach(async () => {
  clock = new FakeClock(START);
  store = new MongoRateLimitStore(connection.db!, new Keyring('secret'), clock.now);
  await store.prepare();
  await documents().deleteMany({});
  bucket = randomUUID();
});

const documents = () => connection.db!.collection('rateLimits');
const reserve = (rules: BucketRule[], client = 'client', name = bucket) => store.reserve(client, [{ name, rules }]);
const passes = async (rules: BucketRule[], client?: string, name?: string) =>
  (await reserve(rules, client, name)) === null;
/** How many of this many calls at once pass. */
async function passing(count: number, rules: BucketRule[], client: (index: number) => string = () => 'client') {
  const answers = await Promise.all(Array.from({ length: count }, (_, index) => passes(rules, client(index))));
  return answers.filter(Boolean).length;
}

test.each([1, 5, 20, 199])('exactly %d of 200 parallel calls pass', async (max) => {
  expect(await passing(200, [rule(max)], (index) => `client-${index % 7}`)).toBe(max);
});

test('exactly as many pass where calls are counted coarsely', async () => {
  expect(await passing(250, [rule(201)])).toBe(201);
});

test.each([
  [-1, false],
  [0, true],
  [1, true],
])('%d ms from the end of its window a call is free again: %s', async (beside, free) => {
  expect(await passes([rule(1)])).toBe(true);
  clock.advance(WINDOW_MS + beside);
  expect(await passes([rule(1)])).toBe(free);
});

test('the window slides: each call is free by itself', async () => {
  for (const at of [0, 10, 20]) {
    clock.set(START + at);
    expect(await passes([rule(3)])).toBe(true);
  }
  clock.set(START + WINDOW_MS);
  expect([await passes([rule(3)]), await passes([rule(3)])]).toEqual([true, false]);
  clock.set(START + WINDOW_MS + 10);
  expect([await passes([rule(3)]), await passes([rule(3)])]).toEqual([true, false]);
});

test('a refused call tells when the oldest call is free, and does not prolong the window', async () => {
  await reserve([rule(2)]);
  clock.advance(1_000);
  await reserve([rule(2)]);
  for (const at of [2_000, 30_000, WINDOW_MS - 1]) {
    clock.set(START + at);
    expect(await reserve([rule(2)])).toEqual({
      index: 0,
      retryAt: START + WINDOW_MS,
      now: START + at,
    });
  }
  clock.set(START + WINDOW_MS);
  expect(await passes([rule(2)])).toBe(true);
});

describe('several rules of one bucket', () => {
  test('per client and for all are both held, and a refused call of one client takes nothing from the others', async () => {
    const rules = [rule(2, WINDOW_MS, true), rule(5)];
    expect(await passing(50, rules, () => 'greedy')).toBe(2);
    expect(await passing(50, rules, () => 'second')).toBe(2);
    expect(await passing(50, rules, () => 'third')).toBe(1);
    expect(await passes(rules, 'fourth')).toBe(false);
  });

  test('with windows of their own are each held to the millisecond, and the longest wait is told', async () => {
    const rules = [rule(1, WINDOW_MS), rule(2, 10 * WINDOW_MS)];
    expect([await passes(rules), await passes(rules)]).toEqual([true, false]);
    clock.set(START + WINDOW_MS);
    expect(await passes(rules)).toBe(true);
    // One is refused by both rules now, and later by the longer alone.
    expect(await reserve(rules)).toMatchObject({ retryAt: START + 10 * WINDOW_MS });
    clock.set(START + 10 * WINDOW_MS - 1);
    expect(await passes(rules)).toBe(false);
    clock.set(START + 10 * WINDOW_MS);
    expect(await passes(rules)).toBe(true);
  });
});

test('buckets know nothing of each other', async () => {
  expect(await passes([rule(1)])).toBe(true);
  expect(await passes([rule(1)], 'client', `${bucket}-2`)).toBe(true);
  expect(await passes([rule(1)])).toBe(false);
});

describe('several buckets of one call', () => {
  const call = (client: string, ...buckets: [name: string, rules: BucketRule[]][]) =>
    store.reserve(
      client,
      buckets.map(([name, rules]) => ({ name: `${bucket}-${name}`, rules })),
    );

  test('are counted in their order until one is full, which is named; those after it do not count the call', async () => {
    const [first, second, third] = [rule(3), rule(2, 2 * WINDOW_MS), rule(9)];
    const thrice = () => call('client', ['1', [first]], ['2', [second]], ['3', [third]]);
    expect([await thrice(), await thrice()]).toEqual([null, null]);
    expect(await thrice()).toEqual({ index: 1, retryAt: START + 2 * WINDOW_MS, now: START });
    expect(await thrice()).toEqual({ index: 0, retryAt: START + WINDOW_MS, now: START });
    expect(await call('client', ['3', [rule(3)]])).toBeNull();
    expect(await call('client', ['3', [rule(3)]])).toMatchObject({ index: 0 });
  });

  test('hold each its own max, however many calls come at once and whichever bucket they share', async () => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        call(`client-${index % 20}`, [`ip-${index % 20}`, [rule(4)]], ['to', [rule(2, WINDOW_MS, true), rule(30)]]),
      ),
    );
    expect(answers.filter((answer) => answer === null)).toHaveLength(30);
    const refusedBy = (at: number) => answers.filter((answer) => answer?.index === at).length;
    // Each of the twenty clients has ten calls, of which its own bucket lets four pass.
    expect([refusedBy(0), refusedBy(1)]).toEqual([120, 50]);
  });

  test('may be none: then nothing is asked of the database', async () => {
    expect(await store.reserve('client', [])).toBeNull();
    expect(await documents().countDocuments()).toBe(0);
  });
});

describe('a call that is given back', () => {
  const shared = (max: number, perClient = false) => rule(max, WINDOW_MS, perClient, true);
  const giveBack = (client = 'client') => store.giveBack(client, [{ name: bucket, rules: [] }]);

  test('makes room in the rules that others share, and stays counted for its client', async () => {
    const rules = [rule(3, WINDOW_MS, true), shared(2)];
    expect([await passes(rules), await passes(rules), await passes(rules)]).toEqual([true, true, false]);
    await giveBack();
    expect([await passes(rules), await passes(rules)]).toEqual([true, false]);
    await giveBack();
    expect(await passes(rules)).toBe(false);
    expect(await passes(rules, 'another')).toBe(true);
    expect(await passes(rules, 'another')).toBe(false);
  });

  test('is no call of the part that one client has of a shared bucket', async () => {
    const rules = [shared(8), shared(2, true)];
    for (let times = 0; times < 5; times += 1) {
      expect(await passes(rules)).toBe(true);
      await giveBack();
    }
    expect([await passes(rules), await passes(rules), await passes(rules)]).toEqual([true, true, false]);
  });

  test("is the client's newest: the room comes when the oldest that stands leaves its window", async () => {
    const rules = [shared(2)];
    await reserve(rules);
    clock.advance(1_000);
    await reserve(rules, 'another');
    clock.advance(1_000);
    await giveBack('another');
    await reserve(rules, 'third');
    expect(await reserve(rules)).toMatchObject({ retryAt: START + WINDOW_MS });
    await giveBack();
    expect(await passes(rules)).toBe(true);
    expect(await reserve(rules)).toMatchObject({ retryAt: START + 2_000 + WINDOW_MS });
  });

  test('is never another client’s, and giving back more than was counted changes nothing', async () => {
    const rules = [shared(1)];
    await giveBack();
    expect(await documents().countDocuments()).toBe(0);
    await reserve(rules, 'owner');
    for (let times = 0; times < 3; times += 1) await giveBack('stranger');
    expect(await passes(rules)).toBe(false);
    for (let times = 0; times < 3; times += 1) await giveBack('owner');
    expect([await passes(rules), await passes(rules)]).toEqual([true, false]);
  });

  test('many at once in one instant, with as many that stand, are told apart', async () => {
    const rules = [rule(300, WINDOW_MS, true), shared(300)];
    const calls = Array.from({ length: 100 }, async (_, index) => {
      await reserve(rules);
      if (index % 2 === 0) await giveBack();
    });
    await Promise.all(calls);
    const [document] = await documents().find().toArray();
    const all = document!['calls'] as { n: number; back: number }[];
    const standing = all.reduce((sum, { n, back }) => sum + n - back, 0);
    expect([all.reduce((sum, { n }) => sum + n, 0), standing]).toEqual([100, 50]);
  });

  test('a flood of them grows no document', async () => {
    const rules = [rule(5, WINDOW_MS, true), shared(5)];
    for (let index = 0; index < 250; index += 1) {
      clock.advance(1);
      await reserve(rules, `client-${index}`);
      await giveBack(`client-${index}`);
    }
    const [document] = await documents().find().toArray();
    expect((document!['calls'] as unknown[]).length).toBeLessThanOrEqual(201);
    clock.advance(WINDOW_MS);
    await reserve(rules);
    const [after] = await documents().find().toArray();
    expect(after!['calls']).toHaveLength(1);
  });
});

test('nothing stored names a destination or a client', async () => {
  const name = 'sendOtp\nARGUMENTS\ninput.to\n+12025550123';
  await reserve([rule(2)], '192.0.2.77', name);
  const stored = JSON.stringify(await documents().find().toArray());
  expect(stored).toContain('"calls":[{');
  for (const raw of ['2025550123', 'sendOtp', '192.0.2.77', 'input.to']) expect(stored).not.toContain(raw);
});

test('a document can be cleaned up only when none of its calls counts any more', async () => {
  const rules = [rule(2, WINDOW_MS), rule(9, 10 * WINDOW_MS)];
  await reserve(rules);
  const [document] = await documents().find().toArray();
  const purgeAt = (document?.['purgeAt'] as Date).getTime();
  expect(purgeAt).toBeGreaterThanOrEqual(START + 10 * WINDOW_MS);
  expect(purgeAt).toBeLessThan(START + 10 * WINDOW_MS + HOUR_MS);
  const indexes = await documents().indexes();
  expect(indexes).toContainEqual(expect.objectContaining({ key: { purgeAt: 1 }, expireAfterSeconds: 0 }));
});

describe('counted coarsely', () => {
  const MAX = 100_000;

  test('a limit never lets more than its max through in a window, and frees it within a hundredth more', async () => {
    expect(await passing(300, [rule(300)])).toBe(300);
    clock.set(START + WINDOW_MS - 1);
    expect(await passes([rule(300)])).toBe(false);
    clock.set(START + WINDOW_MS + WINDOW_MS / 100);
    expect(await passes([rule(300)])).toBe(true);
  });

  test.each([
    ['its window', [rule(MAX)], 102],
    ['the shorter of its windows', [rule(MAX), rule(MAX, 4 * WINDOW_MS)], 402],
  ])('a document keeps one number per hundredth of %s, not one per call', async (_what, rules, most) => {
    for (let index = 0; index < 600; index += 1) {
      clock.advance(WINDOW_MS / 150);
      expect(await passes(rules)).toBe(true);
    }
    const [document] = await documents().find().toArray();
    expect((document?.['calls'] as unknown[]).length).toBeLessThanOrEqual(most);
  });
});
