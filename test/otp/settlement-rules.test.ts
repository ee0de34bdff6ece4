// What the provider said of an attempt: it is settled once (invariant 1), and given back only where nobody was asked.
import { describe, expect, test } from '@jest/globals';
import { decideAttempt, type Attempt } from '../../src/otp/attempt-rules.ts';
import { settleAttempt, type Settlement } from '../../src/otp/settlement-rules.ts';
import { APPROVAL_LIFE_MS, slotOf, type Destination } from '../../src/otp/challenge.ts';
import { CLAIM_LIFE_MS } from '../../src/otp/claim-rules.ts';
import {
  aChallenge,
  actionBy,
  anApproval,
  anAttempt,
  aRemoteChallenge,
  DEFAULT_POLICY,
  holding,
  named,
  NO_STREAK,
  SLOT,
  START,
  stranger,
} from './examples.ts';

const ONCE_WRONG = { attempts: [{ by: 'owner', at: START }], strangers: { wrong: 1, at: START }, known: NO_STREAK };
const VERDICTS = ['APPROVED', 'WRONG', 'REFUND', 'GONE', 'NO_CHECKS_LEFT'] as const;
const SOON = START + 9;

const ask = (destination: Destination, different: Partial<Attempt> = {}, now = START) =>
  decideAttempt(destination, SLOT, anAttempt(different), DEFAULT_POLICY, now).destination;
const settle = (destination: Destination, verdict: Settlement['verdict'], different: Partial<Settlement> = {}) => {
  const { requester } = different.attempt ?? anAttempt();
  const by = stranger(requester.id);
  const usual = { codeId: 'challenge', attempt: anAttempt(), by, askedAt: START, isLate: false };
  return settleAttempt(destination, SLOT, { verdict, ...usual, ...different }, SOON);
};
const asked = ask(holding({ challenge: aRemoteChallenge() }));

describe('APPROVED', () => {
  test('makes an approval, and takes the attempt back, which was no wrong one', () => {
    const others = [{ by: 'stranger', at: START - 1 }];
    const budget = { attempts: others, strangers: { wrong: 1, at: START - 1 }, known: NO_STREAK };
    const before = ask(holding({ challenge: aRemoteChallenge({ userId: 'user' }) }, { budget }));
    const approval = anApproval({ userId: 'user', expiresAt: SOON + APPROVAL_LIFE_MS });
    const challenge = aRemoteChallenge({ userId: 'user', status: 'approved', attempts: ['owner'] });
    expect(settle(before, 'APPROVED')).toEqual({
      outcome: 'APPROVED',
      approval,
      destination: holding(
        { challenge, approval },
        {
          budget: { attempts: others, strangers: { wrong: 0, at: START }, known: NO_STREAK },
          clients: [{ id: 'owner', at: SOON }],
        },
      ),
    });
  });

  test('for an action is held by it at once', () => {
    const attempt = anAttempt({ intent: actionBy('claim') });
    const { approval } = settle(asked, 'APPROVED', { attempt });
    expect(approval).toMatchObject({ tokenHash: null, claim: { id: 'claim', until: SOON + CLAIM_LIFE_MS } });
  });

  test('that comes late is held by no action, and is the code that can be given again', () => {
    const attempt = anAttempt({ intent: actionBy('claim') });
    const { destination, approval } = settle(asked, 'APPROVED', { attempt, isLate: true });
    expect(approval).toMatchObject({ claim: null, approvedBy: 'owner' });
    const again = (different: Partial<Attempt>) =>
      decideAttempt(destination, SLOT, anAttempt(different), DEFAULT_POLICY, SOON).outcome;
    expect(again({})).toBe('APPROVED');
    expect(again({ intent: actionBy('next') })).toBe('APPROVED');
    expect(again({ requester: named('other') })).toBe('ABSENT');
  });

  test('is one approval, whatever comes after it', () => {
    const { destination } = settle(asked, 'APPROVED');
    for (const late of VERDICTS) {
      const second = settle(destination, late);
      expect(second).toMatchObject({ outcome: 'ABSENT', approval: slotOf(destination, SLOT).approval });
      expect(second.destination).toBe(destination);
    }
  });

  test('counts also where another answer called the challenge ended or exhausted meanwhile', () => {
    for (const before of ['GONE', 'NO_CHECKS_LEFT'] as const)
      expect(settle(settle(asked, before).destination, 'APPROVED').outcome).toBe('APPROVED');
  });
});

