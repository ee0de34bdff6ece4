// Invariants 1 and 9: an approval is spent once, with what the action writes, and can be given back until then.
import { describe, expect, test } from '@jest/globals';
import { decideAttempt } from '../../src/otp/attempt-rules.ts';
import { APPROVAL_LIFE_MS, slotOf, type Approval, type Destination } from '../../src/otp/challenge.ts';
import {
  CLAIM_LIFE_MS,
  claimByToken,
  claimFor,
  consume,
  MAX_REFUSALS,
  release,
  type TokenClaim,
} from '../../src/otp/claim-rules.ts';
import {
  aChallenge,
  actionBy,
  anApproval,
  anAttempt,
  APPROVED,
  aRemoteChallenge,
  beside,
  DEFAULT_POLICY,
  holding,
  NOTHING,
  PENDING,
  SLOT,
  START,
} from './examples.ts';

const approvalOf = (destination: Destination) => slotOf(destination, SLOT).approval;
const withApproval = (different: Partial<Approval>) =>
  holding({ challenge: aChallenge({ status: 'approved' }), approval: anApproval(different) });
const HELD = withApproval({ claim: claimFor('claim', START) });

describe('a verification token', () => {
  const take = (destination: Destination, different: Partial<TokenClaim> = {}, now = START) =>
    claimByToken(destination, SLOT, { tokenHash: 'token-of-challenge', claimId: 'claim', ...different }, now);

  test('takes its approval for one action', () => {
    const taken = take(APPROVED);
    expect(taken).toEqual({ outcome: 'APPROVED', approval: approvalOf(HELD), destination: HELD });
    const second = take(HELD, { claimId: 'second' });
    expect(second).toMatchObject({ outcome: 'HELD', approval: approvalOf(HELD) });
    expect(second.destination).toBe(HELD);
  });

  test.each(beside('HELD', 'APPROVED'))('%d ms from the end of a claim is %s to the next action', (ms, outcome) => {
    expect(take(HELD, { claimId: 'second' }, START + CLAIM_LIFE_MS + ms).outcome).toBe(outcome);
  });

  test.each([
    ['another token', APPROVED, { tokenHash: 'another' }],
    ['another user', APPROVED, { onlyUser: { id: 'somebody', authVersion: 0 } }],
    ["nobody's, where it is a user's", withApproval({ userId: 'user' }), { onlyUser: null }],
    ['an approval that has no token', withApproval({ tokenHash: null }), {}],
    ['a pending challenge', PENDING, {}],
    ['nothing', NOTHING, {}],
  ])('is worth nothing elsewhere: %s', (_where, destination, different) => {
    const decision = take(destination, different);
    expect(decision).toMatchObject({ outcome: 'ABSENT', approval: null });
    expect(decision.destination).toBe(destination);
  });

  test('takes that of the user it is for, and of whomever where that is not asked', () => {
    const ofUser = withApproval({ userId: 'user' });
    expect(take(ofUser, { onlyUser: { id: 'user', authVersion: 3 } }).outcome).toBe('APPROVED');
    expect(take(ofUser).outcome).toBe('APPROVED');
    expect(take(APPROVED, { onlyUser: null }).outcome).toBe('APPROVED');
  });

  test.each(beside('APPROVED', 'ABSENT'))('%d ms from the expiry of its approval is %s', (ms, outcome) => {
    expect(take(APPROVED, {}, START + APPROVAL_LIFE_MS + ms).outcome).toBe(outcome);
  });
});

