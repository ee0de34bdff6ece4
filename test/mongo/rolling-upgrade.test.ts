// During an upgrade processes of two releases work on the same documents. The fixtures are what the previous release wrote,
// made by running it; its writes here are the commands that it sends.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import mongoose, { type mongo } from 'mongoose';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { left } from '../../src/otp/attempt-budget.ts';
import { decideAttempt, type Attempt } from '../../src/otp/attempt-rules.ts';
import { settleAttempt } from '../../src/otp/settlement-rules.ts';
import { slotOf, type Destination } from '../../src/otp/challenge.ts';
import { claimByToken, consume, release } from '../../src/otp/claim-rules.ts';
import { endDelivery } from '../../src/otp/delivery-rules.ts';
import { Destinations } from '../../src/otp/destinations.ts';
import type { SendRequestFacts } from '../../src/otp/asked-challenge.ts';
import { decideSend } from '../../src/otp/send-rules.ts';
import { SEND_WINDOW_MS } from '../../src/otp/message-limit.ts';
import {
  actionBy,
  anAttempt,
  aRequest,
  DEFAULT_POLICY,
  named,
  NO_STREAK,
  SLOT,
  START,
  stranger,
} from '../otp/examples.ts';
import { startMongoProxy, type Handler, type MongoProxy } from '../support/mongo-proxy.ts';
import { mongoStore, type StoreUnderTest } from '../support/stores.ts';

type OldDocument = mongo.Document & { _id: string };
const WRITTEN = mongoose.mongo.BSON.EJSON.parse(
  readFileSync(new URL('fixtures/previous-release.json', import.meta.url), 'utf8'),
) as Record<string, OldDocument>;

let under: StoreUnderTest;
let behind: StoreUnderTest;
let proxy: MongoProxy;
let destinations: Destinations;
let id: string;
let now: number;

beforeAll(async () => {
  under = await mongoStore();
  proxy = await startMongoProxy(under.uri);
  behind = await mongoStore(proxy.uri);
  destinations = new Destinations(behind.store, () => now);
});
afterAll(async () => {
  await behind.connection.close();
  await proxy.close();
  await under.close();
});
beforeEach(() => {
  id = randomUUID();
  now = START + 1_000;
});

const documents = () => under.connection.db!.collection<OldDocument>('challenges');
const leave = (name: string) => documents().insertOne({ ...WRITTEN[name]!, _id: id });
const kept = async () => (await under.store.load(id))!;
const send = async (different: Partial<SendRequestFacts> = {}, slotName = SLOT) => {
  const rule = (d: Destination, at: number) => decideSend(d, slotName, aRequest(different), DEFAULT_POLICY, at);
  return (await destinations.change(id, rule)).decision;
};
const attempt = async (different: Partial<Attempt> = {}, slotName = SLOT) => {
  const rule = (d: Destination, at: number) => decideAttempt(d, slotName, anAttempt(different), DEFAULT_POLICY, at);
  return (await destinations.change(id, rule)).decision;
};

