// A code that was answered rightly, given once more: to an action, and to the verifyOtp of the one who gave it (invariant 1).
import { describe, expect, test } from '@jest/globals';
import { decideAttempt, type Attempt } from '../../src/otp/attempt-rules.ts';
import { APPROVAL_LIFE_MS, slotOf, type Destination } from '../../src/otp/challenge.ts';
import { CLAIM_LIFE_MS, release } from '../../src/otp/claim-rules.ts';
import { decideSend } from '../../src/otp/send-rules.ts';
import {
  aChallenge,
  actionBy,
  anApproval,
  anAttempt,
  APPROVED,
  aRequest,
  beside,
  CLOSED,
  DEFAULT_POLICY,
  holding,
  named,
  NO_STREAK,
  PENDING,
  SLOT,
  START,
  USER,
} from './examples.ts';

const verify = (destination: Destination, different: Partial<Attempt> = {}, now = START) =>
  decideAttempt(destination, SLOT, anAttempt(different), DEFAULT_POLICY, now);
const act = (destination: Destination, different: Partial<Attempt> = {}, now = START) =>
  verify(destination, { intent: actionBy('claim'), ...different }, now);
const sentAnew = decideSend(APPROVED, SLOT, aRequest(), DEFAULT_POLICY, START).destination;

describe('an action', () => {
  test('takes an approval by its code, and holds it', () => {
    const taken = act(APPROVED);
    const claim = { id: 'claim', until: START + CLAIM_LIFE_MS };
    expect(taken).toMatchObject({ outcome: 'APPROVED', approval: anApproval({ claim }) });
    const second = act(taken.destination, { intent: actionBy('second') });
    expect(second).toMatchObject({ outcome: 'HELD', approval: anApproval({ claim }) });
    expect(second.destination).toBe(taken.destination);
  });

  test('takes it whoever gave the code first', () => {
    expect(act(APPROVED, { requester: named('other') }).outcome).toBe('APPROVED');
  });

  test('does not end the row of wrong codes a second time', () => {
    const budget = { attempts: [], strangers: { wrong: 5, at: START }, known: NO_STREAK };
    const approved = holding({ ...slotOf(APPROVED, SLOT) }, { budget });
    expect(act(approved).destination.budget).toBe(budget);
  });

  test('takes it also after a new code was sent, and both codes work then', () => {
    const { challenge } = slotOf(sentAnew, SLOT);
    const first = act(sentAnew);
    expect(first).toMatchObject({ outcome: 'APPROVED', challenge, approval: { challengeId: 'challenge' } });
    expect(act(sentAnew, { codeMac: 'fresh-mac' }).approval).toMatchObject({ challengeId: 'fresh' });
  });

  test.each(beside('APPROVED', 'ABSENT'))('%d ms from its expiry is %s', (ms, outcome) => {
    expect(act(APPROVED, {}, START + APPROVAL_LIFE_MS + ms).outcome).toBe(outcome);
  });

  test.each(beside('HELD', 'APPROVED'))('%d ms from the end of a claim is %s to the next', (ms, outcome) => {
    const { destination } = act(APPROVED);
    const next = act(destination, { intent: actionBy('next') }, START + CLAIM_LIFE_MS + ms);
    expect(next.outcome).toBe(outcome);
  });

  test('takes only that of the user it is for', () => {
    const ofUser = holding({ challenge: null, approval: anApproval({ userId: 'user' }) });
    expect(act(ofUser, { onlyUser: USER }).outcome).toBe('APPROVED');
    expect(act(ofUser, { onlyUser: { ...USER, id: 'another' } }).outcome).toBe('WRONG');
    expect(act(ofUser, { onlyUser: null }).outcome).toBe('WRONG');
  });

  test('finds nothing when another challenge was meant', () => {
    expect(act(APPROVED, { challengeId: 'another' }).outcome).toBe('ABSENT');
    expect(act(APPROVED, { challengeId: 'challenge' }).outcome).toBe('APPROVED');
  });

  test('finds a closed destination closed', () => {
    const closed = holding({ ...slotOf(APPROVED, SLOT) }, { budget: CLOSED });
    expect(act(closed).outcome).toBe('CLOSED');
    expect(act(closed).destination).toBe(closed);
  });
});

