// Codes that a provider compares (invariant 2): an attempt is counted before the provider is asked.
import { describe, expect, test } from '@jest/globals';
import { CHECK_LIFE_MS, decideAttempt, type Attempt } from '../../src/otp/attempt-rules.ts';
import { slotOf, type Challenge, type Destination } from '../../src/otp/challenge.ts';
import {
  actionBy,
  anApproval,
  anAttempt,
  aRemoteChallenge,
  beside,
  DEFAULT_POLICY,
  holding,
  named,
  NO_STREAK,
  SLOT,
  START,
  stranger,
} from './examples.ts';

const ONCE_WRONG = { attempts: [{ by: 'owner', at: START }], strangers: { wrong: 1, at: START }, known: NO_STREAK };
const attempt = (destination: Destination, different: Partial<Attempt> = {}, now = START) =>
  decideAttempt(destination, SLOT, anAttempt(different), DEFAULT_POLICY, now);
const attemptAt = (challenge: Challenge, different: Partial<Attempt> = {}, now = START) =>
  attempt(holding({ challenge }), different, now);
const DECOY = aRemoteChallenge({ deliverable: false });

describe('an attempt', () => {
  test('is counted before the provider is asked', () => {
    const checks = [{ codeMac: 'right', requesterId: 'owner', askedAt: START }];
    const challenge = aRemoteChallenge({ attempts: ['owner'], checks });
    expect(attemptAt(aRemoteChallenge())).toEqual({
      outcome: 'ASK',
      by: stranger('owner'),
      challenge,
      approval: null,
      attemptsRemaining: 2,
      destination: holding({ challenge }, { budget: ONCE_WRONG }),
    });
  });

  test.each([
    ['a decoy', { deliverable: false }, {}],
    ['a code of another user', { userId: 'user-1' }, { onlyUser: { id: 'user-2', authVersion: 0 } }],
    ['a code of a user, where nobody is known', { userId: 'user-1' }, { onlyUser: null }],
  ])('at %s is counted and noted alike, and nobody is asked', (_what, challenge, different) => {
    const real = attemptAt(aRemoteChallenge());
    const pretended = attemptAt(aRemoteChallenge(challenge), different);
    expect(pretended).toMatchObject({ outcome: 'PRETEND', attemptsRemaining: real.attemptsRemaining });
    expect(pretended.challenge).toEqual({ ...real.challenge, ...challenge });
    expect(pretended.destination.budget).toEqual(ONCE_WRONG);
  });

  test.each([
    ['a real one', true],
    ['a decoy', false],
  ])('waits, uncounted, while the first message is on its way: %s', (_what, deliverable) => {
    const onItsWay = holding({
      challenge: aRemoteChallenge({ deliverable, providerRef: null, deliveringSince: START }),
    });
    const decision = attempt(onItsWay);
    expect(decision.outcome).toBe('DELIVERING');
    expect(decision.destination).toBe(onItsWay);
  });

  test('does not wait for a message that is sent again, nor for one whose answer was lost', () => {
    expect(attemptAt(aRemoteChallenge({ deliveringSince: START })).outcome).toBe('ASK');
    expect(attemptAt(aRemoteChallenge({ providerRef: null })).outcome).toBe('ASK');
  });

  test('that is the fifth exhausts the challenge while the provider is asked', () => {
    const { outcome, challenge } = attemptAt(aRemoteChallenge({ attempts: ['a', 'a', 'b', 'b'] }));
    expect(outcome).toBe('ASK');
    expect(challenge?.status).toBe('exhausted');
  });

  test('with the code of an approval beside the challenge asks nobody', () => {
    const approval = anApproval({ challengeId: 'the-one-before' });
    const both = holding({ challenge: aRemoteChallenge(), approval });
    expect(attempt(both, { intent: actionBy('claim') })).toMatchObject({
      outcome: 'APPROVED',
      challenge: aRemoteChallenge(),
      approval: { challengeId: 'the-one-before', claim: { id: 'claim' } },
    });
    const asked = attempt(both, { codeMac: 'another', intent: actionBy('claim') });
    expect(asked).toMatchObject({
      outcome: 'ASK',
      challenge: { attempts: ['owner'] },
      approval: { attempts: ['owner'] },
    });
    expect(asked.destination.budget.attempts).toHaveLength(1);
  });
});

