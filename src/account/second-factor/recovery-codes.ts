import { createHash, randomBytes } from 'node:crypto';

const RECOVERY_CODES = 10;
/** Crockford's base 32: no letter that is read as a digit. 16 of them are 80 bits. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const LENGTH = 16;

/** Ten new codes, as shown once to their owner, and what is kept of them. */
export function makeRecoveryCodes(userId: string): { readonly codes: string[]; readonly hashes: string[] } {
  const plain = Array.from({ length: RECOVERY_CODES }, () =>
    Array.from(randomBytes(LENGTH), (byte) => ALPHABET[byte % ALPHABET.length]).join(''),
  );
  return {
    codes: plain.map((code) => code.match(/.{4}/g)!.join('-')),
    hashes: plain.map((code) => hashRecoveryCode(userId, code)),
  };
}

/** A recovery code as typed, in its one spelling; null when it cannot be one. */
export function parseRecoveryCode(raw: string): string | null {
  const code = raw.replace(/[ -]/g, '').toLowerCase().replace(/[il]/g, '1').replace(/o/g, '0');
  return code.length === LENGTH && [...code].every((letter) => ALPHABET.includes(letter)) ? code : null;
}

/** What is kept of a code: 80 random bits need no slow hash. */
export function hashRecoveryCode(userId: string, code: string): string {
  return createHash('sha256').update(`${userId}\n${code}`).digest('base64url');
}
