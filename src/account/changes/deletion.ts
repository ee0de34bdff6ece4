import type { Clock } from '../../clock.ts';
import type { Claims } from '../../otp/claims.ts';
import type { SessionService } from '../../session/session-service.ts';
import { changedMeanwhile, type Changer } from './changes.ts';
import { notifyOwner, type Notifier } from '../../users/notices.ts';
import type { PasswordHasher } from '../password/password.ts';
import type { LoginTicketStore } from '../login/ports.ts';
import type { UserStore } from '../../users/ports.ts';
import type { SecondFactor } from '../second-factor/second-factor.ts';

interface Parts {
  readonly claims: Claims;
  readonly users: UserStore;
  readonly sessions: SessionService;
  readonly tickets: LoginTicketStore;
  readonly passwords: PasswordHasher;
  readonly secondFactor: SecondFactor;
  readonly notifier: Notifier;
  readonly clock: Clock;
}

/** Deletes accounts. */
export class AccountDeletion {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Removes the user and all that names it: sessions and login tickets, in one transaction. Its address and phone are free
   * at once. Codes of before name destinations by keyed hashes only, fit no other user, and end within a day.
   * @param otpCode the second factor's code, where one is on
   * @throws AppError INVALID_CREDENTIALS, OVERLOADED, SERVICE_UNAVAILABLE (the account changed meanwhile), and as
   *   `SecondFactor.proveIfOn`
   */
  async delete(by: Changer, password: string, otpCode: string | null): Promise<void> {
    const { claims, users, sessions, tickets, passwords, secondFactor, notifier, clock } = this.#parts;
    const { user, requester } = by;
    await passwords.require(user.passwordHash, password, 'password');
    const factor = await secondFactor.proveIfOn(user, otpCode, requester);
    await claims.spend(factor.claims, (commit) =>
      commit(async (unit) => {
        await factor.spend(unit);
        if (!(await users.remove(user, unit))) throw changedMeanwhile();
        await sessions.endAll(user.id, unit);
        await tickets.removeAll(user.id, unit);
      }),
    );
    notifyOwner(notifier, user, 'ACCOUNT_DELETED', clock());
  }
}
