import { describe, expect, test } from '@jest/globals';
import {
  attemptsLeft,
  DELIVERY_LIFE_MS,
  forgottenAt,
  isDelivering,
  isExhausted,
  isHeld,
  isLive,
  isPending,
  isRunning,
  mayRun,
  slotOf,
  withSlot,
  type ChallengePolicy,
} from '../../src/otp/challenge.ts';
import {
  aChallenge,
  anApproval,
  aRemoteChallenge,
  beside,
  DEFAULT_POLICY,
  named,
  NOTHING,
  SLOT,
  START,
  stranger,
} from './examples.ts';

const PROVIDER_LIFE_MS = 600_000;

/** What is left to one of those who asked. */
const left = (attempts: string[], by: string, policy: ChallengePolicy) =>
  attemptsLeft({ attempts, askedBy: ['a', 'b', 'c'], isAskedByKnown: false }, stranger(by), policy);

describe('attempts', () => {
  test('are five of a challenge, of which three of one requester', () => {
    expect(left([], 'a', DEFAULT_POLICY)).toBe(3);
    expect(left(['a', 'a', 'b'], 'a', DEFAULT_POLICY)).toBe(1);
    expect(left(['a', 'a', 'a'], 'a', DEFAULT_POLICY)).toBe(0);
    expect(left(['a', 'a', 'a'], 'b', DEFAULT_POLICY)).toBe(2);
    expect(left(['a', 'a', 'a', 'b', 'b'], 'c', DEFAULT_POLICY)).toBe(0);
  });

  test('leave two to whoever asked for the code, over any number of others', () => {
    const of = (attempts: string[]) => ({ attempts, askedBy: ['owner'], isAskedByKnown: false });
    expect(attemptsLeft(of([]), stranger('x'), DEFAULT_POLICY)).toBe(3);
    expect(attemptsLeft(of(['x', 'y']), stranger('z'), DEFAULT_POLICY)).toBe(1);
    expect(attemptsLeft(of(['x', 'y', 'z']), stranger('v'), DEFAULT_POLICY)).toBe(0);
    expect(attemptsLeft(of(['x', 'y', 'z']), stranger('owner'), DEFAULT_POLICY)).toBe(2);
  });

  test('are left to clients that have proven themselves, once one of them asked', () => {
    const of = { attempts: ['x', 'y', 'z'], askedBy: ['stranger', 'owner'], isAskedByKnown: true };
    expect(attemptsLeft(of, stranger('stranger'), DEFAULT_POLICY)).toBe(0);
    expect(attemptsLeft(of, { ...stranger('owner'), isKnown: true }, DEFAULT_POLICY)).toBe(2);
  });

  test('of a user count against the address too, and of an address against its users', () => {
    const by = (id: string, addressId: string) => ({
      ...named(id, { addressId }),
      isKnown: false,
      countedAs: id === addressId ? [id] : [id, addressId],
    });
    const of = { attempts: ['user far', 'far', 'user home'], askedBy: ['user', 'far', 'home'], isAskedByKnown: false };
    expect(attemptsLeft(of, by('user', 'far'), DEFAULT_POLICY)).toBe(0);
    expect(attemptsLeft(of, by('another', 'far'), DEFAULT_POLICY)).toBe(0);
    expect(attemptsLeft(of, by('home', 'home'), DEFAULT_POLICY)).toBe(2);
  });

  test('follow a lower maximum of the operator', () => {
    const policy = { ...DEFAULT_POLICY, maxAttempts: 2 };
    expect(left([], 'a', policy)).toBe(2);
    expect(left(['b'], 'a', policy)).toBe(1);
  });
});