describe('what the previous release wrote', () => {
  test('as a challenge is answered by its code, and by nothing else', async () => {
    await leave('one message');
    expect(await attempt({ codeMac: 'wrong' })).toMatchObject({ outcome: 'WRONG', attemptsRemaining: 2 });
    expect(await attempt()).toMatchObject({ outcome: 'APPROVED', approval: { challengeId: 'challenge' } });
    expect(await kept()).toMatchObject({ version: 2 });
  });

  test('as a challenge keeps its cool-down and its sender', async () => {
    await leave('one message');
    expect(await send()).toMatchObject({ outcome: 'REPEAT', challenge: { id: 'challenge' } });
    expect(await send({ requester: named('stranger') })).toMatchObject({
      outcome: 'TOO_SOON',
      retryAt: START + 30_000,
    });
    now = START + 30_000;
    expect(await send({ requester: named('stranger') })).toMatchObject({
      outcome: 'RESEND',
      challenge: { id: 'challenge', codeMac: 'right', sends: 2, askedBy: ['owner', 'stranger'] },
    });
  });

  test('while a message was on its way is waited for, and ended by either release', async () => {
    await leave('being delivered');
    now = START + 9_999;
    const challenge = (await kept()).destination.slots[SLOT]!.challenge!;
    expect(challenge.deliveringSince).toBe(START);
    const rule = (d: Destination, at: number) => ({
      destination: endDelivery(d, SLOT, 'challenge', { ref: 'VE1' }, at),
    });
    await destinations.change(id, rule);
    expect(slotOf((await kept()).destination, SLOT).challenge).toEqual({
      ...challenge,
      deliveringSince: null,
      providerRef: 'VE1',
    });
  });

  test.each([
    ['one message', 1, START],
    ['two messages', 2, START + 30_000],
    ['five messages', 5, START + 120_000],
    ['slots of several purposes', 2, START],
  ])('counts its messages as sent when the last was: %s', async (name, count, at) => {
    await leave(name);
    const { messages } = (await kept()).destination;
    expect(messages.map((message) => message.at)).toEqual(Array(count).fill(at));
  });

  test('as five messages lets no sixth go out', async () => {
    await leave('five messages');
    now = START + 150_000;
    expect(await send()).toMatchObject({ outcome: 'LIMITED', retryAt: START + 120_000 + SEND_WINDOW_MS });
  });

  test('as slots is found by purpose and binding, a decoy as one', async () => {
    await leave('slots of several purposes');
    expect((await kept()).destination.messages.map(({ family }) => family).sort()).toEqual([
      'LOGIN-',
      'PASSWORD_RESET',
    ]);
    expect((await attempt({}, 'PASSWORD_RESET')).outcome).toBe('WRONG');
    expect((await attempt({ onlyUser: { id: 'user', authVersion: 7 } }, 'LOGIN-ticket')).outcome).toBe('APPROVED');
    expect((await attempt({}, 'LOGIN')).outcome).toBe('ABSENT');
  });

  test('as a refused delivery stands in nobody’s way', async () => {
    await leave('a refused delivery');
    expect((await attempt()).outcome).toBe('ABSENT');
    expect((await send()).outcome).toBe('START');
  });

  test('as wrong codes counts, with and without a challenge', async () => {
    await leave('a wrong code');
    expect((await kept()).destination.budget).toEqual({
      attempts: [{ by: 'owner', at: START + 10 }],
      strangers: { wrong: 1, at: START + 10 },
      known: NO_STREAK,
    });
    expect(await attempt({ codeMac: 'wrong' })).toMatchObject({ outcome: 'WRONG', attemptsRemaining: 1 });
    await documents().deleteOne({ _id: id });
    await leave('wrong codes without a challenge');
    expect(left((await kept()).destination.budget, stranger('owner'), now)).toBe(8);
    expect((await send()).outcome).toBe('START');
  });

  test('as a question to the provider is settled by this one', async () => {
    await leave('a code that the provider is asked about');
    const settlement = {
      codeId: 'challenge',
      attempt: anAttempt(),
      by: stranger('owner'),
      askedAt: START + 10,
      isLate: false,
    };
    const rule = (d: Destination, at: number) => settleAttempt(d, SLOT, { verdict: 'APPROVED', ...settlement }, at);
    expect((await destinations.change(id, rule)).decision).toMatchObject({
      outcome: 'APPROVED',
      approval: { userId: 'user', approvedBy: 'owner' },
    });
    expect((await kept()).destination.budget).toMatchObject({ attempts: [], strangers: { wrong: 0 } });
  });
});

describe('an approval of the previous release', () => {
  const take = async (claimId: string) => {
    const wanted = { tokenHash: 'token-of-challenge', claimId };
    return (await destinations.change(id, (d, at) => claimByToken(d, SLOT, wanted, at))).decision;
  };

  test.each(['an approval', 'an approval whose answer was lost'])('is taken by its code: %s', async (name) => {
    await leave(name);
    expect(await attempt({ intent: actionBy('mine') })).toMatchObject({
      outcome: 'APPROVED',
      approval: { challengeId: 'challenge', approvedBy: null, claim: { id: 'mine' } },
    });
  });

  test.each(['an approval', 'an approval whose answer was lost'])('is taken by its token: %s', async (name) => {
    await leave(name);
    expect(await take('mine')).toMatchObject({ outcome: 'APPROVED', approval: { claim: { id: 'mine' } } });
  });

  test('names nobody to whom verifyOtp would say it again', async () => {
    await leave('an approval');
    expect((await attempt()).outcome).toBe('ABSENT');
    expect(await kept()).toMatchObject({ version: 0 });
  });

  test('that an action of that release holds is held', async () => {
    await leave('an approval that an action holds');
    expect((await attempt({ intent: actionBy('mine') })).outcome).toBe('HELD');
    expect((await take('mine')).outcome).toBe('HELD');
    await destinations.change(id, (d) => ({ destination: release(d, SLOT, 'claim', true) }));
    expect(await take('mine')).toMatchObject({ outcome: 'APPROVED', approval: { refusals: 1 } });
  });

  test('that was spent is spent', async () => {
    await leave('an approval that was spent');
    expect((await attempt({ intent: actionBy('mine') })).outcome).toBe('ABSENT');
    expect((await take('mine')).outcome).toBe('ABSENT');
  });
});

