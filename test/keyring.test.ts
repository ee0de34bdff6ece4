import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Keyring } from '../src/keyring.ts';

const SECRET = 'a secret of the tests, 32 bytes or more';
const keyring = new Keyring(SECRET);
const COUNT = 200_000;

test('a cohort is a number from 0 to 99, the same for an address each time, even over addresses, and another by secret', () => {
  const addresses = Array.from({ length: 2_000 }, (_, index) => `person-${index}@example.com`);
  const cohorts = addresses.map((address) => keyring.cohort(address));
  expect(addresses.map((address) => new Keyring(SECRET).cohort(address))).toEqual(cohorts);
  expect(cohorts.filter((cohort) => !Number.isInteger(cohort) || cohort < 0 || cohort > 99)).toEqual([]);
  const below = (percent: number) => cohorts.filter((cohort) => cohort < percent).length;
  for (const percent of [10, 50, 90]) expect(Math.abs(below(percent) / 20 - percent)).toBeLessThan(4);
  const other = new Keyring(`${SECRET}!`);
  expect(addresses.filter((address, index) => other.cohort(address) === cohorts[index]).length).toBeLessThan(60);
});

describe('codes', () => {
  const codes = Array.from({ length: COUNT }, (_, index) => keyring.code(`challenge-${index}`));

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
    expect(keyring.code(id)).toBe(code);
  });

  test('follow from the id and the secret alone, so that a resend sends the same', () => {
    fc.assert(fc.property(fc.string(), (id) => expect(new Keyring(SECRET).code(id)).toBe(keyring.code(id))));
    const sameUnderAnother = codes
      .slice(0, 1_000)
      .filter((code, i) => new Keyring('another').code(`challenge-${i}`) === code);
    expect(sameUnderAnother.length).toBeLessThan(5);
  });
});

describe('derived values', () => {
  const uses = {
    destination: (k: Keyring, text: string) => k.destinationId(text),
    codeMac: (k: Keyring, text: string) => k.codeMac('slot', text),
    requester: (k: Keyring, text: string) => k.requesterId('destination', text),
    bucket: (k: Keyring, text: string) => k.bucketId(text),
  };

  test('of different uses, texts and secrets are never equal', () => {
    const texts = fc.uniqueArray(fc.string(), { minLength: 2, maxLength: 5 });
    const secrets = fc.uniqueArray(fc.string(), { minLength: 2, maxLength: 3 });
    fc.assert(
      fc.property(texts, secrets, (someTexts, someSecrets) => {
        const made = someSecrets
          .map((secret) => new Keyring(secret))
          .flatMap((k) => Object.values(uses).flatMap((use) => someTexts.map((text) => use(k, text))));
        expect(new Set(made).size).toBe(made.length);
      }),
    );
  });

  test('of the same text are not the same in two uses, even for one spelling of the whole input', () => {
    const text = 'destination\nrequester';
    const [destination, bucket] = [keyring.destinationId(text), keyring.bucketId(text)];
    const requester = keyring.requesterId('destination', 'requester');
    const mac = keyring.codeMac('destination', 'requester');
    expect(new Set([destination, bucket, requester, mac].map((value) => value.slice(0, 22))).size).toBe(4);
  });

  test('hold 128 bits or more in letters that a document path can hold', () => {
    for (const use of Object.values(uses)) expect(use(keyring, '+12025550123')).toMatch(/^[\w-]{22,43}$/);
  });
});

test('the same code of another slot compares unequal', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string(), { minLength: 2, maxLength: 2 }), fc.string(), ([one, other], code) => {
      expect(keyring.codeMac(one!, code)).toBe(keyring.codeMac(one!, code));
      expect(keyring.codeMac(one!, code)).not.toBe(keyring.codeMac(other!, code));
    }),
  );
});

test('a requester has another name beside every destination', () => {
  expect(keyring.requesterId('a', 'ip:192.0.2.1')).not.toBe(keyring.requesterId('b', 'ip:192.0.2.1'));
});

function chiSquare(counts: readonly number[]): number {
  const expected = COUNT / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}
