import { describe, expect, test } from '@jest/globals';
import { APPROVAL_LIFE_MS, CLAIM_LIFE_MS, MAX_REFUSALS } from '../../src/otp/challenge.ts';
import type { SlotKey } from '../../src/otp/ports.ts';
import { START } from '../support/arbitraries.ts';
import type { StoreUnderTest } from './history.ts';
import { callsOn, parallel, RIGHT, WRONG } from './store-calls.ts';

/** The part of the contract about codes that were answered rightly: taken, given back, spent. */
export function approvalContract(under: () => StoreUnderTest, key: () => SlotKey): void {
  const { send, verify, act, take, consume } = callsOn(under, key);

  describe('an approval', () => {
    test('is taken by its token by one of 100 parallel actions', async () => {
      await send();
      await verify();
      const answers = await parallel(100, (index) => take(`claim-${index}`));
      expect(answers.filter(({ outcome }) => outcome === 'APPROVED')).toHaveLength(1);
      expect(answers.filter(({ outcome }) => outcome === 'BUSY')).toHaveLength(99);
    });

    test('is not taken by another token, for another user, where there is none, or at its expiry', async () => {
      expect(await take('claim')).toEqual({ outcome: 'ABSENT', approval: null });
      await send({ fresh: { id: 'id', provider: 'local', codeMac: RIGHT, userId: 'user-1' } });
      await verify();
      expect(await take('claim', { tokenHash: '$slots.VERIFICATION.approval.tokenHash' })).toMatchObject({
        outcome: 'ABSENT',
      });
      expect(await take('claim', { onlyUser: 'user-2' })).toMatchObject({ outcome: 'ABSENT' });
      expect(await take('claim', { onlyUser: null })).toMatchObject({ outcome: 'ABSENT' });
      expect(await take('claim', { now: START + APPROVAL_LIFE_MS })).toMatchObject({ outcome: 'ABSENT' });
      const taken = await take('claim', { onlyUser: 'user-1', now: START + APPROVAL_LIFE_MS - 1 });
      expect(taken).toMatchObject({ outcome: 'APPROVED', approval: { claim: { id: 'claim' } } });
    });

    test('is free again at exactly the end of a claim that was never spent', async () => {
      await send();
      await act('first');
      expect(await act('second', { now: START + CLAIM_LIFE_MS - 1 })).toMatchObject({ outcome: 'BUSY' });
      expect(await act('second', { now: START + CLAIM_LIFE_MS })).toMatchObject({ outcome: 'APPROVED' });
      expect(await consume('first')).toBe(false);
      expect(await consume('second')).toBe(true);
    });

    test('given back without a refusal can be taken again any number of times', async () => {
      await send();
      for (let round = 0; round < 2 * MAX_REFUSALS; round += 1) {
        expect(await act(`claim-${round}`)).toMatchObject({ outcome: 'APPROVED' });
        await under().store.release(key(), `claim-${round}`, null);
      }
      expect(await act('last')).toMatchObject({ outcome: 'APPROVED', approval: { refusals: 0 } });
    });

    test('given back with a refusal ends at the third', async () => {
      await send();
      for (let round = 1; round <= MAX_REFUSALS; round += 1) {
        expect(await act(`claim-${round}`)).toMatchObject({ outcome: 'APPROVED', approval: { refusals: round - 1 } });
        await under().store.release(key(), `claim-${round}`, MAX_REFUSALS);
      }
      expect(await under().state(key())).toMatchObject({ approval: null });
      expect(await act('last')).toMatchObject({ outcome: 'ABSENT' });
    });

    test('is not given back by one who does not hold it', async () => {
      await send();
      await act('holder');
      const held = await under().state(key());
      await under().store.release(key(), 'somebody', MAX_REFUSALS);
      expect(await under().state(key())).toEqual(held);
    });

    test('is spent once by a unit that commits', async () => {
      await send();
      await act('claim');
      expect(await consume('claim')).toBe(true);
      expect(await consume('claim')).toBe(false);
      expect(await under().state(key())).toMatchObject({ approval: null });
      expect(await act('again')).toMatchObject({ outcome: 'ABSENT' });
    });

    test('is left as it was by a unit that aborts, and is spent by the next', async () => {
      await send();
      await act('claim');
      const held = await under().state(key());
      const aborted = under().units.run(async (unit) => {
        expect(await under().store.consume(key(), 'claim', START, unit)).toBe(true);
        throw new Error('the action failed');
      });
      await expect(aborted).rejects.toThrow('the action failed');
      expect(await under().state(key())).toEqual(held);
      expect(await consume('claim')).toBe(true);
    });

    test('and the challenge of one user are revoked together, and nothing of another user is', async () => {
      const revoke = (userId: string) => under().units.run((unit) => under().store.revoke(key(), userId, unit));
      await send({ fresh: { id: 'challenge', provider: 'local', codeMac: RIGHT, userId: 'user' } });
      const pending = await under().state(key());
      await revoke('somebody');
      expect(await under().state(key())).toEqual(pending);
      await verify();
      await revoke('user');
      expect(await under().state(key())).toMatchObject({ approval: null });
      expect(await act('claim')).toMatchObject({ outcome: 'ABSENT' });
      await revoke('user');
    });

    test('cannot come from a challenge that was revoked while its check was under way', async () => {
      await send({ fresh: { id: 'challenge', provider: 'local', codeMac: RIGHT, userId: 'user' } });
      await under().units.run((unit) => under().store.revoke(key(), 'user', unit));
      const { challenge } = await under().state(key());
      expect(challenge).toMatchObject({ id: 'challenge', status: 'canceled', userId: null });
      expect(await act('claim')).toMatchObject({ outcome: 'ABSENT' });
    });

    test('is not spent at or after its expiry', async () => {
      await send();
      await act('claim');
      expect(await consume('claim', START + APPROVAL_LIFE_MS + 1)).toBe(false);
      expect(await consume('claim', START + APPROVAL_LIFE_MS)).toBe(false);
      expect(await consume('claim', START + APPROVAL_LIFE_MS - 1)).toBe(true);
    });

    test('taken again does not end a row of wrong codes that began after it', async () => {
      await send();
      await verify();
      expect(await act('claim', { codeMac: WRONG })).toMatchObject({ outcome: 'WRONG', guesses: { streak: 1 } });
      expect(await act('claim')).toMatchObject({ outcome: 'APPROVED', guesses: { streak: 1 } });
    });
  });
}
