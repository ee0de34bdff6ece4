// A database that fails in the middle: an attempt is spent once, an approval is not lost, and nobody waits twice (invariant 9).
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { OPERATION_TIMEOUT_MS } from '../../src/mongo/failures.ts';
import { decideAttempt, type Attempt } from '../../src/otp/attempt-rules.ts';
import { settleAttempt } from '../../src/otp/settlement-rules.ts';
import { slotOf, type Destination } from '../../src/otp/challenge.ts';
import { Destinations } from '../../src/otp/destinations.ts';
import { decideSend } from '../../src/otp/send-rules.ts';
import { startMongoProxy, type Exchange, type Fate, type Handler, type MongoProxy } from '../support/mongo-proxy.ts';
import { mongoStore, type StoreUnderTest } from '../support/stores.ts';
import {
  aChallenge,
  actionBy,
  anAttempt,
  APPROVED,
  aRemoteChallenge,
  aRequest,
  DEFAULT_POLICY,
  named,
  stranger,
} from './examples.ts';
import { holding, PENDING, SLOT, START } from './examples.ts';

let direct: StoreUnderTest;
let behind: StoreUnderTest;
let proxy: MongoProxy;
/** What others do, whose connection is whole. */
let others: Destinations;
let destinations: Destinations;
let id: string;

beforeAll(async () => {
  direct = await mongoStore();
  proxy = await startMongoProxy(direct.uri);
  behind = await mongoStore(proxy.uri);
  others = new Destinations(direct.store, () => START);
  destinations = new Destinations(behind.store, () => START);
});
afterAll(async () => {
  await behind.connection.close();
  await proxy.close();
  await direct.close();
});
beforeEach(() => {
  id = randomUUID();
});

const leave = (destination: Destination) => others.change(id, () => ({ destination }));
const attempt = (different: Partial<Attempt> = {}) =>
  destinations.change(id, (destination, now) =>
    decideAttempt(destination, SLOT, anAttempt(different), DEFAULT_POLICY, now),
  );
const send = () =>
  destinations.change(id, (destination, now) => decideSend(destination, SLOT, aRequest(), DEFAULT_POLICY, now));
const kept = async () => (await direct.store.load(id))!;

/** The command is long under way: the driver has given it up when it arrives, just before or just after the next one. */
function late(arrives: 'before' | 'after'): Handler[] {
  let first: Exchange;
  return [
    (exchange) => {
      first = exchange;
      exchange.hangUp();
    },
    async (exchange) => {
      if (arrives === 'before') await first.forward();
      const answer = await exchange.forward();
      if (arrives === 'after') await first.forward();
      exchange.answer(answer);
    },
  ];
}