describe('the same code, while the provider is being asked about it', () => {
  test.each([
    ['a real one', aRemoteChallenge()],
    ['a decoy', DECOY],
  ])('waits, uncounted, whoever gives it: %s', (_what, challenge) => {
    const { destination } = attemptAt(challenge);
    for (const requesterId of ['owner', 'other'])
      for (const intent of [anAttempt().intent, actionBy('claim')]) {
        const decision = attempt(destination, { requester: named(requesterId), intent }, START + 5);
        expect(decision.outcome).toBe('CHECKING');
        expect(decision.destination).toBe(destination);
      }
  });

  test.each([
    ['a real one', aRemoteChallenge(), 'ASK'],
    ['a decoy', DECOY, 'PRETEND'],
  ])('waits no longer than a question may take: %s', (_what, challenge, outcome) => {
    const { destination } = attemptAt(challenge);
    for (const [ms, expected] of beside('CHECKING', outcome))
      expect(attempt(destination, {}, START + CHECK_LIFE_MS + ms).outcome).toBe(expected);
  });

  test('waits also for the one whose last attempt it is, who sent it twice', () => {
    const last = [
      ['owner', 'owner'],
      ['a', 'a', 'b', 'b'],
    ];
    for (const attempts of last)
      for (const challenge of [aRemoteChallenge({ attempts }), { ...DECOY, attempts }]) {
        const { destination } = attemptAt(challenge);
        const second = attempt(destination);
        expect(second.outcome).toBe('CHECKING');
        expect(second.destination).toBe(destination);
      }
  });

  test('tells nothing to one who has no attempt left, and would learn by waiting what the code is', () => {
    const { destination } = attemptAt(aRemoteChallenge({ attempts: ['stranger', 'stranger', 'stranger'] }));
    for (const codeMac of ['right', 'wrong'])
      expect(attempt(destination, { requester: named('stranger'), codeMac }).outcome).toBe('EXHAUSTED');
  });

  test('is told from another code, which is counted and asked about', () => {
    const { destination } = attemptAt(aRemoteChallenge());
    const other = attempt(destination, { codeMac: 'another', requester: named('other') }, START + 5);
    expect(other.outcome).toBe('ASK');
    expect(other.challenge?.checks).toEqual([
      { codeMac: 'right', requesterId: 'owner', askedAt: START },
      { codeMac: 'another', requesterId: 'other', askedAt: START + 5 },
    ]);
    expect(slotOf(other.destination, SLOT).challenge?.attempts).toEqual(['owner', 'other']);
  });

  test('finds a closed destination closed', () => {
    const { destination } = attemptAt(aRemoteChallenge());
    const closed = { ...destination, budget: { ...ONCE_WRONG, strangers: { wrong: 100, at: START } } };
    expect(attempt(closed).outcome).toBe('CLOSED');
  });
});

describe('a message that goes out later than its answer said', () => {
  const late = { providerRef: null, deliveringSince: START + 5_000 };

  test('is not waited for: a decoy has none, and whoever tries a code then must not learn of it', () => {
    const real = attempt(holding({ challenge: aRemoteChallenge(late) }), { codeMac: 'wrong' }, START + 5_001);
    const decoy = attempt(holding({ challenge: DECOY }), { codeMac: 'wrong' }, START + 5_001);
    expect([real.outcome, decoy.outcome]).toEqual(['PRETEND', 'PRETEND']);
    expect(real.attemptsRemaining).toBe(decoy.attemptsRemaining);
  });

  test('is asked about once it has gone out', () => {
    const gone = aRemoteChallenge({ deliveringSince: null });
    expect(attempt(holding({ challenge: gone }), {}, START + 6_000).outcome).toBe('ASK');
  });
});
