// What the rules promise to many at once, on a real database: one start, one approval, as many attempts as there are
// (invariants 1, 2, 3, 10).
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import {
  ATTEMPT_WINDOW_MS,
  MAX_ATTEMPTS_PER_HOUR,
  MAX_WRONG_IN_A_ROW,
  STREAK_LIFE_MS,
} from '../../src/otp/attempt-budget.ts';
import { decideAttempt, type Attempt } from '../../src/otp/attempt-rules.ts';
import { AttemptBudgets } from '../../src/otp/budgets.ts';
import { slotOf } from '../../src/otp/challenge.ts';
import { claimByToken } from '../../src/otp/claim-rules.ts';
import { Destinations } from '../../src/otp/destinations.ts';
import type { SendRequestFacts } from '../../src/otp/asked-challenge.ts';
import { decideSend } from '../../src/otp/send-rules.ts';
import { Keyring } from '../../src/keyring.ts';
import { actionBy, anAttempt, aRequest, DEFAULT_POLICY, named, SLOT, START } from '../otp/examples.ts';
import { mongoStore, type StoreUnderTest } from '../support/stores.ts';

let under: StoreUnderTest;
let second: StoreUnderTest;
/** Two processes, as it were: each with a connection and queues of its own. */
let processes: [Destinations, Destinations];
let now: number;
let id: string;

beforeAll(async () => {
  under = await mongoStore();
  second = await mongoStore(under.uri);
  processes = [new Destinations(under.store, () => now), new Destinations(second.store, () => now)];
});
afterAll(async () => {
  await second.connection.close();
  await under.close();
});
beforeEach(() => {
  id = randomUUID();
  now = START;
});

const at = (index: number) => processes[index % 2]!;
const parallel = <T>(count: number, make: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)));
const count = <T>(items: readonly T[], item: T) => items.filter((other) => other === item).length;

async function send(different: Partial<SendRequestFacts> = {}, index = 0) {
  const newChallenge = { id: randomUUID(), provider: 'local', codeMac: 'right', userId: null, authVersion: null };
  const facts = aRequest({ newChallenge, ...different });
  return (await at(index).change(id, (d, instant) => decideSend(d, SLOT, facts, DEFAULT_POLICY, instant))).decision;
}
async function attempt(different: Partial<Attempt> = {}, index = 0) {
  const given = anAttempt(different);
  return (await at(index).change(id, (d, instant) => decideAttempt(d, SLOT, given, DEFAULT_POLICY, instant))).decision;
}
const kept = async () => {
  const { slots, budget } = await processes[0].read(id);
  return { ...slots[SLOT], budget };
};

test('one of 50 simultaneous sends of a new destination starts, and the others wait for it', async () => {
  const answers = await parallel(50, (index) => send({ requester: named(`client-${index}`) }, index));
  const outcomes = answers.map(({ outcome }) => outcome);
  expect([count(outcomes, 'START'), count(outcomes, 'DELIVERING')]).toEqual([1, 49]);
  expect(new Set(answers.map(({ challenge }) => challenge?.id)).size).toBe(1);
});

test('one of 100 parallel right codes is approved, and its action holds the approval', async () => {
  await send();
  const answers = await parallel(100, (index) =>
    attempt({ requester: named(`client-${index}`), intent: actionBy(`claim-${index}`) }, index),
  );
  const outcomes = answers.map(({ outcome }) => outcome);
  expect([count(outcomes, 'APPROVED'), count(outcomes, 'HELD')]).toEqual([1, 99]);
});

test('100 parallel right codes of one requester to verifyOtp are one and the same answer, and one write', async () => {
  await send();
  const answers = await parallel(100, (index) => attempt({}, index));
  expect(
    count(
      answers.map(({ outcome }) => outcome),
      'APPROVED',
    ),
  ).toBe(100);
  const first = answers[0]!.approval;
  for (const { approval } of answers) expect(approval).toEqual(first);
  expect((await under.store.load(id))?.version).toBe(2);
});

test('an approval is taken by its token by one of 100 parallel actions', async () => {
  await send();
  const { approval } = await attempt();
  const tokenHash = approval!.tokenHash!;
  const answers = await parallel(100, async (index) => {
    const wanted = { tokenHash, claimId: `claim-${index}` };
    const { decision } = await at(index).change(id, (d, instant) => claimByToken(d, SLOT, wanted, instant));
    return decision.outcome;
  });
  expect([count(answers, 'APPROVED'), count(answers, 'HELD')]).toEqual([1, 99]);
});

