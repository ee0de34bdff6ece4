import { availableParallelism } from 'node:os';
import argon2 from 'argon2';
import pLimit from 'p-limit';
import type { Clock } from '../../clock.ts';
import { AppError } from '../../errors.ts';
import { COMMON_PASSWORDS } from './common-passwords.ts';
import { decoyOf, PasswordKinds } from './password-kinds.ts';
import { readPasswordHash, UnusableHashError, type Comparison } from './legacy-password.ts';

export const MIN_PASSWORD_LENGTH = 8;
export const MAX_PASSWORD_LENGTH = 256;
/** What is longer (UTF-16 units, before NFC) is not even normalised, which takes quadratic time on the right 100 kB. */
const MAX_TYPED_LENGTH = 4 * MAX_PASSWORD_LENGTH;
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
  if (password.length > MAX_TYPED_LENGTH) throw weak(`is too long: use at most ${MAX_PASSWORD_LENGTH} characters`);
  const typed = password.normalize('NFC');
  // Half characters would all be hashed as one and the same.
  if (/\p{Surrogate}/u.test(typed)) throw weak('holds half a character: use whole ones');
  const length = [...typed].length;
  if (length < MIN_PASSWORD_LENGTH) throw weak(`is too short: use at least ${MIN_PASSWORD_LENGTH} characters`);
  if (length > MAX_PASSWORD_LENGTH) throw weak(`is too long: use at most ${MAX_PASSWORD_LENGTH} characters`);
  if (COMMON_PASSWORDS.has(typed.toLowerCase())) throw weak('is one of the most common passwords: choose another');
}

/** Whether two passwords as typed are one password: in NFC, as they are hashed. */
export function isSamePassword(one: string, other: string): boolean {
  if (one.length > MAX_TYPED_LENGTH || other.length > MAX_TYPED_LENGTH) return one === other;
  return one.normalize('NFC') === other.normalize('NFC');
}

/** The outcome of comparing a password with a stored hash. */
export interface PasswordCheck {
  readonly valid: boolean;
  /** It fits, and the hash is of another kind or cost than new ones: store `hash(password)` in its place. */
  readonly needsRehash: boolean;
}

/** Hashes and compares passwords off the event loop, as many at once as there are cores. */
export class PasswordHasher {
  readonly #limit = pLimit(availableParallelism());
  readonly #maxQueue = availableParallelism() * QUEUE_PER_CORE;
  readonly #kinds: PasswordKinds;

  /** @param otherKinds asks the database for the beginning of one stored hash of each kind that is not today's */
  constructor(otherKinds: () => Promise<readonly string[]>, clock: Clock) {
    this.#kinds = new PasswordKinds(NOBODY, otherKinds, clock);
  }

  /**
   * The argon2id hash of a password, in PHC form. The password is put in NFC first, so that the same typed characters
   * give the same hash on every keyboard (NIST SP 800-63B-4, 3.1.1.2).
   * @throws AppError OVERLOADED when too many hashes wait already
   */
  async hash(password: string): Promise<string> {
    return this.#queued(() => argon2.hash(password.normalize('NFC'), ARGON2ID));
  }

  /**
   * Whether a password is the one that was hashed, by us or by the system that a user was imported from. It is tried in
   * NFC, as we hash it, and where that differs also as typed, as other systems hash it. Whatever the hash, the work is that
   * of one hash of each kind in use: time tells nothing of whose password it is.
   * @param passwordHash as stored for the user; one that cannot be checked fits nothing
   * @throws AppError OVERLOADED when too many hashes wait already, SERVICE_UNAVAILABLE
   */
  async verify(passwordHash: string, password: string): Promise<PasswordCheck> {
    const fits = readStored(passwordHash);
    const own = decoyOf(passwordHash) ?? NOBODY;
    const others = (await this.#kinds.with(passwordHash)).filter((decoy) => decoy !== own).map(readPasswordHash);
    // No account has a longer one; it costs the same work as a wrong one.
    const typed = password.length > MAX_TYPED_LENGTH ? '' : password;
    const normal = typed.normalize('NFC');
    const spellings = normal === typed ? [normal] : [normal, typed];
    const right = await this.#queued(async () => {
      for (const spelling of spellings) {
        for (const pretend of others) await pretend(spelling);
        if (await fits(spelling)) return true;
      }
      return false;
    });
    const valid = right && typed === password;
    return { valid, needsRehash: valid && needsRehash(passwordHash) };
  }

  /**
   * Does the work of `verify` where there is no user to compare with, so that time does not tell which accounts exist.
   * @throws AppError OVERLOADED as `verify` does
   */
  async verifyNobody(password: string): Promise<void> {
    await this.verify(NOBODY, password);
  }

  /**
   * The same for somebody who is signed in and says their password again.
   * @param field the input's name in the API, for the error
   * @throws AppError INVALID_CREDENTIALS, OVERLOADED
   */
  async require(passwordHash: string, password: string, field: string): Promise<void> {
    const { valid } = await this.verify(passwordHash, password);
    if (!valid) throw new AppError('INVALID_CREDENTIALS', { message: 'Wrong password', facts: { field } });
  }

  async #queued<T>(work: () => Promise<T>): Promise<T> {
    if (this.#limit.pendingCount >= this.#maxQueue)
      throw new AppError('OVERLOADED', { facts: { retryAfterSeconds: 1 } });
    return this.#limit(work);
  }
}

/** What a hash of today's kind begins with. */
export const TODAYS_KIND = `$argon2id$v=19$m=${ARGON2ID.memoryCost},t=${ARGON2ID.timeCost},p=${ARGON2ID.parallelism}$`;
/** One that no password is known to fit. */
const NOBODY = `${TODAYS_KIND}${'A'.repeat(22)}$${'A'.repeat(43)}`;

/** A hash that cannot be checked is answered as slowly as a wrong password. */
function readStored(passwordHash: string): Comparison {
  try {
    return readPasswordHash(passwordHash);
  } catch (error) {
    if (error instanceof UnusableHashError) return readPasswordHash(NOBODY);
    throw error;
  }
}

/** argon2's own `needsRehash` does not look at the kind: an argon2i hash of today's cost would pass. */
function needsRehash(passwordHash: string): boolean {
  return !passwordHash.startsWith('$argon2id$') || argon2.needsRehash(passwordHash, ARGON2ID);
}
