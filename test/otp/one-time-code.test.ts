import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Keyring } from '../../src/keyring.ts';
import { codeOf, macOfCode } from '../../src/otp/one-time-code.ts';

const SECRET = 'a secret of the tests, 32 bytes or more';
const keyring = new Keyring(SECRET);
const COUNT = 200_000;

describe('codes', () => {
  const codes = Array.from({ length: COUNT }, (_, index) => codeOf(keyring, `challenge-${index}`));

  test('are always six ASCII digits', () => {
    expect(codes.filter((code) => !/^[0-9]{6}$/.test(code))).toEqual([]);
  });

  // The ids are fixed, so the sums are: a generator with a bias fails every time, this one passes every time.
  test('are uniform over the full range: chi-square over thousandths of it', () => {
    const counts = Array<number>(1_000).fill(0);
    for (const code of codes) counts[Math.floor(Number(code) / 1_000)]! += 1;
    // 999 degrees of freedom: above this once in a million uniform samples.
    expect(chiSquare(counts)).toBeLessThan(1_225);
  });

  test.each([0, 1, 2, 3, 4, 5])('are uniform in digit %d', (position) => {
    const counts = Array<number>(10).fill(0);
    for (const code of codes) counts[Number(code[position])]! += 1;
    // 9 degrees of freedom: above this once in a million uniform samples.
    expect(chiSquare(counts)).toBeLessThan(45);
  });

  test.each([
    ['id-2914412', '000000'],
    ['id-402337', '000001'],
    ['id-749057', '999998'],
    ['id-1003960', '999999'],
  ])('reach the ends of the range: %s has %s', (id, code) => {
    expect(codeOf(keyring, id)).toBe(code);
  });

  test('follow from the id and the secret alone, so that a resend sends the same', () => {
    fc.assert(fc.property(fc.string(), (id) => expect(codeOf(new Keyring(SECRET), id)).toBe(codeOf(keyring, id))));
    const other = new Keyring('another');
    const sameUnderAnother = codes.slice(0, 1_000).filter((code, i) => codeOf(other, `challenge-${i}`) === code);
    expect(sameUnderAnother.length).toBeLessThan(5);
  });
});

test('the same code of another slot compares unequal', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string(), { minLength: 2, maxLength: 2 }), fc.string(), ([one, other], code) => {
      expect(macOfCode(keyring, one!, code)).toBe(macOfCode(keyring, one!, code));
      expect(macOfCode(keyring, one!, code)).not.toBe(macOfCode(keyring, other!, code));
    }),
  );
});

test('what an earlier release has stored of a code is recognised', () => {
  expect(macOfCode(keyring, 'slot', '123456')).toBe('LDAGtOpDttXE3P74woPedyblOaI-j2Ex77mAc5ghN_4');
});

function chiSquare(counts: readonly number[]): number {
  const expected = COUNT / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}
