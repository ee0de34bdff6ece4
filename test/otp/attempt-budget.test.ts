// Invariant 3: attempts are counted per destination, over all its slots and challenges, so that a new code refills nothing.
import { describe, expect, test } from '@jest/globals';
import {
  ATTEMPT_WINDOW_MS,
  endStreak,
  forgive,
  FULL_BUDGET,
  isClosed,
  left,
  MAX_ATTEMPTS_PER_HOUR,
  MAX_WRONG_IN_A_ROW,
  opensAt,
  refund,
  spend,
  STREAK_LIFE_MS,
  type AttemptBudget,
} from '../../src/otp/attempt-budget.ts';
import { beside, CLOSED, NO_STREAK, START, stranger } from './examples.ts';

const OWNER = stranger('owner');
const HOUR_LATER = START + ATTEMPT_WINDOW_MS;
const DAY_LATER = START + STREAK_LIFE_MS;
const attemptsBy = (by: string, times: number, at = START): AttemptBudget['attempts'] =>
  Array.from({ length: times }, (_, index) => ({ by, at: at + index }));
const tenWrong: AttemptBudget = {
  attempts: attemptsBy('guesser', MAX_ATTEMPTS_PER_HOUR),
  strangers: { wrong: 10, at: START + 9 },
  known: NO_STREAK,
};
const nineWrong = { ...tenWrong, attempts: tenWrong.attempts.slice(1) };

describe('attempts at a destination', () => {
  test('close it for their requester at the tenth in an hour, and for nobody else', () => {
    expect(isClosed(nineWrong, stranger('guesser'), START + 9)).toBe(false);
    expect(isClosed(tenWrong, stranger('guesser'), START + 9)).toBe(true);
    expect(isClosed(tenWrong, OWNER, START + 9)).toBe(false);
  });

  test.each(beside(true, false))('stop counting an hour later: %d ms from then it is closed: %s', (ms, closed) => {
    expect(isClosed(tenWrong, stranger('guesser'), HOUR_LATER + ms)).toBe(closed);
  });

  test('close it for everybody at the hundredth wrong one in a row', () => {
    expect(isClosed({ ...CLOSED, strangers: { wrong: MAX_WRONG_IN_A_ROW - 1, at: START } }, OWNER, START)).toBe(false);
    expect(isClosed({ ...CLOSED, strangers: { wrong: MAX_WRONG_IN_A_ROW, at: START } }, OWNER, START)).toBe(true);
  });

  test.each(beside(true, false))(
    'in a row stop counting 24 hours after the last: %d ms from then it is closed: %s',
    (ms, closed) => {
      expect(isClosed(CLOSED, OWNER, DAY_LATER + ms)).toBe(closed);
    },
  );

  test('name the instant at which they open again, which is the first at which it is open', () => {
    for (const budget of [tenWrong, CLOSED]) {
      const at = opensAt(budget, stranger('guesser'), START + 9);
      expect(isClosed(budget, stranger('guesser'), at - 1)).toBe(true);
      expect(isClosed(budget, stranger('guesser'), at)).toBe(false);
    }
  });

  test('open again by the oldest of the last ten, whatever came before', () => {
    const older = attemptsBy('guesser', 4, START - ATTEMPT_WINDOW_MS - 10);
    const budget = { ...tenWrong, attempts: [...older, ...tenWrong.attempts] };
    expect(opensAt(budget, stranger('guesser'), START + 9)).toBe(HOUR_LATER);
  });

  test('that are left are the least of what the hour and the row leave', () => {
    expect(left(FULL_BUDGET, stranger('guesser'), START)).toBe(MAX_ATTEMPTS_PER_HOUR);
    expect(left(nineWrong, stranger('guesser'), START + 9)).toBe(1);
    expect(left(tenWrong, stranger('guesser'), START + 9)).toBe(0);
    expect(left(tenWrong, OWNER, START + 9)).toBe(MAX_ATTEMPTS_PER_HOUR);
    expect(left(tenWrong, stranger('guesser'), HOUR_LATER - 1)).toBe(0);
    expect(left(tenWrong, stranger('guesser'), HOUR_LATER)).toBe(1);
    expect(left({ ...CLOSED, strangers: { wrong: 98, at: START } }, OWNER, START)).toBe(2);
    expect(left(CLOSED, OWNER, START)).toBe(0);
    expect(left(CLOSED, OWNER, DAY_LATER)).toBe(MAX_ATTEMPTS_PER_HOUR);
  });
});