test('no verdict means anything for a code that has been replaced, or where nothing is kept', () => {
  const replaced = holding(
    { challenge: aRemoteChallenge({ id: 'another', codeId: 'another' }) },
    { budget: ONCE_WRONG },
  );
  const renewed = holding({ challenge: aRemoteChallenge({ codeId: 'another' }) }, { budget: ONCE_WRONG });
  const empty = holding({}, { budget: ONCE_WRONG });
  for (const verdict of VERDICTS)
    for (const destination of [replaced, renewed, empty]) {
      const decision = settle(destination, verdict);
      expect(decision.outcome).toBe('ABSENT');
      expect(decision.destination).toBe(destination);
    }
});

describe('REFUND', () => {
  test('gives one attempt back', () => {
    const twice = ask(asked, { codeMac: 'another' }, START + 5);
    const { outcome, destination } = settle(twice, 'REFUND');
    expect(outcome).toBe('WRONG');
    expect(slotOf(destination, SLOT).challenge?.attempts).toEqual(['owner']);
    expect(destination.budget).toEqual({
      attempts: [{ by: 'owner', at: START + 5 }],
      strangers: { wrong: 1, at: START + 5 },
      known: NO_STREAK,
    });
  });

  test('opens what the attempt had exhausted', () => {
    const last = ask(holding({ challenge: aRemoteChallenge({ attempts: ['a', 'a', 'b', 'b'] }) }));
    expect(slotOf(last, SLOT).challenge?.status).toBe('exhausted');
    const { destination } = settle(last, 'REFUND');
    expect(slotOf(destination, SLOT).challenge).toEqual(aRemoteChallenge({ attempts: ['a', 'a', 'b', 'b'] }));
    expect(destination.budget).toMatchObject({ attempts: [], strangers: { wrong: 0 } });
  });

  test('opens nothing that was canceled meanwhile', () => {
    const { slots } = asked;
    const canceled = { ...slots[SLOT]!.challenge!, status: 'canceled' as const };
    const { destination } = settle({ ...asked, slots: { [SLOT]: { challenge: canceled, approval: null } } }, 'REFUND');
    expect(slotOf(destination, SLOT).challenge).toMatchObject({ status: 'canceled', attempts: [] });
  });
});

describe('an attempt that stays spent', () => {
  test('is WRONG, and the challenge goes on', () => {
    const { outcome, destination } = settle(asked, 'WRONG');
    expect(outcome).toBe('WRONG');
    expect(destination).toEqual(
      holding({ challenge: aRemoteChallenge({ attempts: ['owner'] }) }, { budget: ONCE_WRONG }),
    );
  });

  test('is GONE, and ends the challenge', () => {
    const { outcome, destination } = settle(asked, 'GONE');
    expect(outcome).toBe('ABSENT');
    expect(slotOf(destination, SLOT).challenge).toMatchObject({ status: 'canceled', attempts: ['owner'] });
    expect(destination.budget).toEqual(ONCE_WRONG);
  });

  test('is NO_CHECKS_LEFT, and exhausts the challenge', () => {
    const { outcome, destination } = settle(asked, 'NO_CHECKS_LEFT');
    expect(outcome).toBe('EXHAUSTED');
    expect(slotOf(destination, SLOT).challenge).toMatchObject({ status: 'exhausted', attempts: ['owner'] });
    expect(destination.budget).toEqual(ONCE_WRONG);
  });
});

describe('the question to the provider', () => {
  test.each(VERDICTS)('is over with the answer %s, and only that one', (verdict) => {
    const other = { codeMac: 'another', requesterId: 'owner', askedAt: START + 5 };
    const twice = ask(asked, { codeMac: 'another' }, START + 5);
    const { destination } = settle(twice, verdict);
    expect(slotOf(destination, SLOT).challenge?.checks).toEqual([other]);
  });

  test('that has its answer holds up nobody: the same code is compared anew', () => {
    const { destination } = settle(asked, 'WRONG');
    expect(decideAttempt(destination, SLOT, anAttempt(), DEFAULT_POLICY, SOON).outcome).toBe('ASK');
  });

  test('leaves the approval of the challenge before, but for a new one', () => {
    const before = anApproval({ challengeId: 'the-one-before' });
    const both = holding({ challenge: slotOf(asked, SLOT).challenge, approval: before });
    for (const verdict of ['WRONG', 'REFUND', 'GONE', 'NO_CHECKS_LEFT'] as const)
      expect(settle(both, verdict).approval).toBe(before);
    expect(settle(both, 'APPROVED').approval?.challengeId).toBe('challenge');
  });
});

test('a code of the local engine is never settled by accident: its challenge is approved where it was right', () => {
  const approved = holding({ challenge: aChallenge({ status: 'approved' }), approval: anApproval() });
  for (const verdict of VERDICTS) expect(settle(approved, verdict).destination).toBe(approved);
});
