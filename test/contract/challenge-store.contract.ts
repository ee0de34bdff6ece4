import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import {
  DELIVERY_LIFE_MS,
  MAX_WRONG_IN_A_ROW,
  MAX_WRONG_PER_REQUESTER,
  STREAK_LIFE_MS,
  WRONG_WINDOW_MS,
} from '../../src/otp/challenge.ts';
import type { SlotKey } from '../../src/otp/ports.ts';
import type { SendAsk } from '../../src/otp/sending.ts';
import { DEFAULT_POLICY, START } from '../support/arbitraries.ts';
import { approvalContract } from './approval.contract.ts';
import type { StoreUnderTest } from './history.ts';
import { callsOn, parallel, RIGHT, WRONG } from './store-calls.ts';

const { ttlMs, cooldownMs } = DEFAULT_POLICY;

/** What every challenge store does; the rules themselves have their own tests in test/otp. */
export function challengeStoreContract(
  name: string,
  makeStore: () => Promise<StoreUnderTest & { close(): Promise<void> }>,
): void {
  describe(name, () => {
    let under: Awaited<ReturnType<typeof makeStore>>;
    let key: SlotKey;
    beforeAll(async () => {
      under = await makeStore();
    });
    afterAll(() => under.close());
    beforeEach(() => {
      key = { destinationId: randomUUID(), name: 'VERIFICATION' };
    });

    const { send, verify, act } = callsOn(
      () => under,
      () => key,
    );

    describe('send', () => {
      test('starts a challenge for a new destination, and finds it again', async () => {
        expect(await under.store.find(key)).toBeNull();
        const fresh = { id: '$id', provider: 'local', codeMac: '$mac', userId: '$user' };
        const { outcome, challenge, guesses } = await send({ by: '$by', fresh });
        expect({ outcome, guesses }).toEqual({ outcome: 'START', guesses: { wrong: [], streak: 0, streakAt: 0 } });
        expect(challenge).toEqual({
          ...fresh,
          channel: 'SMS',
          status: 'pending',
          tries: [],
          sends: 1,
          sentBy: '$by',
          deliverable: true,
          deliveringSince: START,
          failure: null,
          expiresAt: START + ttlMs,
          resendAfter: START + cooldownMs,
          sentAt: START,
          providerRef: null,
        });
        expect(await under.store.find(key)).toEqual(challenge);
      });

      test('is found by its id among the slots of some destinations, and no others', async () => {
        const bound = { ...key, name: 'TRANSACTION-bound' };
        const { challenge } = await send();
        const fresh = { id: randomUUID(), provider: 'local', codeMac: RIGHT, userId: 'user' };
        const ask: SendAsk = { by: 'owner', now: START, channel: 'SMS', deliverable: true, fresh, rivals: [] };
        const sent = await under.store.send(bound, ask, DEFAULT_POLICY);
        const elsewhere = randomUUID();
        const at = (id: string, ...destinations: string[]) => under.store.locate(destinations, id);
        expect(await at(fresh.id, elsewhere, key.destinationId)).toEqual({
          key: bound,
          slot: { challenge: sent.challenge, approval: null },
        });
        expect((await at(challenge!.id, key.destinationId))?.key).toEqual(key);
        expect(await at(fresh.id, elsewhere)).toBeNull();
        expect(await at(fresh.id)).toBeNull();
        expect(await at(randomUUID(), key.destinationId)).toBeNull();
        // An approval outlives the next challenge of its slot, and is found by the id of its own.
        await verify();
        await send();
        expect((await at(challenge!.id, key.destinationId))?.slot.approval?.challengeId).toBe(challenge!.id);
      });

      test('keeps the slots of a destination apart', async () => {
        await send();
        const other = { ...key, name: 'PASSWORD_RESET' };
        expect(await under.store.find(other)).toBeNull();
        const ask = {
          by: 'owner',
          now: START,
          codeMac: RIGHT,
          challengeId: null,
          intent: { verify: { tokenHash: 't' } },
        };
        expect(await under.store.tryCode(other, ask, DEFAULT_POLICY)).toMatchObject({ outcome: 'ABSENT' });
      });

      test('lets one of 50 simultaneous sends of a new destination start, and the others wait for it', async () => {
        const answers = await parallel(50, (index) => send({ by: `client-${index}` }));
        expect(answers.filter(({ outcome }) => outcome === 'START')).toHaveLength(1);
        expect(answers.filter(({ outcome }) => outcome === 'DELIVERING')).toHaveLength(49);
        expect(new Set(answers.map(({ challenge }) => challenge?.id)).size).toBe(1);
      });

      test('stops waiting for a delivery that never ended, at exactly its longest time', async () => {
        const policy = { ...DEFAULT_POLICY, cooldownMs: 0 };
        await send({}, policy);
        const at = (now: number) => send({ by: 'other', now }, policy);
        expect(await at(START + DELIVERY_LIFE_MS - 1)).toMatchObject({ outcome: 'DELIVERING' });
        expect(await at(START + DELIVERY_LIFE_MS)).toMatchObject({ outcome: 'RESEND' });
      });

      test('starts anew for a requester whose tries a lowered OTP_MAX_ATTEMPTS has used up', async () => {
        await send();
        for (let i = 0; i < 2; i += 1) await verify({ codeMac: WRONG });
        expect(await send({}, { ...DEFAULT_POLICY, maxTries: 1 })).toMatchObject({ outcome: 'START' });
      });

      test('starts anew where another provider has a code pending', async () => {
        await send();
        const fresh = { id: 'theirs', provider: 'twilio', codeMac: null, userId: null };
        expect(await send({ fresh })).toMatchObject({ outcome: 'START', challenge: { id: 'theirs', sends: 1 } });
      });

      test('catches up with the message of a decoy that turns out to be real, under the same answer', async () => {
        const decoy = await send({ deliverable: false });
        await under.store.settleSend(key, decoy.challenge!.id, { ref: null }, START);
        expect(await send({ by: 'stranger' })).toMatchObject({ outcome: 'TOO_SOON', catchesUp: true });
        expect(await send({ by: 'stranger' })).toMatchObject({ outcome: 'DELIVERING', catchesUp: false });
        expect(await verify()).toMatchObject({ outcome: 'APPROVED' });
      });
    });

    describe('settleSend', () => {
      test('ends a delivery', async () => {
        const { challenge } = await send();
        await under.store.settleSend(key, challenge!.id, { ref: null }, START + 5);
        expect(await under.store.find(key)).toEqual({ ...challenge, deliveringSince: null });
      });

      test('cancels a challenge whose first delivery was refused, so that the next send starts at once', async () => {
        const { challenge } = await send();
        await under.store.settleSend(key, challenge!.id, { failure: 'PROVIDER_ERROR', asDecoy: false }, START + 5);
        const failed = { status: 'canceled', failure: 'PROVIDER_ERROR', deliveringSince: null };
        expect(await under.store.find(key)).toEqual({ ...challenge, ...failed });
        expect(await verify()).toMatchObject({ outcome: 'ABSENT' });
        expect(await send({ now: START + 5 })).toMatchObject({ outcome: 'START', challenge: { failure: null } });
      });

      test('takes back only the message when a resend was refused', async () => {
        const first = await send();
        await under.store.settleSend(key, first.challenge!.id, { ref: null }, START);
        const now = START + cooldownMs;
        expect(await send({ now })).toMatchObject({ outcome: 'RESEND', challenge: { sends: 2 } });
        await under.store.settleSend(key, first.challenge!.id, { failure: 'PROVIDER_ERROR', asDecoy: false }, now + 5);
        const expected = { status: 'pending', sends: 1, resendAfter: now + 5, failure: 'PROVIDER_ERROR' };
        expect(await under.store.find(key)).toMatchObject(expected);
      });

      test('does nothing to another challenge or to a destination that is not there', async () => {
        await under.store.settleSend(key, 'nothing', { failure: 'PROVIDER_ERROR', asDecoy: false }, START);
        expect(await under.store.find(key)).toBeNull();
        const { challenge } = await send();
        await under.store.settleSend(key, 'an-earlier-one', { failure: 'PROVIDER_ERROR', asDecoy: false }, START);
        expect(await under.store.find(key)).toEqual(challenge);
      });
    });

    describe('tryCode', () => {
      test('approves one of 100 parallel right codes', async () => {
        await send();
        const answers = await parallel(100, (index) => act(`claim-${index}`, { by: `client-${index}` }));
        expect(answers.filter(({ outcome }) => outcome === 'APPROVED')).toHaveLength(1);
        // The winner's action holds the approval.
        expect(answers.filter(({ outcome }) => outcome === 'BUSY')).toHaveLength(99);
      });

      test('counts five of 100 parallel wrong codes, three of one requester', async () => {
        await send();
        const own = await parallel(50, () => verify({ codeMac: WRONG, by: 'stranger' }));
        expect(own.filter(({ outcome }) => outcome === 'WRONG')).toHaveLength(3);
        const others = await parallel(50, (index) => verify({ codeMac: WRONG, by: `client-${index}` }));
        expect(others.filter(({ outcome }) => outcome === 'WRONG')).toHaveLength(2);
        expect([...own, ...others].filter(({ outcome }) => outcome === 'EXHAUSTED')).toHaveLength(95);
        const state = await under.state(key);
        expect(state).toMatchObject({ challenge: { status: 'exhausted' }, guesses: { streak: 5 } });
        expect(state.challenge?.tries).toHaveLength(5);
      });

      test('leaves no trace of a try where nothing is pending', async () => {
        const untouched = await under.state(key);
        expect(await verify({ codeMac: WRONG })).toMatchObject({ outcome: 'ABSENT', challenge: null, approval: null });
        expect(await under.state(key)).toEqual(untouched);
      });

      test('closes the destination for a requester after ten wrong codes in an hour over many challenges', async () => {
        let challenge: string | undefined;
        for (let index = 0; index < MAX_WRONG_PER_REQUESTER; index += 1) {
          if (index % 3 === 0) challenge = (await send({ now: START + index })).challenge?.id;
          const wrong = await verify({ codeMac: WRONG, now: START + index });
          expect(wrong).toMatchObject({ outcome: 'WRONG', challenge: { id: challenge } });
        }
        expect(await verify({ now: START + 9 })).toMatchObject({ outcome: 'CLOSED' });
        expect(await send({ now: START + 9 })).toMatchObject({ outcome: 'CLOSED' });
        const reopened = START + WRONG_WINDOW_MS;
        expect(await send({ now: reopened - 1 })).toMatchObject({ outcome: 'CLOSED' });
        expect(await send({ now: reopened - 1, by: 'other' })).toMatchObject({ outcome: 'START' });
        expect(await verify({ now: reopened })).toMatchObject({ outcome: 'APPROVED' });
      });

      test('closes the destination for everybody after 100 wrong codes in a row, for 24 hours', async () => {
        for (let index = 0; index < MAX_WRONG_IN_A_ROW; index += 1) {
          if (index % 5 === 0) await send({ by: `client-${index}` });
          expect(await verify({ codeMac: WRONG, by: `client-${index}` })).toMatchObject({ outcome: 'WRONG' });
        }
        expect(await send({ by: 'newcomer' })).toMatchObject({ outcome: 'CLOSED', guesses: { streak: 100 } });
        const reopened = START + STREAK_LIFE_MS;
        expect(await send({ now: reopened - 1 })).toMatchObject({ outcome: 'CLOSED' });
        expect(await send({ now: reopened })).toMatchObject({ outcome: 'START' });
        const wrong = await verify({ codeMac: WRONG, now: reopened });
        expect(wrong).toMatchObject({ outcome: 'WRONG', guesses: { streak: 1 } });
      });

      test('reads what begins with a dollar sign as text', async () => {
        await send();
        expect(await verify({ codeMac: '$slots.VERIFICATION.challenge.codeMac' })).toMatchObject({ outcome: 'WRONG' });
        expect(await verify({ by: '$$NOW', challengeId: '$_id' })).toMatchObject({ outcome: 'ABSENT' });
        const right = await verify({ by: '$slots', intent: { verify: { tokenHash: '$_id' } } });
        expect(right).toMatchObject({ outcome: 'APPROVED', approval: { tokenHash: '$_id' } });
      });
    });

    approvalContract(
      () => under,
      () => key,
    );
  });
}
