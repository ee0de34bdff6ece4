import { beforeEach, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { readPasswordHash, UnusableHashError } from '../../src/account/password/legacy-password.ts';
import { PasswordHasher } from '../../src/account/password/password.ts';

/** Made by the libraries themselves: see fixtures/make-legacy-hashes.py. */
const SAMPLES = JSON.parse(readFileSync(new URL('fixtures/legacy-hashes.json', import.meta.url), 'utf8')) as {
  what: string;
  hash: string;
  password: string;
}[];
let hasher: PasswordHasher;
// One that has met no other kind of hash: each costs every check its work.
beforeEach(() => {
  hasher = new PasswordHasher(() => Promise.resolve([]), Date.now);
});
const sample = (what: string) => SAMPLES.find((one) => one.what === what)!;

describe('a hash of another system', () => {
  test.each(SAMPLES)('$what fits its password, and asks to be renewed', async ({ hash, password }) => {
    expect(await hasher.verify(hash, password)).toEqual({ valid: true, needsRehash: true });
    expect(await hasher.verify(hash, `x${password}`)).toEqual({ valid: false, needsRehash: false });
  });

  test('is of every kind that we promise', () => {
    const kinds = new Set(SAMPLES.map(({ hash }) => /^(\$\w+|pbkdf2:\w+|scrypt)/.exec(hash)![0]));
    expect([...kinds].sort()).toEqual([
      '$2a',
      '$2b',
      '$2y',
      '$argon2i',
      '$argon2id',
      'pbkdf2:sha1',
      'pbkdf2:sha256',
      'pbkdf2:sha512',
      'scrypt',
    ]);
  });

  test('becomes one of ours, which fits the same password and is current', async () => {
    const { hash, password } = sample('Werkzeug pbkdf2 of letters decomposed (NFD)');
    expect(await hasher.verify(hash, password)).toEqual({ valid: true, needsRehash: true });
    const renewed = await hasher.hash(password);
    expect(await hasher.verify(renewed, password)).toEqual({ valid: true, needsRehash: false });
  });

  test('made of decomposed letters fits them as typed, and not the composed ones', async () => {
    const { hash, password } = sample('Werkzeug pbkdf2 of letters decomposed (NFD)');
    expect(password).not.toBe(password.normalize('NFC'));
    expect(await hasher.verify(hash, password.normalize('NFC'))).toMatchObject({ valid: false });
    const composed = sample('Werkzeug pbkdf2 of letters composed (NFC)');
    expect(await hasher.verify(composed.hash, composed.password.normalize('NFD'))).toMatchObject({ valid: true });
  });

  test('of bcrypt counts 72 bytes and no more, also under $2a$, whose length wraps at 256 in the library', async () => {
    const { hash, password } = sample('bcrypt $2a$ of 300 characters');
    for (const other of [password.slice(0, 71), password[0]!, '', `x${password}`, `${password.slice(0, 71)}x`])
      expect(await hasher.verify(hash, other)).toMatchObject({ valid: false });
    // Without the cut, a password and a NUL fit again with any 255 bytes behind them.
    const short = sample('bcrypt $2a$ of cost 4');
    const wrapped = `${short.password}\0`.padEnd(256 + short.password.length, 'x');
    expect(await hasher.verify(short.hash, wrapped)).toMatchObject({ valid: false });
  });

  test.each(['', '\0', 'x'.repeat(100_000), '🦊'.repeat(300), '\uD800', '\uDC00\uD800', 'é'.repeat(257)])(
    'answers an odd password (%#) like a wrong one',
    async (password) => {
      for (const what of [
        'Werkzeug pbkdf2 of one character',
        'Werkzeug scrypt of emoji and Cyrillic',
        'bcrypt $2a$ of cost 4',
        'argon2i',
      ])
        expect(await hasher.verify(sample(what).hash, password)).toEqual({ valid: false, needsRehash: false });
    },
  );
});

const HEX = 'a'.repeat(64);
const B64 = 'A'.repeat(43);
const TOO_COSTLY = /^asks for more work than a login may take: /;
const DAMAGED = /^is no complete (argon2|pbkdf2|scrypt|bcrypt) hash$/;
const UNKNOWN = /^is of no supported method: /;

/** What is said of it. */
const REFUSED: readonly (readonly [hash: string, reason: RegExp])[] = [
  ['', UNKNOWN],
  ['plain$$password', UNKNOWN],
  ['md5$salt$5f4dcc3b5aa765d61d8327deb882cf99', UNKNOWN],
  [`sha256$salt$${HEX}`, UNKNOWN],
  ['pbkdf2_sha256$600000$salt$hash', UNKNOWN],
  [`$argon2d$v=19$m=19456,t=2,p=1$${B64}$${B64}`, UNKNOWN],
  [`$2x$10$${'a'.repeat(53)}`, UNKNOWN],
  ['$1$salt$hash', UNKNOWN],
  ['$6$salt$hash', UNKNOWN],
  [`pbkdf2:md5:1000$salt$${'a'.repeat(32)}`, UNKNOWN],
  [`pbkdf2:constructor:1000$salt$${HEX}`, UNKNOWN],
  [`pbkdf2:sha256:3000001$salt$${HEX}`, TOO_COSTLY],
  [`pbkdf2:sha256:1000000000$salt$${HEX}`, TOO_COSTLY],
  [`pbkdf2:sha256:0$salt$${HEX}`, DAMAGED],
  [`pbkdf2:sha256:-1$salt$${HEX}`, DAMAGED],
  [`pbkdf2:sha256:1e3$salt$${HEX}`, DAMAGED],
  [`pbkdf2:sha256:1000$$${HEX}`, DAMAGED],
  [`pbkdf2:sha256:1000$salt$${HEX}00`, DAMAGED],
  [`pbkdf2:sha256:1000$salt$${HEX.slice(2)}`, DAMAGED],
  [`pbkdf2:sha256:1000$salt$${HEX.toUpperCase()}`, DAMAGED],
  ['pbkdf2:sha256:1000$salt$', DAMAGED],
  ['pbkdf2:sha256:1000', DAMAGED],
  [`scrypt:1073741824:8:1$salt$${HEX}${HEX}`, TOO_COSTLY],
  [`scrypt:32768:8:1000$salt$${HEX}${HEX}`, TOO_COSTLY],
  [`scrypt:2:4194304:1$salt$${HEX}${HEX}`, TOO_COSTLY],
  [`scrypt:30000:8:1$salt$${HEX}${HEX}`, DAMAGED],
  [`scrypt:1:8:1$salt$${HEX}${HEX}`, DAMAGED],
  [`scrypt:32768:0:1$salt$${HEX}${HEX}`, DAMAGED],
  [`scrypt:32768:8:0$salt$${HEX}${HEX}`, DAMAGED],
  [`scrypt:32768:8:1$salt$${HEX}`, DAMAGED],
  [`scrypt$salt$${HEX}`, UNKNOWN],
  [`$argon2id$v=19$m=10485760,t=2,p=1$${B64}$${B64}`, TOO_COSTLY],
  [`$argon2id$v=19$m=19456,t=1000000000,p=1$${B64}$${B64}`, TOO_COSTLY],
  [`$argon2id$v=19$m=19456,t=2,p=17$${B64}$${B64}`, TOO_COSTLY],
  [`$argon2id$v=19$m=19456,t=0,p=1$${B64}$${B64}`, DAMAGED],
  [`$argon2id$v=19$m=8,t=1,p=2$${B64}$${B64}`, DAMAGED],
  [`$argon2id$v=18$m=19456,t=2,p=1$${B64}$${B64}`, DAMAGED],
  [`$argon2id$v=19$m=19456,t=2,t=1$${B64}$${B64}`, DAMAGED],
  [`$argon2id$v=19$m=19456,t=2,p=1,data=AAAA$${B64}$${B64}`, DAMAGED],
  [`$argon2id$v=19$m=19456,t=2,p=1$AAAA$${B64}`, DAMAGED],
  [`$argon2id$v=19$m=19456,t=2,p=1$${B64}$AAAA`, DAMAGED],
  [`$argon2id$v=19$m=19456,t=2,p=1$${B64}`, DAMAGED],
  ['$argon2id$', DAMAGED],
  [`$2b$31$${'a'.repeat(53)}`, TOO_COSTLY],
  [`$2b$16$${'a'.repeat(53)}`, TOO_COSTLY],
  [`$2b$03$${'a'.repeat(53)}`, DAMAGED],
  [`$2b$99$${'a'.repeat(53)}`, DAMAGED],
  [`$2b$10$${'a'.repeat(52)}`, DAMAGED],
  [`$2b$10$${'a'.repeat(54)}`, DAMAGED],
  [`$2b$1$${'a'.repeat(53)}`, DAMAGED],
];

describe('a hash that cannot be checked here', () => {
  test.each(REFUSED)('%s is refused with the reason, and without the hash in it', (hash, reason) => {
    let problem: unknown;
    try {
      readPasswordHash(hash);
    } catch (error) {
      problem = error;
    }
    expect(problem).toBeInstanceOf(UnusableHashError);
    expect((problem as Error).message).toMatch(reason);
    expect((problem as Error).message).not.toMatch(/a{20}|A{20}/);
  });

  test('fits no password at login, and its work is never begun: else this would not end', async () => {
    for (const [hash] of REFUSED.filter(([, reason]) => reason === TOO_COSTLY))
      expect(await hasher.verify(hash, 'password')).toEqual({ valid: false, needsRehash: false });
  });
});