describe('a challenge', () => {
  const { expiresAt } = aChallenge();

  test.each(beside(true, false))(
    'is pending, or exhausted, or running, until its expiry: %d ms from it: %s',
    (ms, alive) => {
      const exhausted = aChallenge({ status: 'exhausted' });
      expect(isPending(aChallenge(), expiresAt + ms)).toBe(alive);
      expect(isExhausted(exhausted, expiresAt + ms)).toBe(alive);
      for (const challenge of [aChallenge(), exhausted]) expect(isRunning(challenge, expiresAt + ms)).toBe(alive);
    },
  );

  test('is pending in its pending state only', () => {
    expect(isPending(null, START)).toBe(false);
    for (const status of ['approved', 'exhausted', 'canceled'] as const)
      expect(isPending(aChallenge({ status }), START)).toBe(false);
  });

  test('is exhausted in its exhausted state only', () => {
    expect(isExhausted(null, START)).toBe(false);
    for (const status of ['pending', 'approved', 'canceled'] as const)
      expect(isExhausted(aChallenge({ status }), START)).toBe(false);
  });

  test('is running neither when it was answered nor when it was ended', () => {
    expect(isRunning(null, START)).toBe(false);
    for (const status of ['approved', 'canceled'] as const)
      expect(isRunning(aChallenge({ status }), START)).toBe(false);
  });

  test('is being delivered until its delivery ends or takes too long', () => {
    const delivering = aChallenge({ deliveringSince: START });
    expect(isDelivering(delivering, START)).toBe(true);
    expect(isDelivering(delivering, START + DELIVERY_LIFE_MS - 1)).toBe(true);
    expect(isDelivering(delivering, START + DELIVERY_LIFE_MS)).toBe(false);
    expect(isDelivering(aChallenge(), START)).toBe(false);
  });
});

describe('a verification at the provider', () => {
  test.each(beside(true, false))(
    'may run as long as a provider knows one, whatever its status here: %d ms from then: %s',
    (ms, runs) => {
      for (const status of ['pending', 'exhausted', 'canceled'] as const)
        expect(mayRun(aRemoteChallenge({ status }), START + PROVIDER_LIFE_MS + ms, DEFAULT_POLICY)).toBe(runs);
    },
  );

  test('outlives a challenge of a shorter life', () => {
    const policy = { ...DEFAULT_POLICY, ttlMs: 60_000 };
    const brief = aRemoteChallenge({ expiresAt: START + policy.ttlMs });
    expect(forgottenAt(brief, policy)).toBe(START + PROVIDER_LIFE_MS);
    expect(mayRun(brief, START + policy.ttlMs, policy)).toBe(true);
  });

  test('ends no earlier than a challenge of a longer life', () => {
    const policy = { ...DEFAULT_POLICY, ttlMs: 900_000 };
    const long = aRemoteChallenge({ expiresAt: START + policy.ttlMs });
    expect(forgottenAt(long, policy)).toBe(long.expiresAt);
  });

  test('is none where nothing was sent, where the start was refused, and where the code was right', () => {
    const none = [
      aRemoteChallenge({ deliverable: false }),
      aRemoteChallenge({ status: 'canceled', failure: 'PROVIDER_ERROR' }),
      aRemoteChallenge({ status: 'approved' }),
    ];
    for (const challenge of none) expect(mayRun(challenge, START, DEFAULT_POLICY)).toBe(false);
  });
});

describe('an approval', () => {
  test.each(beside(true, false))('lives until its expiry: %d ms from it: %s', (ms, lives) => {
    expect(isLive(anApproval(), anApproval().expiresAt + ms)).toBe(lives);
    expect(isLive(null, START)).toBe(false);
  });

  test.each(beside(true, false))('is held until its claim ends: %d ms from then: %s', (ms, held) => {
    const claimed = anApproval({ claim: { id: 'claim', until: START + 10_000 } });
    expect(isHeld(claimed, START + 10_000 + ms)).toBe(held);
    expect(isHeld(anApproval(), START)).toBe(false);
  });
});

describe('a slot', () => {
  test('where nothing was ever sent is empty, and setting it to that is no change', () => {
    const empty = slotOf(NOTHING, SLOT);
    expect(empty).toEqual({ challenge: null, approval: null });
    expect(withSlot(NOTHING, SLOT, empty)).toBe(NOTHING);
  });

  test('is changed alone', () => {
    const [one, other] = [
      { challenge: aChallenge(), approval: null },
      { challenge: null, approval: anApproval() },
    ];
    const before = withSlot(NOTHING, 'LOGIN', other);
    const after = withSlot(before, SLOT, one);
    expect(after).toEqual({ ...NOTHING, slots: { LOGIN: other, [SLOT]: one } });
    expect(slotOf(after, 'LOGIN')).toBe(other);
    expect(withSlot(after, SLOT, one)).toBe(after);
    expect(before.slots).toEqual({ LOGIN: other });
  });
});
