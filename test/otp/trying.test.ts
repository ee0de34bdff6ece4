import { describe, expect, test } from '@jest/globals';
import {
  APPROVAL_LIFE_MS,
  CLAIM_LIFE_MS,
  NO_GUESSES,
  STREAK_LIFE_MS,
  WRONG_WINDOW_MS,
  type Guesses,
  type Slot,
} from '../../src/otp/challenge.ts';
import { decideSend } from '../../src/otp/sending.ts';
import { decideToken, decideTry, type TokenAsk, type TryAsk } from '../../src/otp/trying.ts';
import { DEFAULT_POLICY, START } from '../support/arbitraries.ts';
import { actionBy, aChallenge, anApproval, aSend, aTry, EMPTY, slotOf } from './examples.ts';

const attempt = (slot: Slot, ask: Partial<TryAsk> = {}, guesses: Guesses = NO_GUESSES) =>
  decideTry(slot, guesses, aTry(ask), DEFAULT_POLICY);
const PENDING = slotOf(aChallenge());
const APPROVED = slotOf(aChallenge({ status: 'approved' }), anApproval());
const { expiresAt } = aChallenge();

describe('a right code', () => {
  test('approves, keeps the token, and ends the row of wrong codes', () => {
    const guesses = { wrong: [{ by: 'owner', at: START - 1 }], streak: 42, streakAt: START - 1 };
    const slot = slotOf(aChallenge({ tries: ['owner'], userId: 'user' }));
    expect(attempt(slot, {}, guesses)).toEqual({
      outcome: 'APPROVED',
      slot: {
        challenge: aChallenge({ tries: ['owner'], userId: 'user', status: 'approved' }),
        approval: anApproval({ userId: 'user', expiresAt: START + APPROVAL_LIFE_MS }),
      },
      guesses: { ...guesses, streak: 0 },
    });
  });

  test('of an action approves and is held by it at once', () => {
    const claim = { id: 'claim', until: START + CLAIM_LIFE_MS };
    const approval = anApproval({ tokenHash: null, claim });
    expect(attempt(PENDING, { intent: actionBy('claim') })).toMatchObject({ outcome: 'APPROVED', slot: { approval } });
  });

  test.each([
    [-1, 'APPROVED'],
    [0, 'ABSENT'],
    [1, 'ABSENT'],
  ])('%d ms from the expiry is %s', (beside, outcome) => {
    expect(attempt(PENDING, { now: expiresAt + beside }).outcome).toBe(outcome);
  });

  test.each(['approved', 'canceled'] as const)('finds nothing at a challenge that is %s', (status) => {
    expect(attempt(slotOf(aChallenge({ status }))).outcome).toBe('ABSENT');
  });

  test('comes too late at an exhausted challenge, until that would have expired', () => {
    const slot = slotOf(aChallenge({ status: 'exhausted' }));
    expect(attempt(slot, { now: expiresAt - 1 })).toEqual({ outcome: 'EXHAUSTED', slot, guesses: NO_GUESSES });
    expect(attempt(slot, { now: expiresAt }).outcome).toBe('ABSENT');
  });

  test('works on the third try of a requester and the fifth of a challenge, and not after', () => {
    expect(attempt(slotOf(aChallenge({ tries: ['owner', 'owner'] }))).outcome).toBe('APPROVED');
    expect(attempt(slotOf(aChallenge({ tries: ['owner', 'owner', 'owner'] }))).outcome).toBe('EXHAUSTED');
    expect(attempt(slotOf(aChallenge({ tries: ['a', 'a', 'a', 'b'] }))).outcome).toBe('APPROVED');
    expect(attempt(slotOf(aChallenge({ tries: ['a', 'a', 'a', 'b', 'b'] }))).outcome).toBe('EXHAUSTED');
  });

  test('works for the owner after a stranger spent all that one requester may', () => {
    let slot = PENDING;
    let guesses = NO_GUESSES;
    const outcomes: string[] = [];
    for (let i = 0; i < 10; i += 1) {
      const tried = attempt(slot, { by: 'stranger', codeMac: 'wrong' }, guesses);
      ({ slot, guesses } = tried);
      outcomes.push(tried.outcome);
    }
    expect(outcomes).toEqual([...Array<string>(3).fill('WRONG'), ...Array<string>(7).fill('EXHAUSTED')]);
    expect(attempt(slot, {}, guesses).outcome).toBe('APPROVED');
  });

  test('is wrong at a decoy, and for another user', () => {
    expect(attempt(slotOf(aChallenge({ deliverable: false }))).outcome).toBe('WRONG');
    const ofUser = slotOf(aChallenge({ userId: 'user' }));
    expect(attempt(ofUser, { onlyUser: 'another' }).outcome).toBe('WRONG');
    expect(attempt(ofUser, { onlyUser: null }).outcome).toBe('WRONG');
    expect(attempt(ofUser, { onlyUser: 'user' }).outcome).toBe('APPROVED');
    expect(attempt(ofUser, { onlyUser: undefined }).outcome).toBe('APPROVED');
  });

  test('finds nothing when another challenge was meant', () => {
    expect(attempt(PENDING, { challengeId: 'another' })).toEqual({
      outcome: 'ABSENT',
      slot: PENDING,
      guesses: NO_GUESSES,
    });
    expect(attempt(PENDING, { challengeId: 'challenge' }).outcome).toBe('APPROVED');
  });
});