describe('the first write of this release', () => {
  test('keeps what it does not know, and leaves no decision of the one before', async () => {
    await leave('an approval whose answer was lost');
    await attempt({ intent: actionBy('mine') });
    const document = await documents().findOne({ _id: id });
    expect(document).not.toHaveProperty('decision');
    // By this the previous release lets verifyOtp say once more what its caller never heard.
    expect(document).toHaveProperty(`slots.${SLOT}.approval.unanswered`, true);
    expect(document).toMatchObject({ version: 1, writeIds: [expect.any(String)] });
  });

  test('names the requesters of a code as far as they are known', async () => {
    await leave('two messages');
    now = START + 60_000;
    expect((await send()).challenge).toMatchObject({ sends: 3, askedBy: ['stranger', 'owner'] });
  });
});

describe('a process of the previous release that writes between the reading and the writing of this one', () => {
  const at = `slots.${SLOT}`;
  const spent = () => documents().updateOne({ _id: id }, { $set: { [`${at}.approval`]: null } });
  const counted = () =>
    documents().updateOne({ _id: id }, [
      {
        $set: {
          [`${at}.challenge`]: { $mergeObjects: [`$${at}.challenge`, { tries: ['stranger'] }] },
          'guesses.wrong': [{ by: 'stranger', at: START }],
          'guesses.streak': { $add: [{ $ifNull: ['$guesses.streak', 0] }, 1] },
          'guesses.streakAt': START,
        },
      },
    ]);
  const delivered = () =>
    documents().updateOne({ _id: id }, [
      { $set: { [`${at}.challenge`]: { $mergeObjects: [`$${at}.challenge`, { deliveringSince: null }] } } },
    ]);
  const after =
    (write: () => Promise<unknown>): Handler =>
    async (exchange) => {
      await write();
      exchange.answer(await exchange.forward());
    };

  test('and spends an approval is not undone: it is decided again', async () => {
    await leave('an approval');
    proxy.intercept('update', after(spent));
    expect((await attempt({ intent: actionBy('mine') })).outcome).toBe('ABSENT');
    expect(slotOf((await kept()).destination, SLOT).approval).toBeNull();
  });

  test('and spends an approval makes the write of a store that had read it before lose', async () => {
    await leave('an approval');
    const read = (await under.store.load(id))!;
    await spent();
    const write = { destination: read.destination, writeId: 'mine', purgeAt: START };
    expect(await under.store.write(id, read, write)).toBeNull();
    expect(await under.store.write(id, (await under.store.load(id))!, write)).not.toBeNull();
  });

  test('and ends a delivery is not undone', async () => {
    await leave('being delivered');
    proxy.intercept('update', after(delivered));
    expect((await attempt({ codeMac: 'wrong' })).outcome).toBe('WRONG');
    expect(slotOf((await kept()).destination, SLOT).challenge).toMatchObject({
      deliveringSince: null,
      attempts: ['owner'],
    });
  });

  test('and counts an attempt is not undone, whichever release wrote the document before', async () => {
    await leave('one message');
    for (const others of [1, 2]) {
      proxy.intercept('update', after(counted));
      expect((await attempt({ codeMac: 'wrong' })).outcome).toBe('WRONG');
      const { destination, version } = await kept();
      expect(version).toBe(others);
      // Its own attempt of the round before was overwritten here by what stands for the other's pipeline.
      expect(slotOf(destination, SLOT).challenge?.attempts).toEqual(['stranger', 'owner']);
      expect(destination.budget.attempts).toEqual([
        { by: 'stranger', at: START },
        { by: 'owner', at: now },
      ]);
      expect(destination.budget.strangers.wrong).toBe(2 * others);
    }
  });

  test('and makes the document is not overwritten', async () => {
    proxy.intercept(
      'insert',
      after(() => leave('one message')),
    );
    expect((await send()).outcome).toBe('REPEAT');
    expect(slotOf((await kept()).destination, SLOT).challenge?.id).toBe('challenge');
  });

  test('and spends an approval that a unit of work has read makes the unit spend nothing', async () => {
    await leave('an approval that an action holds');
    let rounds = 0;
    const isSpent = await behind.units.run(async (unit) => {
      rounds += 1;
      await behind.store.load(id, unit);
      if (rounds === 1) await spent();
      const spend = (before: Destination, instant: number) => {
        const destination = consume(before, SLOT, 'claim', instant);
        return { destination, isSpent: destination !== before };
      };
      return (await destinations.changeWithin(unit, id, spend)).isSpent;
    });
    expect([rounds, isSpent]).toEqual([2, false]);
  });
});
