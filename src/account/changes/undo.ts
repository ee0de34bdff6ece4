import type { Clock } from '../../clock.ts';
import { AppError, hasCode } from '../../errors.ts';
import { hashToken, makeToken } from '../../opaque-token.ts';
import type { SessionService } from '../../session/session-service.ts';
import type { UnitOfWork, UnitsOfWork } from '../../unit-of-work.ts';
import { tellEverywhere, type Notifier } from '../../users/notices.ts';
import type { UserStore } from '../../users/ports.ts';
import { reachOf, type User } from '../../users/user.ts';
import type { KnownClients } from '../../otp/known-clients.ts';
import { changedMeanwhile } from './changed-meanwhile.ts';
import type { UndoLinkStore } from './ports.ts';

/** For how long a change of phone or e-mail address can be undone. */
const UNDO_LIFE_MS = 72 * 3_600_000;

interface Parts {
  readonly undoLinks: UndoLinkStore;
  readonly users: UserStore;
  readonly sessions: SessionService;
  readonly units: UnitsOfWork;
  readonly notifier: Notifier;
  readonly clients: KnownClients;
  readonly clock: Clock;
  /** What links begin with; null where the operator has not said how clients reach the server. */
  readonly linkBase: string | null;
}

/**
 * Takes changes of phone or e-mail address back, by a link in the notices to the old destinations: whoever had the account
 * before a thief has the last word (docs/adr/0045-even-step-up.md).
 */
export class ChangeUndo {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Makes the link of a change, within its transaction. A destination that itself came by a change which can still be undone
   * gets none: else a thief's phone could undo what the owner did to get the account back.
   * @param before the user as read before the change
   * @returns the link for a destination of before; null where it gets none
   */
  async prepare(before: User, unit: UnitOfWork): Promise<(destination: string) => string | null> {
    const { undoLinks, clock, linkBase } = this.#parts;
    const now = clock();
    const earlier = await undoLinks.list(before.id, now, unit);
    const { token, hash: id } = makeToken();
    const { id: userId, authVersion: version } = before;
    const expiresAt = new Date(now + UNDO_LIFE_MS);
    await undoLinks.insert({ id, userId, version, before: reachOf(before), expiresAt }, unit);
    const isLongThere = (destination: string) =>
      earlier.every(({ before: { email, phone } }) => destination === email || destination === phone);
    return (destination) =>
      linkBase !== null && isLongThere(destination) ? `${linkBase}/undo-change#token=${token}` : null;
  }

  /**
   * Gives the account the phone and the address of before a change, and ends every session and whatever was begun, in one
   * transaction. Later changes are undone with it. Then old and new destinations are told.
   * @returns how many sessions ended
   * @throws AppError OTP_EXPIRED, ACCOUNT_EXISTS (another account has an old destination by now), SERVICE_UNAVAILABLE (the
   *   account changed meanwhile)
   */
  async undo(token: string): Promise<number> {
    const { undoLinks, users, sessions, units, notifier, clients, clock } = this.#parts;
    const link = await undoLinks.find(hashToken(token), clock());
    const user = link && (await users.findById(link.userId));
    if (!link || !user || user.suspendedAt) throw expired();
    const run = async (unit: UnitOfWork) => {
      if (!(await undoLinks.consume(link, unit))) throw expired();
      const restored = await users.change(user, link.before, unit);
      if (!restored) throw changedMeanwhile();
      return sessions.endAll(user.id, unit);
    };
    const ended = await units.run(run).catch((error: unknown) => {
      throw hasCode(error, 'ACCOUNT_EXISTS') ? taken() : error;
    });
    clients.contained(user, null);
    tellEverywhere(notifier, [user, link.before], 'CHANGE_UNDONE', clock());
    return ended;
  }
}

function expired(): AppError {
  const message = 'This link has expired or was used: the change cannot be undone any more';
  return new AppError('OTP_EXPIRED', { message, facts: { field: 'token' } });
}

function taken(): AppError {
  const message =
    'Another account uses the old phone number or e-mail address by now: ask the support of this service to undo the change';
  return new AppError('ACCOUNT_EXISTS', { message, facts: { field: 'token' } });
}