describe('a wrong code', () => {
  test('is counted at the challenge and at the destination', () => {
    expect(attempt(PENDING, { codeMac: 'wrong' })).toEqual({
      outcome: 'WRONG',
      slot: slotOf(aChallenge({ tries: ['owner'] })),
      guesses: { wrong: [{ by: 'owner', at: START }], streak: 1, streakAt: START },
    });
  });

  test('that is the fifth exhausts the challenge', () => {
    const slot = slotOf(aChallenge({ tries: ['a', 'a', 'a', 'b'] }));
    const { outcome, slot: after } = attempt(slot, { codeMac: 'wrong' });
    expect(outcome).toBe('WRONG');
    expect(after.challenge).toMatchObject({ status: 'exhausted', tries: ['a', 'a', 'a', 'b', 'owner'] });
  });

  test('counts nowhere when nothing is pending, when tries are used up, or when the destination is closed', () => {
    const closed = { wrong: [], streak: 100, streakAt: START };
    const none = [
      EMPTY,
      slotOf(aChallenge({ tries: ['owner', 'owner', 'owner'] })),
      slotOf(aChallenge({ status: 'canceled' })),
    ];
    for (const slot of none) expect(attempt(slot, { codeMac: 'wrong' })).toMatchObject({ slot, guesses: NO_GUESSES });
    const tried = attempt(PENDING, { codeMac: 'wrong' }, closed);
    expect(tried).toEqual({ outcome: 'CLOSED', slot: PENDING, guesses: closed });
  });

  test('forgets what is an hour old, and begins a new row when the last is 24 hours old', () => {
    const old = { by: 'a', at: START };
    const guesses = { wrong: [old], streak: 7, streakAt: START };
    const at = (now: number) =>
      attempt(slotOf(aChallenge({ expiresAt: now + 1 })), { codeMac: 'wrong', now }, guesses).guesses;
    expect(at(START + WRONG_WINDOW_MS - 1).wrong).toHaveLength(2);
    expect(at(START + WRONG_WINDOW_MS).wrong).toHaveLength(1);
    expect(at(START + STREAK_LIFE_MS - 1).streak).toBe(8);
    expect(at(START + STREAK_LIFE_MS).streak).toBe(1);
  });
});

