import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Keyring } from '../src/keyring.ts';

const SECRET = 'a secret of the tests, 32 bytes or more';
const keyring = new Keyring(SECRET);

describe('keyed hashes', () => {
  test('of different uses, texts and secrets are never equal', () => {
    const several = fc.uniqueArray(fc.string(), { minLength: 2, maxLength: 4 });
    fc.assert(
      fc.property(several, several, several, (uses, texts, secrets) => {
        const made = secrets
          .map((secret) => new Keyring(secret))
          .flatMap((k) => uses.flatMap((use) => texts.map((text) => k.mac(use, text))));
        expect(new Set(made).size).toBe(made.length);
      }),
    );
  });

  test('hold 256 bits in letters that a document path can hold, the same each time', () => {
    expect(keyring.mac('destination', '+12025550123')).toMatch(/^[\w-]{43}$/);
    expect(new Keyring(SECRET).mac('destination', '+12025550123')).toBe(keyring.mac('destination', '+12025550123'));
  });

  test('are those of the releases before', () => {
    expect(new Keyring('secret').mac('rate-limit', 'bucket')).toBe('ohg51AdxsoRSx5yWPgyssXsgdNo3KTTT6OPpkp7jJR4');
  });
});

describe('sealed secrets', () => {
  const sealed = 'Fh_mJfyOYBVUSQRDcYbmuFUDrbI6g418BBw7EuAZXP8dm-Ou7gtjSgjDvX4';

  test('open again, also those that an earlier release has sealed, and never look alike', () => {
    expect(keyring.open(sealed, 'user-1')).toBe('JBSWY3DPEHPK3PXP');
    const again = keyring.seal('JBSWY3DPEHPK3PXP', 'user-1');
    expect(again).not.toBe(sealed);
    expect(keyring.open(again, 'user-1')).toBe('JBSWY3DPEHPK3PXP');
  });

  test('open for nobody else, under no other secret, and not once changed', () => {
    expect(keyring.open(sealed, 'user-2')).toBeNull();
    expect(new Keyring(`${SECRET}!`).open(sealed, 'user-1')).toBeNull();
    const bytes = Buffer.from(sealed, 'base64url');
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1;
      expect(keyring.open(changed.toString('base64url'), 'user-1')).toBeNull();
      expect(keyring.open(bytes.subarray(0, at).toString('base64url'), 'user-1')).toBeNull();
    }
  });
});
