// Codes that the store compares: the local engine's, and those that were answered rightly before.
import { describe, expect, test } from '@jest/globals';
import { FULL_BUDGET, type AttemptBudget } from '../../src/otp/attempt-budget.ts';
import { decideAttempt, type Attempt } from '../../src/otp/attempt-rules.ts';
import { APPROVAL_LIFE_MS, slotOf, type Challenge, type Destination } from '../../src/otp/challenge.ts';
import { CLAIM_LIFE_MS } from '../../src/otp/claim-rules.ts';
import {
  aChallenge,
  actionBy,
  anApproval,
  anAttempt,
  beside,
  CLOSED,
  DEFAULT_POLICY,
  holding,
  named,
  NO_STREAK,
  NOTHING,
  PENDING,
  SLOT,
  START,
  stranger,
  USER,
} from './examples.ts';

const attempt = (destination: Destination, different: Partial<Attempt> = {}, now = START) =>
  decideAttempt(destination, SLOT, anAttempt(different), DEFAULT_POLICY, now);
const attemptAt = (challenge: Challenge, different: Partial<Attempt> = {}) =>
  attempt(holding({ challenge }), different);
const { expiresAt } = aChallenge();

describe('a right code', () => {
  test('approves, keeps the token, and ends the row of wrong codes', () => {
    const budget = {
      attempts: [{ by: 'owner', at: START - 1 }],
      strangers: { wrong: 42, at: START - 1 },
      known: NO_STREAK,
    };
    const challenge = aChallenge({ attempts: ['owner'], userId: 'user' });
    const after = {
      challenge: { ...challenge, status: 'approved' as const },
      approval: anApproval({ userId: 'user', expiresAt: START + APPROVAL_LIFE_MS }),
    };
    expect(attempt(holding({ challenge }, { budget }))).toEqual({
      outcome: 'APPROVED',
      by: stranger('owner'),
      ...after,
      attemptsRemaining: 2,
      destination: holding(after, {
        budget: { ...budget, strangers: { wrong: 0, at: START - 1 } },
        clients: [{ id: 'owner', at: START }],
      }),
    });
  });

  test('of an action approves and is held by it at once', () => {
    const claim = { id: 'claim', until: START + CLAIM_LIFE_MS };
    const approval = anApproval({ tokenHash: null, claim });
    expect(attempt(PENDING, { intent: actionBy('claim') })).toMatchObject({ outcome: 'APPROVED', approval });
  });

  test('names who gave it', () => {
    expect(attempt(PENDING, { requester: named('other') }).approval?.approvedBy).toBe('other');
  });

  test.each(beside('APPROVED', 'ABSENT'))('%d ms from the expiry is %s', (ms, outcome) => {
    expect(attempt(PENDING, {}, expiresAt + ms).outcome).toBe(outcome);
  });

  test.each(['approved', 'canceled'] as const)('finds nothing at a challenge that is %s', (status) => {
    const over = holding({ challenge: aChallenge({ status }) });
    expect(attempt(over).outcome).toBe('ABSENT');
    expect(attempt(over).destination).toBe(over);
  });

  test('comes too late at an exhausted challenge, until that would have expired', () => {
    const exhausted = holding({ challenge: aChallenge({ status: 'exhausted' }) });
    const decision = attempt(exhausted, {}, expiresAt - 1);
    expect(decision.outcome).toBe('EXHAUSTED');
    expect(decision.destination).toBe(exhausted);
    expect(attempt(exhausted, {}, expiresAt).outcome).toBe('ABSENT');
  });

  test('works on the third attempt of a requester and the fifth of a challenge, and not after', () => {
    expect(attemptAt(aChallenge({ attempts: ['owner', 'owner'] })).outcome).toBe('APPROVED');
    expect(attemptAt(aChallenge({ attempts: ['owner', 'owner', 'owner'] })).outcome).toBe('EXHAUSTED');
    expect(attemptAt(aChallenge({ attempts: ['a', 'a', 'a', 'b'] })).outcome).toBe('APPROVED');
    expect(attemptAt(aChallenge({ attempts: ['a', 'a', 'a', 'b', 'b'] })).outcome).toBe('EXHAUSTED');
  });

  test('works for the owner after a stranger spent all that one requester may', () => {
    let destination = PENDING;
    const outcomes = Array.from({ length: 10 }, () => {
      const decision = attempt(destination, { requester: named('stranger'), codeMac: 'wrong' });
      ({ destination } = decision);
      return decision.outcome;
    });
    expect(outcomes).toEqual([...Array<string>(3).fill('WRONG'), ...Array<string>(7).fill('EXHAUSTED')]);
    expect(attempt(destination).outcome).toBe('APPROVED');
  });

  test('is wrong at a decoy, and for another user', () => {
    expect(attemptAt(aChallenge({ deliverable: false })).outcome).toBe('WRONG');
    const ofUser = aChallenge({ userId: 'user' });
    expect(attemptAt(ofUser, { onlyUser: { ...USER, id: 'another' } }).outcome).toBe('WRONG');
    expect(attemptAt(ofUser, { onlyUser: null }).outcome).toBe('WRONG');
    expect(attemptAt(ofUser, { onlyUser: USER }).outcome).toBe('APPROVED');
    expect(attemptAt(ofUser, { onlyUser: undefined }).outcome).toBe('APPROVED');
  });

  test('finds nothing when another challenge was meant', () => {
    const decision = attempt(PENDING, { challengeId: 'another' });
    expect(decision.outcome).toBe('ABSENT');
    expect(decision.destination).toBe(PENDING);
    expect(attempt(PENDING, { challengeId: 'challenge' }).outcome).toBe('APPROVED');
  });
});

