// Destinations within a unit of work: what an action writes and the approval that it spends land together (invariant 9).
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { decideAttempt, type Attempt } from '../../src/otp/attempt-rules.ts';
import { slotOf, type Destination } from '../../src/otp/challenge.ts';
import { claimFor, consume } from '../../src/otp/claim-rules.ts';
import { Destinations } from '../../src/otp/destinations.ts';
import type { StoredDestination } from '../../src/otp/ports.ts';
import type { UnitOfWork } from '../../src/unit-of-work.ts';
import { countCommands } from '../support/command-counter.ts';
import { mongoStore, type StoreUnderTest } from '../support/stores.ts';
import { aChallenge, anApproval, anAttempt, DEFAULT_POLICY, holding, named, SLOT, START } from './examples.ts';

const HELD = holding({
  challenge: aChallenge({ status: 'approved', userId: 'user' }),
  approval: anApproval({ userId: 'user', claim: claimFor('claim', START) }),
});

let under: StoreUnderTest;
let destinations: Destinations;
let id: string;

beforeAll(async () => {
  under = await mongoStore();
  destinations = new Destinations(under.store, () => START);
});
afterAll(() => under.close());
beforeEach(() => {
  id = randomUUID();
});

const leave = (destination: Destination) => destinations.change(id, () => ({ destination }));
const kept = async () => (await under.store.load(id))!;
const rawDocument = () => under.connection.db!.collection<{ _id: string }>('challenges').findOne({ _id: id });
const spent = (unit: UnitOfWork, seen: StoredDestination | null = null, claimId = 'claim') =>
  destinations.changeWithin(
    unit,
    id,
    (before, now) => {
      const destination = consume(before, SLOT, claimId, now);
      return { destination, isSpent: destination !== before };
    },
    seen,
  );
const attempt = (different: Partial<Attempt>) =>
  destinations.change(id, (destination, now) =>
    decideAttempt(destination, SLOT, anAttempt(different), DEFAULT_POLICY, now),
  );

describe('an approval', () => {
  test('is spent by a unit that commits, and the version moves', async () => {
    const { stored } = await leave(HELD);
    expect(await under.units.run((unit) => spent(unit))).toMatchObject({ isSpent: true });
    const { destination, version, writeIds } = await kept();
    expect(slotOf(destination, SLOT)).toEqual({ ...slotOf(HELD, SLOT), approval: null });
    expect(version).toBe(stored!.version + 1);
    expect(writeIds).toEqual([expect.any(String), ...stored!.writeIds]);
  });

  test('is left exactly as it was by a unit that aborts, and is spent by the next', async () => {
    await leave(HELD);
    const before = await rawDocument();
    const aborted = under.units.run(async (unit) => {
      expect(await spent(unit)).toMatchObject({ isSpent: true });
      throw new Error('the action failed');
    });
    await expect(aborted).rejects.toThrow('the action failed');
    expect(await rawDocument()).toEqual(before);
    expect(await under.units.run((unit) => spent(unit))).toMatchObject({ isSpent: true });
  });

  test('is spent once by many units at once', async () => {
    await leave(HELD);
    const answers = await Promise.all(Array.from({ length: 8 }, () => under.units.run((unit) => spent(unit))));
    expect(answers.filter(({ isSpent }) => isSpent)).toHaveLength(1);
    expect((await kept()).version).toBe(2);
  });
});

describe('within a unit of work', () => {
  const commandsOf = async (work: (unit: UnitOfWork) => Promise<unknown>) => {
    const counter = countCommands({ db: under.connection.db! });
    await under.units.run(work);
    counter.close();
    return counter.take();
  };

  test('a change is a reading and a writing of its transaction', async () => {
    await leave(HELD);
    const commands = await commandsOf((unit) => spent(unit));
    expect(commands.map(({ name }) => name)).toEqual(['find', 'update', 'commitTransaction']);
    expect(commands.every(({ inTransaction }) => inTransaction)).toBe(true);
  });

  test('what was seen a moment ago is not read again', async () => {
    const { stored } = await leave(HELD);
    const commands = await commandsOf((unit) => spent(unit, stored));
    expect(commands.map(({ name }) => name)).toEqual(['update', 'commitTransaction']);
  });

  test('what was seen and is no longer so is read, and decided again', async () => {
    const { stored } = await leave(HELD);
    await attempt({ requester: named('other'), codeMac: 'wrong', intent: { action: { claimId: 'other' } } });
    const commands = await commandsOf(async (unit) =>
      expect(await spent(unit, stored)).toMatchObject({ isSpent: true }),
    );
    expect(commands.map(({ name }) => name)).toEqual(['update', 'find', 'update', 'commitTransaction']);
    expect((await kept()).destination.budget.attempts).toHaveLength(1);
  });

  test('a change of nothing writes nothing', async () => {
    await leave(HELD);
    const commands = await commandsOf((unit) => spent(unit, null, 'a claim that lapsed'));
    expect(commands.map(({ name }) => name)).toEqual(['find', 'commitTransaction']);
    expect((await kept()).version).toBe(1);
  });

  test('a destination that is not there is made once, by whichever unit is first', async () => {
    const noted = (by: string) => (before: Destination) => ({
      destination: { ...before, messages: [...before.messages, { family: by, at: START }] },
    });
    const names = ['a', 'b', 'c', 'd'];
    await Promise.all(names.map((by) => under.units.run((unit) => destinations.changeWithin(unit, id, noted(by)))));
    const { destination, version } = await kept();
    expect(destination.messages.map(({ family }) => family).sort()).toEqual(names);
    expect(version).toBe(4);
  });
});

describe('a unit of work whose destination others write to', () => {
  /** Runs a unit whose first round is overtaken after it has read. */
  const overtaken = (others: () => Promise<unknown>, work: (unit: UnitOfWork) => Promise<unknown>) => {
    let rounds = 0;
    return under.units.run(async (unit) => {
      rounds += 1;
      // From here on the unit sees nothing but this.
      await under.store.load(id, unit);
      if (rounds === 1) await others();
      await work(unit);
      return rounds;
    });
  };

  test('is run again, and both land', async () => {
    await leave(HELD);
    const wrong = () =>
      attempt({ requester: named('other'), codeMac: 'wrong', intent: { action: { claimId: 'other' } } });
    expect(await overtaken(wrong, (unit) => spent(unit))).toBe(2);
    const { destination, version } = await kept();
    expect(slotOf(destination, SLOT).approval).toBeNull();
    expect(destination.budget.attempts).toEqual([{ by: 'other', at: START }]);
    expect(version).toBe(3);
  });

  test('spends nothing where they have spent it', async () => {
    await leave(HELD);
    const answers: boolean[] = [];
    const others = () => under.units.run((unit) => spent(unit));
    await overtaken(others, async (unit) => answers.push((await spent(unit)).isSpent));
    expect(answers).toEqual([false]);
    expect((await kept()).version).toBe(2);
  });

  test('lets those who come while it is open decide on what it leaves', async () => {
    await leave(HELD);
    const wrong = { codeMac: 'wrong', intent: { action: { claimId: 'other' } } };
    let waiting: ReturnType<typeof attempt>;
    await under.units.run(async (unit) => {
      await spent(unit);
      waiting = attempt(wrong);
      await sleep(200);
    });
    // It had found an approval to count at, and there is none any more.
    expect((await waiting!).decision.outcome).toBe('ABSENT');
    const { destination, version } = await kept();
    expect([destination.budget.attempts, version]).toEqual([[], 2]);
  });
});