describe('verifyOtp', () => {
  test('says the same once more to the one who gave the code, and nothing is written', () => {
    const first = verify(PENDING);
    const second = verify(first.destination, {}, START + 5_000);
    expect(second).toEqual({ ...first, by: second.by });
    expect(second.destination).toBe(first.destination);
  });

  test('says it as long as the approval lives', () => {
    expect(verify(APPROVED, {}, START + APPROVAL_LIFE_MS - 1).outcome).toBe('APPROVED');
    expect(verify(APPROVED, {}, START + APPROVAL_LIFE_MS).outcome).toBe('ABSENT');
  });

  test('tells nobody else, and nobody at all where an earlier release kept no name', () => {
    for (const [approvedBy, requesterId] of [['owner', 'other'] as const, [null, 'owner'] as const]) {
      const approved = holding({ challenge: aChallenge({ status: 'approved' }), approval: anApproval({ approvedBy }) });
      const decision = verify(approved, { requester: named(requesterId) });
      expect(decision.outcome).toBe('ABSENT');
      expect(decision.destination).toBe(approved);
    }
  });

  test('waits while an action holds the approval', () => {
    const { destination } = act(APPROVED);
    expect(verify(destination).outcome).toBe('HELD');
    expect(verify(destination).destination).toBe(destination);
  });

  test('gets a token of its own where an action took the code first and gave it back', () => {
    const taken = act(PENDING);
    const given = release(taken.destination, SLOT, 'claim', true);
    const verified = verify(given);
    expect(verified).toMatchObject({ outcome: 'APPROVED', approval: anApproval({ refusals: 1 }) });
    expect(verify(verified.destination).destination).toBe(verified.destination);
  });

  test('says it also after a new code was sent, and approves that one too', () => {
    expect(verify(sentAnew)).toMatchObject({ outcome: 'APPROVED', approval: anApproval() });
    expect(verify(sentAnew).destination).toBe(sentAnew);
    const next = verify(sentAnew, { codeMac: 'fresh-mac' });
    expect(next.approval).toMatchObject({ challengeId: 'fresh', tokenHash: 'token-of-fresh' });
  });
});

describe('a wrong code', () => {
  const wrong = { codeMac: 'wrong' };

  test.each([
    ['an action', actionBy('claim')],
    ['verifyOtp, for the one who gave it', anAttempt().intent],
  ])('at an approval counts as at a challenge: %s', (_whose, intent) => {
    const decision = act(APPROVED, { ...wrong, intent });
    const approval = anApproval({ attempts: ['owner'] });
    expect(decision).toMatchObject({ outcome: 'WRONG', approval, attemptsRemaining: 2 });
    expect(decision.destination.budget).toEqual({
      attempts: [{ by: 'owner', at: START }],
      strangers: { wrong: 1, at: START },
      known: NO_STREAK,
    });
    const used = holding({
      challenge: aChallenge({ status: 'approved' }),
      approval: anApproval({ attempts: ['owner', 'owner', 'owner'], askedBy: ['owner', 'other'] }),
    });
    expect(act(used, { intent }).outcome).toBe('EXHAUSTED');
    expect(act(used, { intent }).destination).toBe(used);
    expect(act(used, { requester: named('other') }).outcome).toBe('APPROVED');
  });

  test("of verifyOtp does not count at another's approval, which it cannot answer", () => {
    const decision = verify(APPROVED, { ...wrong, requester: named('other') });
    expect(decision.outcome).toBe('ABSENT');
    expect(decision.destination).toBe(APPROVED);
  });

  test('counts once at the destination when a challenge is pending beside an approval', () => {
    const decision = act(sentAnew, wrong);
    expect(decision).toMatchObject({ challenge: { attempts: ['owner'] }, approval: { attempts: ['owner'] } });
    expect(decision.destination.budget.attempts).toHaveLength(1);
  });

  test('leaves as many as the better of the two has', () => {
    const both = (challengeAttempts: string[], approvalAttempts: string[]) =>
      act(
        holding({
          challenge: aChallenge({ id: 'next', codeMac: 'next', attempts: challengeAttempts }),
          approval: anApproval({ attempts: approvalAttempts }),
        }),
        wrong,
      ).attemptsRemaining;
    expect(both(['owner'], [])).toBe(2);
    expect(both([], ['owner'])).toBe(2);
    expect(both(['owner', 'owner'], ['owner', 'owner'])).toBe(0);
  });
});
