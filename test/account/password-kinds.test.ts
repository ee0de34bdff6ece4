// Whatever hash an account has, and whether there is an account: a password is compared with one hash of each kind in use.
import { expect, test } from '@jest/globals';
import { decoyOf, kindOf, PasswordKinds } from '../../src/account/password/password-kinds.ts';
import { TODAYS_KIND } from '../../src/account/password/password.ts';

const TODAY = `${TODAYS_KIND}${'A'.repeat(22)}$${'A'.repeat(43)}`;
const SCRYPT = `scrypt:16:8:1$abcd$${'a'.repeat(128)}`;
const BCRYPT = `$2a$04$${'a'.repeat(22)}${'b'.repeat(31)}`;

test.each([
  [SCRYPT, 'scrypt:16:8:1$'],
  [`pbkdf2:sha256:600000$salt$${'0'.repeat(64)}`, 'pbkdf2:sha256:600000$'],
  [`pbkdf2:sha1$salt$${'0'.repeat(40)}`, 'pbkdf2:sha1$'],
  [BCRYPT, '$2a$04$'],
  [TODAY, TODAYS_KIND],
  ['$argon2i$m=512,t=2,p=2$c2FsdHNhbHQ$aGFzaA', '$argon2i$m=512,t=2,p=2$'],
])('a hash, and a decoy of it, are of one kind: %s', (hash, kind) => {
  expect(kindOf(hash)).toBe(kind);
  expect(kindOf(decoyOf(hash)!)).toBe(kind.replace('$2a', '$2b'));
  expect(decoyOf(kind)).toBe(decoyOf(hash));
});

test('there is no decoy of what cannot be checked, or would cost too much', () => {
  for (const hash of ['md5$abc', 'plain', '', 'pbkdf2:md5:1$salt$00', 'scrypt:1073741824:8:1$salt$00', '$2b$31$x'])
    expect(decoyOf(hash)).toBeNull();
});

test('every stored hash, and none, is compared among the same kinds, those that this process has met with them', async () => {
  let clock = 0;
  let stored: string[] = ['scrypt:16:8:1$'];
  let asked = 0;
  const kinds = new PasswordKinds(
    TODAY,
    () => {
      asked += 1;
      return Promise.resolve(stored);
    },
    () => clock,
  );
  const all = [TODAY, decoyOf(SCRYPT)!];
  for (const hash of [TODAY, SCRYPT, 'plain']) expect(await kinds.with(hash)).toEqual(all);
  expect(await kinds.with(BCRYPT)).toEqual([...all, decoyOf(BCRYPT)]);
  expect(await kinds.with(TODAY)).toEqual([...all, decoyOf(BCRYPT)]);
  expect(asked).toBe(1);
  clock += 60_000;
  stored = [`pbkdf2:sha1:9$`];
  expect(await kinds.with(TODAY)).toEqual([TODAY, decoyOf('pbkdf2:sha1:9$')]);
});
