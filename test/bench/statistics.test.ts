import { describe, expect, test } from '@jest/globals';
import { growth, median, percentile, rankTest } from '../../bench/load/statistics.ts';

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('the rank test', () => {
  test('gives the U of the example in the manual of R, and p as calculated independently', () => {
    // Hollander & Wolfe (1973), 69f: permeability of the placenta at term and earlier.
    const term = [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
    const earlier = [1.15, 0.88, 0.9, 0.74, 1.21];
    const { u, p } = rankTest(term, earlier);
    expect(u).toBe(35);
    expect(p).toBeCloseTo(0.24462, 5);
  });

  test('corrects for ties', () => {
    const { u, p } = rankTest([1, 2, 3, 4, 5], [3, 4, 5, 6, 7]);
    expect(u).toBe(4.5);
    expect(p).toBeCloseTo(0.113846, 6);
  });

  test('is as sure of very small chances', () => {
    const later = upTo(100).map((value) => value + 40);
    const { u, p } = rankTest(upTo(100), later);
    expect(u).toBe(1800);
    expect(p / 5.37550819779375e-15).toBeCloseTo(1, 5);
  });

  test('takes no side', () => {
    const [one, other] = [[5, 1, 4, 9], upTo(6)];
    const [forth, back] = [rankTest(one, other), rankTest(other, one)];
    expect(forth.u + back.u).toBe(24);
    expect(forth.p).toBeCloseTo(back.p, 12);
  });

  test('finds no difference in samples that are equal, all of one value, or shifted by one slow answer', () => {
    expect(rankTest(upTo(50), upTo(50)).p).toBeCloseTo(1, 6);
    expect(rankTest([7, 7, 7], [7, 7]).p).toBe(1);
    expect(rankTest(upTo(50), [...upTo(49), 1e9]).p).toBeGreaterThan(0.9);
  });
});

test('the median is the middle, or the mean of the two in the middle, and orders numbers as numbers', () => {
  expect(median([10, 9, 100])).toBe(10);
  expect(median([10, 9, 100, 2])).toBe(9.5);
  expect(median([3])).toBe(3);
});

test('a percentile is a value that was measured', () => {
  const values = upTo(200).reverse();
  expect([percentile(values, 0.5), percentile(values, 0.99), percentile(values, 1)]).toEqual([100, 198, 200]);
  expect(percentile([5], 0.99)).toBe(5);
});

test('growth is that of the straight line through the values: a single peak in the middle is none', () => {
  expect(growth([100, 110, 120, 130, 140])).toBeCloseTo(40, 10);
  expect(growth([100, 100, 900, 100, 100])).toBeCloseTo(0, 10);
  expect(growth([200, 150, 100])).toBeCloseTo(-50, 10);
  expect(growth([100])).toBeNaN();
});
