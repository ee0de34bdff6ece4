import type { OtpChannel } from '../../otp/challenge.ts';
import type { Claim, Claims } from '../../otp/claims.ts';
import type { Session } from '../../session/ports.ts';
import type { SessionService } from '../../session/session-service.ts';
import type { Clock } from '../../clock.ts';
import { notifyOwner, tellEverywhere, type NoticeKind, type Notifier } from '../../users/notices.ts';
import type { User } from '../../users/user.ts';
import type { UserChanges, UserStore } from '../../users/ports.ts';
import type { KnownClients } from '../../otp/known-clients.ts';
import type { FactorProof } from '../second-factor/second-factor.ts';
import type { Requester } from '../../otp/requester.ts';
import { changedMeanwhile } from './changed-meanwhile.ts';
import type { ChangeUndo } from './undo.ts';

/** Who changes an account: the session that does it, which stays, and the user as its request read it. */
export interface Changer {
  readonly user: User;
  readonly session: Session;
  readonly requester: Requester;
}

/** Where and how a signed-in user wants a code. */
export interface CodeRequest {
  /** A normalised phone number or e-mail address. */
  readonly destination: string;
  readonly channel: OtpChannel;
  /** The message's language (BCP 47). */
  readonly locale: string | null;
}

export interface Change {
  readonly by: Changer;
  /** What was claimed for it: the code at the new destination, and the second factor's where it is one by message. */
  readonly proofs: readonly Claim[];
  /** The second factor, where the change needs it: its claims are among the proofs. */
  readonly factor?: FactorProof;
  /** What changes. Made while the claims are held, since hashing takes its time. */
  readonly prepare: () => Promise<UserChanges> | UserChanges;
  readonly notice: NoticeKind;
}

interface Parts {
  readonly claims: Claims;
  readonly users: UserStore;
  readonly sessions: SessionService;
  readonly undo: ChangeUndo;
  readonly notifier: Notifier;
  readonly clients: KnownClients;
  readonly clock: Clock;
}

/** The one way in which a signed-in user's destination or password changes. */
export class Changes {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * One transaction: the proofs are spent, the user changed (which ends every sign-in that was begun before), the other
   * sessions ended. Then the owner is told at the destinations of before, which can undo a change of destination. A refusal
   * leaves the codes for another try.
   * @returns the user after it
   * @throws AppError ACCOUNT_EXISTS, SERVICE_UNAVAILABLE (the account changed meanwhile)
   */
  async make({ by, proofs, factor, prepare, notice }: Change): Promise<User> {
    const { claims, users, sessions, undo, notifier, clients, clock } = this.#parts;
    const { user, session } = by;
    const { changed, linkFor } = await claims.spend(proofs, async (commit) => {
      const changes = await prepare();
      return commit(async (unit) => {
        await factor?.spend(unit);
        const changed = await users.change(user, changes, unit);
        if (!changed) throw changedMeanwhile();
        await sessions.hold(session, unit);
        await sessions.endOthers(user.id, session.id, unit);
        return { changed, linkFor: movesAccount(notice) ? await undo.prepare(user, unit) : null };
      });
    });
    clients.contained(user, by.requester);
    if (linkFor) tellEverywhere(notifier, [user], notice, clock(), linkFor);
    else notifyOwner(notifier, user, notice, clock());
    if (factor?.usesRecoveryCode) notifyOwner(notifier, user, 'RECOVERY_CODE_USED', clock());
    return changed;
  }
}

/** True for what changes where the owner is reached. */
function movesAccount(notice: NoticeKind): boolean {
  return notice === 'PHONE_CHANGED' || notice === 'EMAIL_CHANGED';
}