describe('an approval that is given back', () => {
  test('without a refusal can be taken again any number of times', () => {
    let destination: Destination = APPROVED;
    for (let round = 0; round < 2 * MAX_REFUSALS; round += 1) {
      const attempt = anAttempt({ intent: actionBy(`claim-${round}`) });
      const taken = decideAttempt(destination, SLOT, attempt, DEFAULT_POLICY, START);
      expect(taken.outcome).toBe('APPROVED');
      destination = release(taken.destination, SLOT, `claim-${round}`, false);
      expect(destination).toEqual(APPROVED);
    }
  });

  test('with a refusal ends at the third', () => {
    let destination = HELD;
    for (let refusals = 1; refusals < MAX_REFUSALS; refusals += 1) {
      destination = release(destination, SLOT, 'claim', true);
      expect(approvalOf(destination)).toEqual(anApproval({ refusals }));
      destination = withApproval({ refusals, claim: claimFor('claim', START) });
    }
    expect(approvalOf(release(destination, SLOT, 'claim', true))).toBeNull();
    // What is no refusal ends nothing, however many there were.
    expect(approvalOf(release(destination, SLOT, 'claim', false))).toEqual(anApproval({ refusals: MAX_REFUSALS - 1 }));
  });

  test('by one who does not hold it is no change', () => {
    for (const isRefusal of [true, false]) {
      expect(release(HELD, SLOT, 'somebody', isRefusal)).toBe(HELD);
      expect(release(HELD, 'LOGIN', 'claim', isRefusal)).toBe(HELD);
      for (const free of [APPROVED, PENDING, NOTHING]) expect(release(free, SLOT, 'claim', isRefusal)).toBe(free);
    }
  });
});

describe('an approval that is spent', () => {
  test('is gone, and its challenge stays answered', () => {
    const spent = consume(HELD, SLOT, 'claim', START);
    expect(slotOf(spent, SLOT)).toEqual({ challenge: aChallenge({ status: 'approved' }), approval: null });
    expect(consume(spent, SLOT, 'claim', START)).toBe(spent);
  });

  test.each(beside(true, false))('can be so until its expiry: %d ms from it: %s', (ms, can) => {
    const held = withApproval({ claim: claimFor('claim', START + APPROVAL_LIFE_MS - 5) });
    expect(consume(held, SLOT, 'claim', START + APPROVAL_LIFE_MS + ms) !== held).toBe(can);
  });

  test('can be so only by the one who holds it', () => {
    expect(consume(HELD, SLOT, 'somebody', START)).toBe(HELD);
    expect(consume(HELD, 'LOGIN', 'claim', START)).toBe(HELD);
    for (const free of [APPROVED, PENDING, NOTHING]) expect(consume(free, SLOT, 'claim', START)).toBe(free);
  });

  test('can be so by nobody whose claim another has taken over', () => {
    const now = START + CLAIM_LIFE_MS;
    const second = decideAttempt(HELD, SLOT, anAttempt({ intent: actionBy('second') }), DEFAULT_POLICY, now);
    expect(consume(second.destination, SLOT, 'claim', now)).toBe(second.destination);
    expect(approvalOf(consume(second.destination, SLOT, 'second', now))).toBeNull();
  });
});

describe('a code of before its owner’s sessions ended', () => {
  const before = { id: 'user', authVersion: 1 };
  const after = { id: 'user', authVersion: 2 };
  const ofUser = { userId: 'user', authVersion: 1 };
  const action = (destination: Destination, onlyUser: typeof before) =>
    decideAttempt(destination, SLOT, anAttempt({ onlyUser, intent: actionBy('claim') }), DEFAULT_POLICY, START).outcome;
  const byToken = (destination: Destination, onlyUser: typeof before) =>
    claimByToken(destination, SLOT, { tokenHash: 'token-of-challenge', claimId: 'claim', onlyUser }, START).outcome;

  test('approves no action of after', () => {
    const pending = holding({ challenge: aChallenge(ofUser) });
    expect([action(pending, before), action(pending, after)]).toEqual(['APPROVED', 'WRONG']);
  });

  test('is worth nothing where it was approved before', () => {
    const approved = withApproval(ofUser);
    expect([action(approved, before), action(approved, after)]).toEqual(['APPROVED', 'WRONG']);
    expect([byToken(approved, before), byToken(approved, after)]).toEqual(['APPROVED', 'ABSENT']);
  });

  test('is not asked of the provider', () => {
    const pending = holding({ challenge: aRemoteChallenge(ofUser) });
    expect([action(pending, before), action(pending, after)]).toEqual(['ASK', 'PRETEND']);
  });

  test('acts where an earlier release kept no version', () => {
    expect(byToken(withApproval({ userId: 'user', authVersion: null }), after)).toBe('APPROVED');
  });
});
