// A rolling upgrade: processes of the release before and of this one count in the same documents, so that together they
// let no more calls pass than either would alone.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { randomBytes, randomUUID } from 'node:crypto';
import type { Connection } from 'mongoose';
import { Keyring } from '../../src/keyring.ts';
import type { BucketRule } from '../../src/limits/rate-limit.ts';
import { openConnection } from '../../src/mongo/connection.ts';
import { MongoRateLimitStore } from '../../src/mongo/rate-limit-store.ts';
import { START } from '../support/arbitraries.ts';
import { FakeClock } from '../support/server.ts';
import { sharedMongodUri } from '../support/shared-mongod.ts';
import { reserveAsBefore } from './fixtures/previous-limits.ts';

const WINDOW_MS = 60_000;
const rule = (max: number, windowMs = WINDOW_MS, perClient = false, refundable = false): BucketRule => ({
  max,
  windowMs,
  perClient,
  refundable,
});

const keyring = new Keyring('secret');
let connections: [Connection, Connection];
let clock: FakeClock;
let store: MongoRateLimitStore;
let name: string;
beforeAll(async () => {
  const uri = sharedMongodUri(`otpql_${randomBytes(6).toString('hex')}`);
  connections = [await openConnection(uri), await openConnection(uri)];
});
afterAll(async () => {
  await connections[0].db!.dropDatabase();
  for (const connection of connections) await connection.close();
});
beforeEach(async () => {
  clock = new FakeClock(START);
  store = new MongoRateLimitStore(connections[1].db!, keyring, clock.now);
  await store.prepare();
  name = randomUUID();
});

/** A call at a process of the release before; null where it passes. */
function before(client: string, rules: BucketRule[]): Promise<number | null> {
  const by = keyring.mac('rate-limit', `client\n${client}`).slice(0, 22);
  return reserveAsBefore(connections[0].db!, keyring.mac('rate-limit', name), by, rules, clock.now());
}
/** A call at a process of this release. */
const now = async (client: string, rules: BucketRule[]) =>
  (await store.reserve(client, [{ name, rules }]))?.retryAt ?? null;
const either = (index: number) => (index % 2 === 0 ? before : now);

test.each([
  ['one rule', [rule(5)], 5],
  ['a rule per client and one for all', [rule(2, WINDOW_MS, true), rule(9), rule(20, 9 * WINDOW_MS)], 9],
  ['rules that are counted coarsely', [rule(150, WINDOW_MS, true), rule(201)], 201],
])('of 240 calls at once at both releases no more than the max pass: %s', async (_what, rules, max) => {
  const calls = Array.from({ length: 240 }, (_, index) => either(index)(`client-${(index >> 1) % 5}`, rules));
  const answers = await Promise.all(calls);
  expect(answers.filter((answer) => answer === null)).toHaveLength(max);
});

test('each release goes on from what the other has counted or refused, and tells the same time to wait', async () => {
  const rules = [rule(2, WINDOW_MS, true), rule(4, 10 * WINDOW_MS)];
  expect([await before('a', rules), await now('a', rules)]).toEqual([null, null]);
  for (const call of [before, now, before]) expect(await call('a', rules)).toBe(START + WINDOW_MS);
  clock.advance(1_000);
  expect([await now('b', rules), await before('b', rules)]).toEqual([null, null]);
  for (const call of [now, before, now]) expect(await call('c', rules)).toBe(START + 10 * WINDOW_MS);
  clock.set(START + 10 * WINDOW_MS);
  expect([await before('c', rules), await now('c', rules)]).toEqual([null, null]);
  for (const call of [before, now]) expect(await call('d', rules)).toBe(START + 10 * WINDOW_MS + 1_000);
});
