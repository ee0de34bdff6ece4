import { describe, expect, test } from '@jest/globals';
import {
  attemptsRemaining,
  closedFor,
  DELIVERY_LIFE_MS,
  isDelivering,
  isExhausted,
  isPending,
  MAX_WRONG_IN_A_ROW,
  MAX_WRONG_PER_REQUESTER,
  NO_GUESSES,
  opensAt,
  STREAK_LIFE_MS,
  triesLeft,
  WRONG_WINDOW_MS,
  type Guesses,
} from '../../src/otp/challenge.ts';
import { DEFAULT_POLICY, START } from '../support/arbitraries.ts';
import { aChallenge } from './examples.ts';

const HOUR_LATER = START + WRONG_WINDOW_MS;
const DAY_LATER = START + STREAK_LIFE_MS;
const wrongBy = (by: string, times: number, at = START): Guesses['wrong'] =>
  Array.from({ length: times }, (_, index) => ({ by, at: at + index }));
const tenWrong: Guesses = { wrong: wrongBy('guesser', MAX_WRONG_PER_REQUESTER), streak: 10, streakAt: START + 9 };
const hundredInARow: Guesses = { wrong: [], streak: MAX_WRONG_IN_A_ROW, streakAt: START };

describe('wrong codes at a destination', () => {
  test('close it for their requester at the tenth in an hour, and for nobody else', () => {
    const nine = { ...tenWrong, wrong: tenWrong.wrong.slice(1) };
    expect(closedFor(nine, 'guesser', START + 9)).toBe(false);
    expect(closedFor(tenWrong, 'guesser', START + 9)).toBe(true);
    expect(closedFor(tenWrong, 'owner', START + 9)).toBe(false);
  });

  test.each([
    [-1, true],
    [0, false],
    [1, false],
  ])('stop counting an hour later: %d ms from then it is closed: %s', (beside, closed) => {
    expect(closedFor(tenWrong, 'guesser', HOUR_LATER + beside)).toBe(closed);
  });

  test('close it for everybody at the hundredth in a row', () => {
    expect(closedFor({ ...hundredInARow, streak: 99 }, 'owner', START)).toBe(false);
    expect(closedFor(hundredInARow, 'owner', START)).toBe(true);
  });

  test.each([
    [-1, true],
    [0, false],
    [1, false],
  ])('in a row stop counting 24 hours after the last: %d ms from then it is closed: %s', (beside, closed) => {
    expect(closedFor(hundredInARow, 'owner', DAY_LATER + beside)).toBe(closed);
  });

  test('name the instant at which they open again, which is the first at which it is open', () => {
    for (const guesses of [tenWrong, hundredInARow]) {
      const at = opensAt(guesses, 'guesser', START + 9);
      expect(closedFor(guesses, 'guesser', at - 1)).toBe(true);
      expect(closedFor(guesses, 'guesser', at)).toBe(false);
    }
  });

  test('open again by the oldest of the last ten, whatever came before', () => {
    const older = wrongBy('guesser', 4, START - WRONG_WINDOW_MS - 10);
    expect(opensAt({ ...tenWrong, wrong: [...older, ...tenWrong.wrong] }, 'guesser', START + 9)).toBe(HOUR_LATER);
  });
});

describe('tries', () => {
  test('are five of a challenge, of which three of one requester', () => {
    expect(triesLeft([], 'a', DEFAULT_POLICY)).toBe(3);
    expect(triesLeft(['a', 'a', 'b'], 'a', DEFAULT_POLICY)).toBe(1);
    expect(triesLeft(['a', 'a', 'a'], 'a', DEFAULT_POLICY)).toBe(0);
    expect(triesLeft(['a', 'a', 'a'], 'b', DEFAULT_POLICY)).toBe(2);
    expect(triesLeft(['a', 'a', 'a', 'b', 'b'], 'c', DEFAULT_POLICY)).toBe(0);
  });

  test('follow a lower maximum of the operator', () => {
    const policy = { ...DEFAULT_POLICY, maxTries: 2 };
    expect(triesLeft([], 'a', policy)).toBe(2);
    expect(triesLeft(['b'], 'a', policy)).toBe(1);
  });

  test('that remain are the least of what the challenge, the hour and the row leave', () => {
    const remaining = (tries: string[], guesses: Guesses, now = START + 9) =>
      attemptsRemaining(tries, guesses, 'guesser', now, DEFAULT_POLICY);
    expect(remaining([], NO_GUESSES)).toBe(3);
    expect(remaining(['guesser'], NO_GUESSES)).toBe(2);
    expect(remaining([], { ...tenWrong, wrong: tenWrong.wrong.slice(1) })).toBe(1);
    expect(remaining([], tenWrong)).toBe(0);
    expect(remaining([], tenWrong, HOUR_LATER - 1)).toBe(0);
    expect(remaining([], tenWrong, HOUR_LATER)).toBe(1);
    expect(remaining([], { ...hundredInARow, streak: 98 })).toBe(2);
    expect(remaining([], hundredInARow)).toBe(0);
    expect(remaining([], hundredInARow, DAY_LATER)).toBe(3);
  });

  test('that remain are never fewer than none', () => {
    expect(attemptsRemaining(['a', 'a', 'a'], hundredInARow, 'a', START, { ...DEFAULT_POLICY, maxTries: 1 })).toBe(0);
  });
});

describe('a challenge', () => {
  const { expiresAt } = aChallenge();

  test.each([
    [-1, true],
    [0, false],
    [1, false],
  ])('is pending, or exhausted, until its expiry: %d ms from it: %s', (beside, alive) => {
    expect(isPending(aChallenge(), expiresAt + beside)).toBe(alive);
    expect(isExhausted(aChallenge({ status: 'exhausted' }), expiresAt + beside)).toBe(alive);
  });

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

  test('is being delivered until its delivery ends or takes too long', () => {
    const delivering = aChallenge({ deliveringSince: START });
    expect(isDelivering(delivering, START)).toBe(true);
    expect(isDelivering(delivering, START + DELIVERY_LIFE_MS - 1)).toBe(true);
    expect(isDelivering(delivering, START + DELIVERY_LIFE_MS)).toBe(false);
    expect(isDelivering(aChallenge(), START)).toBe(false);
  });
});