describe('an attempt', () => {
  test('is spent as a wrong one, until it turns out right', () => {
    const spent = spend(FULL_BUDGET, OWNER, START);
    expect(spent).toEqual({
      attempts: [{ by: 'owner', at: START }],
      strangers: { wrong: 1, at: START },
      known: NO_STREAK,
    });
    expect(spend(spent, stranger('stranger'), START + 5)).toEqual({
      attempts: [
        { by: 'owner', at: START },
        { by: 'stranger', at: START + 5 },
      ],
      strangers: { wrong: 2, at: START + 5 },
      known: NO_STREAK,
    });
  });

  test.each(beside(2, 1))('makes one forget what is an hour old: %d ms from then %d are kept', (ms, kept) => {
    const before = { attempts: [{ by: 'a', at: START }], strangers: { wrong: 1, at: START }, known: NO_STREAK };
    expect(spend(before, stranger('b'), HOUR_LATER + ms).attempts).toHaveLength(kept);
  });

  test.each(beside(8, 1))('begins a new row 24 hours after the last: %d ms from then it is number %d', (ms, streak) => {
    expect(
      spend({ attempts: [], strangers: { wrong: 7, at: START }, known: NO_STREAK }, stranger('b'), DAY_LATER + ms)
        .strangers.wrong,
    ).toBe(streak);
  });

  test('that turned out right was no wrong one, and ends the row of them', () => {
    const others = { attempts: attemptsBy('stranger', 3), strangers: { wrong: 3, at: START + 2 }, known: NO_STREAK };
    const spent = spend(others, OWNER, START + 9);
    expect(forgive(spent, OWNER, START + 9)).toEqual({
      ...others,
      strangers: { wrong: 0, at: START + 9 },
      known: NO_STREAK,
    });
  });

  test('that was never made is given back, and the row of wrong ones goes on', () => {
    const others = { attempts: attemptsBy('stranger', 3), strangers: { wrong: 3, at: START + 2 }, known: NO_STREAK };
    const spent = spend(others, OWNER, START + 9);
    expect(refund(spent, OWNER, START + 9)).toEqual({ ...others, strangers: { wrong: 3, at: START + 9 } });
    expect(refund({ ...spent, strangers: NO_STREAK }, OWNER, START + 9).strangers.wrong).toBe(0);
  });

  test('is given back alone, where the same requester spent several at one instant', () => {
    const twice = spend(spend(FULL_BUDGET, OWNER, START), OWNER, START);
    expect(forgive(twice, OWNER, START).attempts).toEqual([{ by: 'owner', at: START }]);
    expect(refund(twice, OWNER, START)).toEqual({
      attempts: [{ by: 'owner', at: START }],
      strangers: { wrong: 1, at: START },
      known: NO_STREAK,
    });
  });

  test('of somebody else, or of another instant, is not given back', () => {
    for (const give of [forgive, refund]) {
      expect(give(tenWrong, OWNER, START).attempts).toBe(tenWrong.attempts);
      expect(give(tenWrong, stranger('guesser'), START - 1).attempts).toBe(tenWrong.attempts);
    }
  });
});

test('a right code that nobody had counted ends the row, and is no change where there is none', () => {
  expect(endStreak(tenWrong)).toEqual({ ...tenWrong, strangers: { wrong: 0, at: START + 9 } });
  expect(endStreak(FULL_BUDGET)).toBe(FULL_BUDGET);
});
