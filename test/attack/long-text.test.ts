// Text that takes quadratic time to normalise or to trim: 100 kB of it, which a body may hold, must not stop the server for
// everybody. What is longer than a field can be is refused before anything is done with it.
import { describe, expect, test } from '@jest/globals';
import { checkPassword, PasswordHasher } from '../../src/account/password/password.ts';
import { AppError } from '../../src/errors.ts';
import { parseAnyDestination, parseCode, parseEmail, parseLocale, parsePhone } from '../../src/otp/destination.ts';
import { parseRecoveryCode } from '../../src/account/second-factor/recovery-codes.ts';
import { parseTransaction } from '../../src/transaction/transaction.ts';

const LENGTH = 90_000;
const TEXTS = {
  marks: `a${'\u0345'.repeat(LENGTH / 2)}${'\u0334'.repeat(LENGTH / 2)}`,
  'an address of marks': `a${'\u0345'.repeat(LENGTH / 2)}${'\u0334'.repeat(LENGTH / 2)}@example.com`,
  spaces: `a${' '.repeat(LENGTH)}b`,
  dots: `a${'.'.repeat(LENGTH)}@example.com`,
  labels: `a@${'a.'.repeat(LENGTH / 2)}`,
  digits: `+1${'0'.repeat(LENGTH)}`,
};
const order = { reference: 'r', amount: '1', currency: 'EUR', payee: 'p' };
const destinations = { phoneStrict: true };
const READERS: Record<string, (text: string) => unknown> = {
  parseEmail: (text) => parseEmail(text, 'email'),
  parsePhone: (text) => parsePhone(text, 'phone', destinations),
  parseAnyDestination: (text) => parseAnyDestination(text, 'to', destinations),
  parseCode: (text) => parseCode(text, 'code', 6),
  parseLocale: (text) => parseLocale(text, 'locale'),
  parseRecoveryCode: (text) => parseRecoveryCode(text),
  checkPassword: (text) => checkPassword(text, 'password'),
  'the payee': (text) => parseTransaction({ ...order, payee: text }, 'transaction'),
  'the reference': (text) => parseTransaction({ ...order, reference: text }, 'transaction'),
  'the amount': (text) => parseTransaction({ ...order, amount: text }, 'transaction'),
};

/** Milliseconds that a reader keeps the event loop for itself; what it says is refused or null. */
function blocked(read: () => unknown): number {
  const started = performance.now();
  try {
    expect(read()).toBeNull();
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
  }
  return performance.now() - started;
}

describe.each(Object.keys(TEXTS) as (keyof typeof TEXTS)[])('90 kB of %s', (kind) => {
  // Quadratic work on it takes two seconds and more; reading it once, a few milliseconds.
  test.each(Object.keys(READERS))('is refused at once by %s', (reader) => {
    expect(blocked(() => READERS[reader]!(TEXTS[kind]))).toBeLessThan(700);
  });
});

test('such a password is as wrong as any other, at the cost of any other', async () => {
  const passwords = new PasswordHasher(() => Promise.resolve([]), Date.now);
  const hash = await passwords.hash('a good password');
  const started = performance.now();
  expect(await passwords.verify(hash, TEXTS.marks)).toEqual({ valid: false, needsRehash: false });
  await passwords.verifyNobody(TEXTS.marks);
  expect(performance.now() - started).toBeLessThan(1_500);
  expect((await passwords.verify(await passwords.hash(''), TEXTS.marks)).valid).toBe(false);
});
