import { availableParallelism } from 'node:os';
import argon2 from 'argon2';
import pLimit from 'p-limit';
import { AppError } from '../errors.ts';
import { COMMON_PASSWORDS } from './common-passwords.ts';

export const MIN_PASSWORD_LENGTH = 8;
export const MAX_PASSWORD_LENGTH = 256;
/** OWASP Password Storage Cheat Sheet: argon2id, 19 MiB, two passes, one lane. */
const ARGON2ID = { type: argon2.argon2id, memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 } as const;
/** Hashes that may wait per core: about a second of work, then new ones are refused. */
const QUEUE_PER_CORE = 32;

/**
 * Refuses a password that is too short, too long or among the most common. Any character counts, none is required.
 * @param field the input's name in the API, for the error
 * @throws AppError WEAK_PASSWORD
 */
export function checkPassword(password: string, field: string): void {
  const weak = (message: string) => new AppError('WEAK_PASSWORD', { message: `${field} ${message}`, facts: { field } });
  const typed = password.normalize('NFC');
  // Half characters would all be hashed as one and the same.
  if (/\p{Surrogate}/u.test(typed)) throw weak('holds half a character: use whole ones');
  const length = [...typed].length;
  if (length < MIN_PASSWORD_LENGTH) throw weak(`is too short: use at least ${MIN_PASSWORD_LENGTH} characters`);
  if (length > MAX_PASSWORD_LENGTH) throw weak(`is too long: use at most ${MAX_PASSWORD_LENGTH} characters`);
  if (COMMON_PASSWORDS.has(typed.toLowerCase())) throw weak('is one of the most common passwords: choose another');
}

/** Hashes passwords off the event loop, as many at once as there are cores. */
export class PasswordHasher {
  readonly #limit = pLimit(availableParallelism());
  readonly #maxQueue = availableParallelism() * QUEUE_PER_CORE;

  /**
   * The argon2id hash of a password, in PHC form. The password is put in NFC first, so that the same typed characters
   * give the same hash on every keyboard (NIST SP 800-63B-4, 3.1.1.2).
   * @throws AppError OVERLOADED when too many hashes wait already
   */
  async hash(password: string): Promise<string> {
    if (this.#limit.pendingCount >= this.#maxQueue)
      throw new AppError('OVERLOADED', { facts: { retryAfterSeconds: 1 } });
    return this.#limit(() => argon2.hash(password.normalize('NFC'), ARGON2ID));
  }
}
