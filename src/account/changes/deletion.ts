import type { Clock } from '../../clock.ts';
import type { Claims } from '../../otp/claims.ts';
import type { SessionService } from '../../session/session-service.ts';
import { changedMeanwhile } from './changed-meanwhile.ts';
import type { Changer } from './changes.ts';
import type { UndoLinkStore } from './ports.ts';
import { notifyOwner, type Notifier } from '../../users/notices.ts';
import type { LoginTicketStore } from '../login/ports.ts';
import type { UserStore } from '../../users/ports.ts';
import type { StepUp, StepUpProof } from './step-up.ts';

interface Parts {
  readonly claims: Claims;
  readonly users: UserStore;
  readonly sessions: SessionService;
  readonly tickets: LoginTicketStore;
  readonly undoLinks: UndoLinkStore;
  readonly stepUp: StepUp;
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
   * Removes the user and all that names it: sessions, login tickets and what could be undone, in one transaction. Its
   * address and phone are free at once. Codes of before name destinations by keyed hashes only, fit no other user, and end
   * within a day.
   * @throws AppError UNAUTHENTICATED (the session ended meanwhile), SERVICE_UNAVAILABLE (the account changed meanwhile), and as `StepUp.prove`
   */
  async delete(by: Changer, proof: StepUpProof): Promise<void> {
    const { claims, users, sessions, tickets, undoLinks, stepUp, notifier, clock } = this.#parts;
    const { user, session } = by;
    const factor = await stepUp.prove(by, proof);
    await claims.spend(factor.claims, (commit) =>
      commit(async (unit) => {
        await sessions.hold(session, unit);
        await factor.spend(unit);
        if (!(await users.remove(user, unit))) throw changedMeanwhile();
        await sessions.endAll(user.id, unit);
        await tickets.removeAll(user.id, unit);
        await undoLinks.removeAll(user.id, unit);
      }),
    );
    notifyOwner(notifier, user, 'ACCOUNT_DELETED', clock());
  }
}