test('of 150 parallel wrong codes three of others are counted, and the two that are kept for whoever asked', async () => {
  await send();
  const own = await parallel(50, (index) => attempt({ codeMac: 'wrong', requester: named('stranger') }, index));
  expect(
    count(
      own.map(({ outcome }) => outcome),
      'WRONG',
    ),
  ).toBe(3);
  const others = await parallel(50, (index) =>
    attempt({ codeMac: 'wrong', requester: named(`client-${index}`) }, index),
  );
  expect(others.every(({ outcome }) => outcome === 'EXHAUSTED')).toBe(true);
  const owners = await parallel(50, (index) => attempt({ codeMac: 'wrong' }, index));
  expect(
    count(
      owners.map(({ outcome }) => outcome),
      'WRONG',
    ),
  ).toBe(2);
  expect(
    count(
      [...own, ...others, ...owners].map(({ outcome }) => outcome),
      'EXHAUSTED',
    ),
  ).toBe(145);
  const { challenge, budget } = await kept();
  expect(challenge).toMatchObject({ status: 'exhausted' });
  expect([challenge?.attempts.length, budget.strangers.wrong]).toEqual([5, 5]);
});

test('an attempt where nothing is pending leaves no trace', async () => {
  expect(await attempt({ codeMac: 'wrong' })).toMatchObject({ outcome: 'ABSENT', challenge: null, approval: null });
  expect(await under.store.load(id)).toBeNull();
});

describe('a destination', () => {
  test('closes for a requester after ten wrong codes in an hour over many challenges', async () => {
    for (let index = 0; index < MAX_ATTEMPTS_PER_HOUR; index += 1) {
      now = START + index;
      if (index % 3 === 0) await send();
      expect(await attempt({ codeMac: 'wrong' })).toMatchObject({ outcome: 'WRONG' });
    }
    expect([(await attempt()).outcome, (await send()).outcome]).toEqual(['CLOSED', 'CLOSED']);
    now = START + ATTEMPT_WINDOW_MS - 1;
    expect((await send()).outcome).toBe('CLOSED');
    expect((await send({ requester: named('other') })).outcome).toBe('START');
    now += 1;
    expect((await attempt()).outcome).toBe('APPROVED');
  });

  test('closes for everybody after 100 wrong codes in a row, for 24 hours', async () => {
    for (let index = 0; index < MAX_WRONG_IN_A_ROW; index += 1) {
      // Three attempts of a code are not kept for who asked. So far apart that the messages last: five in ten minutes.
      if (index % 3 === 0) now += 600_000;
      if (index % 3 === 0) expect((await send({ requester: named(`client-${index}`) })).outcome).toBe('START');
      expect((await attempt({ codeMac: 'wrong', requester: named(`client-${index}`) })).outcome).toBe('WRONG');
    }
    expect((await send({ requester: named('newcomer') })).outcome).toBe('CLOSED');
    expect((await kept()).budget.strangers.wrong).toBe(100);
    now += STREAK_LIFE_MS - 1;
    expect((await send()).outcome).toBe('CLOSED');
    now += 1;
    expect((await send()).outcome).toBe('START');
    expect((await attempt({ codeMac: 'wrong' })).outcome).toBe('WRONG');
    expect((await kept()).budget.strangers.wrong).toBe(1);
  });

  test('keeps its slots apart', async () => {
    await send();
    const other = await processes[0].change(id, (d) =>
      decideAttempt(d, 'PASSWORD_RESET', anAttempt(), DEFAULT_POLICY, now),
    );
    expect(other.decision.outcome).toBe('ABSENT');
    expect(slotOf(other.decision.destination, SLOT).challenge).not.toBeNull();
  });
});

describe('attempts at a secret that is no code', () => {
  const keyring = new Keyring('a secret that is long enough for a test');
  const at1 = { userId: null, ip: '192.0.2.1', deviceToken: null };
  const budgetsOf = (destinations: Destinations) => new AttemptBudgets({ destinations, keyring, clock: () => now });

  test('are ten of 40 parallel ones of one requester, and none of another is refused', async () => {
    const spend = (index: number) => budgetsOf(at(index)).spend(id, at1);
    const answers = await Promise.allSettled(Array.from({ length: 40 }, (_, index) => spend(index)));
    const refused = answers.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(30);
    for (const answer of refused)
      expect(answer).toMatchObject({
        reason: { code: 'MAX_ATTEMPTS_REACHED', facts: { attemptsRemaining: 0, retryAfterSeconds: 3_600 } },
      });
    await budgetsOf(processes[0]).spend(id, { ...at1, ip: '192.0.2.2' });
  });

  test('that turn out right are no wrong ones', async () => {
    const budgets = budgetsOf(processes[0]);
    for (let round = 0; round < 12; round += 1) {
      const wasRight = await budgets.spend(id, at1);
      await wasRight();
    }
    for (let round = 0; round < 10; round += 1) await budgets.spend(id, at1);
    await expect(budgets.spend(id, at1)).rejects.toMatchObject({ code: 'MAX_ATTEMPTS_REACHED' });
  });
});
