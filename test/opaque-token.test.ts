import { expect, test } from '@jest/globals';
import { hashToken, makeToken } from '../src/opaque-token.ts';

test('a token is 256 random bits, is found again by its hash, and cannot be read from it', () => {
  const made = Array.from({ length: 1_000 }, () => makeToken());
  for (const { token, hash } of made) {
    expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    expect(hashToken(token)).toBe(hash);
    expect(hash).not.toContain(token);
  }
  expect(new Set(made.flatMap(({ token, hash }) => [token, hash])).size).toBe(2_000);
});

test('the hash is SHA-256 in base64url, as earlier releases have stored it', () => {
  expect(hashToken('abc')).toBe('ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0');
});