describe('an approval', () => {
  const act = (slot: Slot, ask: Partial<TryAsk> = {}) => attempt(slot, { intent: actionBy('claim'), ...ask });

  test('accepts its own code once more, for the action only', () => {
    expect(attempt(APPROVED).outcome).toBe('ABSENT');
    const taken = act(APPROVED);
    expect(taken).toMatchObject({ outcome: 'APPROVED', slot: { approval: { claim: { id: 'claim' } } } });
    expect(act(taken.slot, { intent: actionBy('second') })).toEqual({ ...taken, outcome: 'BUSY' });
  });

  test('does not end the row of wrong codes a second time', () => {
    const guesses = { wrong: [], streak: 5, streakAt: START };
    expect(attempt(APPROVED, { intent: actionBy('claim') }, guesses).guesses).toEqual(guesses);
  });

  test('survives a new send, and both codes work then', () => {
    const { challenge } = decideSend(APPROVED, NO_GUESSES, aSend(), DEFAULT_POLICY);
    const slot = slotOf(challenge, APPROVED.approval);
    expect(act(slot)).toMatchObject({
      outcome: 'APPROVED',
      slot: { challenge, approval: { challengeId: 'challenge' } },
    });
    expect(act(slot, { codeMac: 'fresh-mac' }).slot.approval).toMatchObject({ challengeId: 'fresh' });
  });

  test.each([
    [-1, 'APPROVED'],
    [0, 'ABSENT'],
    [1, 'ABSENT'],
  ])('%d ms from its expiry is %s to an action', (beside, outcome) => {
    expect(act(APPROVED, { now: START + APPROVAL_LIFE_MS + beside }).outcome).toBe(outcome);
  });

  test.each([
    [-1, 'BUSY'],
    [0, 'APPROVED'],
    [1, 'APPROVED'],
  ])('%d ms from the end of a claim is %s to the next action', (beside, outcome) => {
    const { slot } = act(APPROVED);
    const next = act(slot, { now: START + CLAIM_LIFE_MS + beside, intent: actionBy('next') });
    expect(next.outcome).toBe(outcome);
  });

  test('counts wrong codes as a challenge does', () => {
    const { slot, guesses, outcome } = act(APPROVED, { codeMac: 'wrong' });
    expect(outcome).toBe('WRONG');
    expect(slot).toEqual({ ...APPROVED, approval: anApproval({ tries: ['owner'] }) });
    expect(guesses.streak).toBe(1);
    const used = slotOf(APPROVED.challenge, anApproval({ tries: ['owner', 'owner', 'owner'] }));
    expect(act(used).outcome).toBe('EXHAUSTED');
    expect(act(used, { by: 'other' }).outcome).toBe('APPROVED');
  });

  test('counts a wrong code once at the destination when a challenge is pending beside it', () => {
    const both = slotOf(aChallenge({ id: 'next', codeMac: 'next' }), anApproval());
    const { slot, guesses } = act(both, { codeMac: 'wrong' });
    expect(slot).toMatchObject({ challenge: { tries: ['owner'] }, approval: { tries: ['owner'] } });
    expect(guesses.wrong).toHaveLength(1);
  });
});

describe('a verification token', () => {
  const take = (slot: Slot, ask: Partial<TokenAsk> = {}) =>
    decideToken(slot, { now: START, tokenHash: 'token', claimId: 'claim', ...ask });

  test('takes its approval for one action', () => {
    const claim = { id: 'claim', until: START + CLAIM_LIFE_MS };
    const taken = { ...APPROVED, approval: anApproval({ claim }) };
    expect(take(APPROVED)).toEqual({ outcome: 'APPROVED', slot: taken });
    expect(take(taken, { claimId: 'second' })).toEqual({ outcome: 'BUSY', slot: taken });
    expect(take(taken, { claimId: 'second', now: claim.until - 1 }).outcome).toBe('BUSY');
    expect(take(taken, { claimId: 'second', now: claim.until }).outcome).toBe('APPROVED');
  });

  test('is worth nothing elsewhere', () => {
    const absent = { outcome: 'ABSENT', slot: APPROVED };
    expect(take(APPROVED, { tokenHash: 'another' })).toEqual(absent);
    expect(take(APPROVED, { onlyUser: 'somebody' })).toEqual(absent);
    expect(take(PENDING).outcome).toBe('ABSENT');
    expect(take(EMPTY).outcome).toBe('ABSENT');
  });

  test.each([
    [-1, 'APPROVED'],
    [0, 'ABSENT'],
    [1, 'ABSENT'],
  ])('%d ms from the expiry of its approval is %s', (beside, outcome) => {
    expect(take(APPROVED, { now: START + APPROVAL_LIFE_MS + beside }).outcome).toBe(outcome);
  });
});
