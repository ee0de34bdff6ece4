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
import { beside, CLOSED, START } from './examples.ts';

const HOUR_LATER = START + ATTEMPT_WINDOW_MS;
const DAY_LATER = START + STREAK_LIFE_MS;
const attemptsBy = (by: string, times: number, at = START): AttemptBudget['attempts'] =>
  Array.from({ length: times }, (_, index) => ({ by, at: at + index }));
const tenWrong: AttemptBudget = {
  attempts: attemptsBy('guesser', MAX_ATTEMPTS_PER_HOUR),
  streak: 10,
  streakAt: START + 9,
};
const nineWrong = { ...tenWrong, attempts: tenWrong.attempts.slice(1) };

describe('attempts at a destination', () => {
  test('close it for their requester at the tenth in an hour, and for nobody else', () => {
    expect(isClosed(nineWrong, 'guesser', START + 9)).toBe(false);
    expect(isClosed(tenWrong, 'guesser', START + 9)).toBe(true);
    expect(isClosed(tenWrong, 'owner', START + 9)).toBe(false);
  });

  test.each(beside(true, false))('stop counting an hour later: %d ms from then it is closed: %s', (ms, closed) => {
    expect(isClosed(tenWrong, 'guesser', HOUR_LATER + ms)).toBe(closed);
  });

  test('close it for everybody at the hundredth wrong one in a row', () => {
    expect(isClosed({ ...CLOSED, streak: MAX_WRONG_IN_A_ROW - 1 }, 'owner', START)).toBe(false);
    expect(isClosed({ ...CLOSED, streak: MAX_WRONG_IN_A_ROW }, 'owner', START)).toBe(true);
  });

  test.each(beside(true, false))(
    'in a row stop counting 24 hours after the last: %d ms from then it is closed: %s',
    (ms, closed) => {
      expect(isClosed(CLOSED, 'owner', DAY_LATER + ms)).toBe(closed);
    },
  );

  test('name the instant at which they open again, which is the first at which it is open', () => {
    for (const budget of [tenWrong, CLOSED]) {
      const at = opensAt(budget, 'guesser', START + 9);
      expect(isClosed(budget, 'guesser', at - 1)).toBe(true);
      expect(isClosed(budget, 'guesser', at)).toBe(false);
    }
  });

  test('open again by the oldest of the last ten, whatever came before', () => {
    const older = attemptsBy('guesser', 4, START - ATTEMPT_WINDOW_MS - 10);
    const budget = { ...tenWrong, attempts: [...older, ...tenWrong.attempts] };
    expect(opensAt(budget, 'guesser', START + 9)).toBe(HOUR_LATER);
  });

  test('that are left are the least of what the hour and the row leave', () => {
    expect(left(FULL_BUDGET, 'guesser', START)).toBe(MAX_ATTEMPTS_PER_HOUR);
    expect(left(nineWrong, 'guesser', START + 9)).toBe(1);
    expect(left(tenWrong, 'guesser', START + 9)).toBe(0);
    expect(left(tenWrong, 'owner', START + 9)).toBe(MAX_ATTEMPTS_PER_HOUR);
    expect(left(tenWrong, 'guesser', HOUR_LATER - 1)).toBe(0);
    expect(left(tenWrong, 'guesser', HOUR_LATER)).toBe(1);
    expect(left({ ...CLOSED, streak: 98 }, 'owner', START)).toBe(2);
    expect(left(CLOSED, 'owner', START)).toBe(0);
    expect(left(CLOSED, 'owner', DAY_LATER)).toBe(MAX_ATTEMPTS_PER_HOUR);
  });
});

describe('an attempt', () => {
  test('is spent as a wrong one, until it turns out right', () => {
    const spent = spend(FULL_BUDGET, 'owner', START);
    expect(spent).toEqual({ attempts: [{ by: 'owner', at: START }], streak: 1, streakAt: START });
    expect(spend(spent, 'stranger', START + 5)).toEqual({
      attempts: [
        { by: 'owner', at: START },
        { by: 'stranger', at: START + 5 },
      ],
      streak: 2,
      streakAt: START + 5,
    });
  });

  test.each(beside(2, 1))('makes one forget what is an hour old: %d ms from then %d are kept', (ms, kept) => {
    const before = { attempts: [{ by: 'a', at: START }], streak: 1, streakAt: START };
    expect(spend(before, 'b', HOUR_LATER + ms).attempts).toHaveLength(kept);
  });

  test.each(beside(8, 1))('begins a new row 24 hours after the last: %d ms from then it is number %d', (ms, streak) => {
    expect(spend({ attempts: [], streak: 7, streakAt: START }, 'b', DAY_LATER + ms).streak).toBe(streak);
  });

  test('that turned out right was no wrong one, and ends the row of them', () => {
    const others = { attempts: attemptsBy('stranger', 3), streak: 3, streakAt: START + 2 };
    const spent = spend(others, 'owner', START + 9);
    expect(forgive(spent, 'owner', START + 9)).toEqual({ ...others, streak: 0, streakAt: START + 9 });
  });

  test('that was never made is given back, and the row of wrong ones goes on', () => {
    const others = { attempts: attemptsBy('stranger', 3), streak: 3, streakAt: START + 2 };
    const spent = spend(others, 'owner', START + 9);
    expect(refund(spent, 'owner', START + 9)).toEqual({ ...others, streakAt: START + 9 });
    expect(refund({ ...spent, streak: 0 }, 'owner', START + 9).streak).toBe(0);
  });

  test('is given back alone, where the same requester spent several at one instant', () => {
    const twice = spend(spend(FULL_BUDGET, 'owner', START), 'owner', START);
    expect(forgive(twice, 'owner', START).attempts).toEqual([{ by: 'owner', at: START }]);
    expect(refund(twice, 'owner', START)).toEqual({
      attempts: [{ by: 'owner', at: START }],
      streak: 1,
      streakAt: START,
    });
  });

  test('of somebody else, or of another instant, is not given back', () => {
    for (const give of [forgive, refund]) {
      expect(give(tenWrong, 'owner', START).attempts).toBe(tenWrong.attempts);
      expect(give(tenWrong, 'guesser', START - 1).attempts).toBe(tenWrong.attempts);
    }
  });
});

test('a right code that nobody had counted ends the row, and is no change where there is none', () => {
  expect(endStreak(tenWrong)).toEqual({ ...tenWrong, streak: 0 });
  expect(endStreak(FULL_BUDGET)).toBe(FULL_BUDGET);
});
