import { createHash } from 'node:crypto';

/** What is kept of an opaque token: it carries 256 bits that nobody can guess, so a plain hash at rest is enough. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
