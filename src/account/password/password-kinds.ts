// Stored hashes of one kind ask for the same work: one method at one cost. Imported ones are slower or quicker than ours, and
// how long a login takes must not tell whose account was imported, nor whether there is one (invariant 8, ADR 44).
import type { Clock } from '../../clock.ts';
import { DIGEST_BYTES, readPasswordHash, UnusableHashError } from './legacy-password.ts';

/** How long what the database said counts. */
const FRESH_MS = 60_000;

/** What a stored hash says before its salt: `scrypt:32768:8:1$`. Null for one of no known method. */
export function kindOf(stored: string): string | null {
  const [kind] =
    /^(?:\$argon2id?\$(?:v=\d+\$)?[mtp=,\d]+\$|(?:pbkdf2|scrypt):[\w:]+\$|\$2[aby]\$\d\d\$)/.exec(stored) ?? [];
  return kind ?? null;
}

/** A hash of the same cost that no password is known to fit; null where a kind cannot be checked here. */
export function decoyOf(stored: string): string | null {
  const kind = kindOf(stored);
  const decoy = kind && kind.replace(/^\$2[ay]/, '$2b') + restOf(kind);
  try {
    if (decoy) readPasswordHash(decoy);
    return decoy;
  } catch (error) {
    if (error instanceof UnusableHashError) return null;
    throw error;
  }
}

function restOf(kind: string): string {
  if (kind.startsWith('$argon2')) return `${'A'.repeat(22)}$${'A'.repeat(43)}`;
  if (kind.startsWith('$2')) return '.'.repeat(22 + 31);
  if (kind.startsWith('scrypt')) return `salt$${'0'.repeat(128)}`;
  const [, digest = ''] = /^pbkdf2:(\w+)/.exec(kind) ?? [];
  return `salt$${'0'.repeat(2 * (DIGEST_BYTES.get(digest) ?? 0))}`;
}

/** The kinds of hashes that are in use, as decoys: what the database holds, and what this process has met since. */
export class PasswordKinds {
  readonly #stored: () => Promise<readonly string[]>;
  readonly #clock: Clock;
  readonly #today: string;
  #decoys: Set<string>;
  #freshUntil = 0;

  /**
   * @param today a decoy of the kind of new hashes
   * @param stored asks the database for one hash, or its beginning, of each other kind
   */
  constructor(today: string, stored: () => Promise<readonly string[]>, clock: Clock) {
    this.#today = today;
    this.#decoys = new Set([today]);
    this.#stored = stored;
    this.#clock = clock;
  }

  /** One of each kind, one of the kind of `stored` among them. @throws AppError SERVICE_UNAVAILABLE */
  async with(stored: string): Promise<readonly string[]> {
    const now = this.#clock();
    if (now >= this.#freshUntil) {
      const stored = await this.#stored();
      // Once the last account of a kind has a new hash, nobody waits for that kind any more.
      this.#decoys = new Set([this.#today]);
      for (const one of stored) this.#add(one);
      this.#freshUntil = now + FRESH_MS;
    }
    this.#add(stored);
    return [...this.#decoys];
  }

  #add(stored: string): void {
    const decoy = decoyOf(stored);
    if (decoy) this.#decoys.add(decoy);
  }
}
