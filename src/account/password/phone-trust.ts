import type { Clock } from '../../clock.ts';
import type { User } from '../../users/user.ts';

const DAY_MS = 86_400_000;

/**
 * For how long a phone stands for its owner. Networks give numbers to other people: after a long time without a code that
 * was read there for the account, one who reads a code at the number may be somebody else
 * (docs/adr/0046-recycled-numbers.md).
 */
export class PhoneTrust {
  readonly #trustMs: number;
  readonly #phoneLogin: boolean;
  readonly #clock: Clock;

  /** @param rules `trustDays`: 0 for ever; `login`: whether a code at the phone alone signs in at all */
  constructor({ trustDays, login }: { readonly trustDays: number; readonly login: boolean }, clock: Clock) {
    this.#trustMs = trustDays * DAY_MS;
    this.#phoneLogin = login;
    this.#clock = clock;
  }

  /** Whether a code at the account's phone still stands for its owner, with nothing beside it. */
  holds({ phoneVerifiedAt }: Pick<User, 'phoneVerifiedAt'>): boolean {
    const { dormantSince } = this;
    return phoneVerifiedAt !== null && (dormantSince === null || phoneVerifiedAt > dormantSince);
  }

  /** Whether it signs in. */
  signsIn(user: Pick<User, 'phoneVerifiedAt'>): boolean {
    return this.#phoneLogin && this.holds(user);
  }

  /** What happened at this instant or before is too long ago to count; null where nothing ever is. */
  get dormantSince(): Date | null {
    return this.#trustMs === 0 ? null : new Date(this.#clock() - this.#trustMs);
  }
}