describe.each<[string, (Fate | Handler)[]]>([
  ['whose answer was lost', ['loses its answer']],
  ['that never arrived', ['is lost']],
  ['that never arrived, and whose answer was lost then', ['is lost', 'loses its answer']],
  ['that arrives just before it is made again', late('before')],
  ['that arrives after it was made again', late('after')],
])('a write %s', (_what, fates) => {
  test('spends an attempt once', async () => {
    await leave(PENDING);
    proxy.intercept('update', ...fates);
    const { decision, stored } = await attempt({ codeMac: 'wrong' });
    expect(decision).toMatchObject({ outcome: 'WRONG', attemptsRemaining: 2 });
    const { destination, version } = await kept();
    expect(slotOf(destination, SLOT).challenge?.attempts).toEqual(['owner']);
    expect(destination.budget).toMatchObject({ attempts: [{ by: 'owner' }], strangers: { wrong: 1 } });
    expect(version).toBe(2);
    expect(stored).toMatchObject({ destination, version });
    proxy.spare('update');
  });

  test('loses no approval, and an action does not find it held by itself', async () => {
    await leave(PENDING);
    proxy.intercept('update', ...fates);
    const { decision } = await attempt({ intent: actionBy('claim') });
    expect(decision).toMatchObject({ outcome: 'APPROVED', approval: { claim: { id: 'claim' } } });
    expect(slotOf((await kept()).destination, SLOT)).toEqual({
      challenge: decision.challenge,
      approval: decision.approval,
    });
    proxy.spare('update');
  });

  test('keeps what the provider said, and says so', async () => {
    const asked = decideAttempt(
      holding({ challenge: aRemoteChallenge() }),
      SLOT,
      anAttempt(),
      DEFAULT_POLICY,
      START,
    ).destination;
    const { stored } = await leave(asked);
    const said = {
      verdict: 'APPROVED',
      attempt: anAttempt(),
      by: stranger('owner'),
      askedAt: START,
      isLate: false,
    } as const;
    const settlement = { ...said, codeId: 'challenge' };
    proxy.intercept('update', ...fates);
    const { decision } = await destinations.change(id, (d, now) => settleAttempt(d, SLOT, settlement, now), stored);
    expect(decision.outcome).toBe('APPROVED');
    expect((await kept()).destination.budget).toMatchObject({ attempts: [], strangers: { wrong: 0 } });
    proxy.spare('update');
  });

  test('starts one challenge at a destination that was not there', async () => {
    proxy.intercept('insert', ...fates);
    const { decision } = await send();
    expect(decision.outcome).toBe('START');
    const { destination, version } = await kept();
    expect(slotOf(destination, SLOT).challenge).toEqual(decision.challenge);
    expect([destination.messages.length, version]).toEqual([1, 1]);
    proxy.spare('insert');
  });
});

describe('a write whose answer was lost', () => {
  const wrongByOthers = (by: string) =>
    others.change(id, (destination, now) =>
      decideAttempt(destination, SLOT, anAttempt({ requester: named(by), codeMac: 'wrong' }), DEFAULT_POLICY, now),
    );

  test('is recognised under three writes of others', async () => {
    await leave(holding({ challenge: aChallenge({ askedBy: ['owner', 'a', 'b', 'c'] }) }));
    proxy.intercept('update', async (exchange) => {
      await exchange.forward();
      for (const by of ['a', 'b', 'c']) await wrongByOthers(by);
      exchange.hangUp();
    });
    expect((await attempt({ codeMac: 'wrong' })).decision.outcome).toBe('WRONG');
    expect(slotOf((await kept()).destination, SLOT).challenge?.attempts).toEqual(['owner', 'a', 'b', 'c']);
  });

  test('that was long under way is not made again: its request can wait no longer', async () => {
    await leave(PENDING);
    proxy.intercept('update', async (exchange) => {
      await exchange.forward();
      await sleep(1_600);
      exchange.hangUp();
    });
    await expect(attempt({ codeMac: 'wrong' })).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    expect(slotOf((await kept()).destination, SLOT).challenge?.attempts).toEqual(['owner']);
  });
});

describe('a database that does not answer', () => {
  test('is told at once to those who wait behind the one who found out', async () => {
    await leave(PENDING);
    proxy.goDark();
    const begun = performance.now();
    const answers = await Promise.allSettled(Array.from({ length: 20 }, () => attempt({ codeMac: 'wrong' })));
    const took = performance.now() - begun;
    proxy.restore();
    for (const answer of answers)
      expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'SERVICE_UNAVAILABLE' } });
    // Each waits two seconds for a database that is gone: one after another they would have waited 40.
    expect(took).toBeLessThan(2 * OPERATION_TIMEOUT_MS);
  });

  test('is asked anew by those who come later, and nothing was spent meanwhile', async () => {
    await leave(PENDING);
    proxy.goDark();
    await expect(attempt({ codeMac: 'wrong' })).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    proxy.restore();
    expect((await attempt()).decision.outcome).toBe('APPROVED');
    expect(slotOf((await kept()).destination, SLOT).challenge?.attempts).toEqual([]);
  });

  test('is told to those who wait for something', async () => {
    await leave(APPROVED);
    proxy.goDark();
    const waiting = destinations.waitUntil(id, () => false, 20_000);
    await expect(waiting).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    proxy.restore();
  });
});