describe('a wrong code', () => {
  const wrong = { codeMac: 'wrong' };

  test('is counted at the challenge and at the destination', () => {
    const challenge = aChallenge({ attempts: ['owner'] });
    const budget = { attempts: [{ by: 'owner', at: START }], strangers: { wrong: 1, at: START }, known: NO_STREAK };
    expect(attempt(PENDING, wrong)).toEqual({
      outcome: 'WRONG',
      by: stranger('owner'),
      challenge,
      approval: null,
      attemptsRemaining: 2,
      destination: holding({ challenge }, { budget }),
    });
  });

  test('that is the fifth exhausts the challenge', () => {
    const { outcome, challenge } = attemptAt(aChallenge({ attempts: ['a', 'a', 'a', 'b'] }), wrong);
    expect(outcome).toBe('WRONG');
    expect(challenge).toMatchObject({ status: 'exhausted', attempts: ['a', 'a', 'a', 'b', 'owner'] });
  });

  test('counts nowhere when nothing is pending, when attempts are used up, or when the destination is closed', () => {
    const none: [Destination, string][] = [
      [NOTHING, 'ABSENT'],
      [holding({ challenge: aChallenge({ status: 'canceled' }) }), 'ABSENT'],
      [holding({ challenge: aChallenge({ attempts: ['owner', 'owner', 'owner'] }) }), 'EXHAUSTED'],
      [holding({ challenge: aChallenge() }, { budget: CLOSED }), 'CLOSED'],
    ];
    for (const [destination, outcome] of none) {
      const decision = attempt(destination, wrong);
      expect(decision.outcome).toBe(outcome);
      expect(decision.destination).toBe(destination);
    }
  });

  test('at a closed destination is not told from a right one', () => {
    const closed = holding({ challenge: aChallenge() }, { budget: CLOSED });
    expect(attempt(closed).outcome).toBe('CLOSED');
    expect(attempt(closed).destination).toBe(closed);
  });
});

describe('the attempts that remain', () => {
  const remaining = (challenge: Challenge, budget: AttemptBudget = FULL_BUDGET, different: Partial<Attempt> = {}) =>
    attempt(holding({ challenge }, { budget }), { codeMac: 'wrong', ...different }).attemptsRemaining;
  const spent = (by: string, count: number): AttemptBudget => ({
    attempts: Array.from({ length: count }, () => ({ by, at: START })),
    strangers: { wrong: count, at: START },
    known: NO_STREAK,
  });

  test('after a wrong code are the least of what the challenge, the hour and the row leave', () => {
    expect(remaining(aChallenge())).toBe(2);
    expect(remaining(aChallenge({ attempts: ['owner'] }))).toBe(1);
    expect(remaining(aChallenge({ attempts: ['a', 'a', 'a'] }))).toBe(1);
    expect(remaining(aChallenge(), spent('owner', 8))).toBe(1);
    expect(remaining(aChallenge(), spent('owner', 9))).toBe(0);
    expect(remaining(aChallenge(), spent('a', 9))).toBe(2);
    expect(remaining(aChallenge(), { ...CLOSED, strangers: { wrong: 98, at: START } })).toBe(1);
    expect(remaining(aChallenge(), { ...CLOSED, strangers: { wrong: 99, at: START } })).toBe(0);
  });

  test('after a right code are what its challenge had', () => {
    expect(remaining(aChallenge(), FULL_BUDGET, { codeMac: 'right' })).toBe(3);
    expect(remaining(aChallenge({ attempts: ['owner'] }), FULL_BUDGET, { codeMac: 'right' })).toBe(2);
    expect(remaining(aChallenge({ attempts: ['owner', 'owner'] }), FULL_BUDGET, { codeMac: 'right' })).toBe(1);
  });

  test('are none where nothing is pending, where they are used up and where the destination is closed', () => {
    expect(attempt(NOTHING).attemptsRemaining).toBe(0);
    expect(remaining(aChallenge({ attempts: ['owner', 'owner', 'owner'] }))).toBe(0);
    expect(remaining(aChallenge(), CLOSED)).toBe(0);
  });

  test('are never fewer than none', () => {
    const lowered = { ...DEFAULT_POLICY, maxAttempts: 1 };
    const tried = holding({ challenge: aChallenge({ attempts: ['a', 'a', 'a'] }) }, { budget: spent('owner', 11) });
    expect(decideAttempt(tried, SLOT, anAttempt(), lowered, START).attemptsRemaining).toBe(0);
  });

  test('at an approval are not those of a challenge beside it that can be answered no more', () => {
    const approval = anApproval({ attempts: ['owner', 'owner'] });
    const over = [
      aChallenge({ id: 'next', status: 'canceled' }),
      aChallenge({ id: 'next', expiresAt: START }),
      aChallenge({ id: 'next', status: 'exhausted' }),
    ];
    for (const challenge of over) {
      const decision = attempt(holding({ challenge, approval }), { codeMac: 'wrong', intent: actionBy('claim') });
      expect(decision).toMatchObject({ outcome: 'WRONG', attemptsRemaining: 0 });
    }
  });
});

test('an attempt leaves the other slots and the messages of its destination as they are', () => {
  const other = { challenge: aChallenge({ id: 'other' }), approval: null };
  const messages = [{ family: SLOT, at: START }];
  const before = holding({ challenge: aChallenge() }, { slots: { LOGIN: other }, messages });
  for (const codeMac of ['right', 'wrong']) {
    const { destination } = attempt(before, { codeMac });
    expect(slotOf(destination, 'LOGIN')).toBe(other);
    expect(destination.messages).toBe(messages);
  }
});
