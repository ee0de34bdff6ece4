import { createHash, randomBytes } from 'node:crypto';

const SECRET_BYTES = 32;

/** A token that says nothing by itself, and what is kept in its place. @returns the token: 256 random bits in base64url */
export function makeToken(): { token: string; hash: string } {
  const token = randomBytes(SECRET_BYTES).toString('base64url');
  return { token, hash: hashToken(token) };
}

/**
 * What is kept of a token, and found by it again: SHA-256 in base64url. Such tokens carry 256 random bits, so a plain hash
 * is enough: nobody can search for what was hashed.
 */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
