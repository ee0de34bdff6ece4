import { timingSafeEqual } from 'node:crypto';
import type { Keyring } from '../keyring.ts';
import { CODE_LENGTH } from './challenge.ts';

const CODE_SPACE = 10 ** CODE_LENGTH;
/** The largest multiple of the code space below 2^32: words at or above it are drawn again, so that no code is likelier than another. */
const UNBIASED_BELOW = Math.floor(2 ** 32 / CODE_SPACE) * CODE_SPACE;

/**
 * The code of a challenge of the local engine: a keyed PRF over the challenge's random id, uniform over the full range
 * 000000-999999. A resend computes it again, so no code is ever stored.
 */
export function codeOf(keyring: Keyring, codeId: string): string {
  for (let round = 0; ; round += 1) {
    const block = Buffer.from(keyring.mac('code', `${codeId}\n${round}`), 'base64url');
    for (let offset = 0; offset < block.length; offset += 4) {
      const word = block.readUInt32BE(offset);
      if (word < UNBIASED_BELOW) return String(word % CODE_SPACE).padStart(CODE_LENGTH, '0');
    }
  }
}

/** What the store keeps instead of a code. Bound to its slot, so that a code of another slot never compares equal. */
export function macOfCode(keyring: Keyring, slotId: string, code: string): string {
  return keyring.mac('code-mac', `${slotId}\n${code}`);
}

/** Whether two MACs are the same, in a time that tells nothing about either. */
export function isSameMac(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
