import type { Clock } from '../../clock.ts';
import { AppError, badInput } from '../../errors.ts';
import type { AttemptBudgets } from '../../otp/budgets.ts';
import type { Claims, Proof } from '../../otp/claims.ts';
import type { Authenticators, NewAuthenticator } from '../second-factor/authenticators.ts';
import { changedMeanwhile } from './changed-meanwhile.ts';
import type { Changer, Changes } from './changes.ts';
import { notifyOwner, type Notifier } from '../../users/notices.ts';
import type { SessionService } from '../../session/session-service.ts';
import type { PasswordHasher } from '../password/password.ts';
import type { User } from '../../users/user.ts';
import type { UnitOfWork } from '../../unit-of-work.ts';
import type { UserStore } from '../../users/ports.ts';
import { makeRecoveryCodes } from '../second-factor/recovery-codes.ts';
import type { FactorProof } from '../second-factor/second-factor.ts';
import type { StepUp, StepUpProof } from './step-up.ts';

/** How long a new authenticator waits for its first code. */
const ENROLMENT_LIFE_MS = 600_000;

export interface FactorOutcome {
  readonly user: User;
  /** Shown once; empty after switching off. */
  readonly recoveryCodes: readonly string[];
}

interface Parts {
  readonly claims: Claims;
  readonly users: UserStore;
  readonly sessions: SessionService;
  readonly passwords: PasswordHasher;
  readonly stepUp: StepUp;
  readonly authenticators: Authenticators;
  readonly budgets: AttemptBudgets;
  readonly changes: Changes;
  readonly notifier: Notifier;
  readonly clock: Clock;
}

/** Switches second factors on and off. Each change ends the other sessions and tells the owner. */
export class FactorSettings {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Switches codes by message on, proven by a VERIFICATION code at the account's phone. Where a factor is on already, it
   * makes new recovery codes, proven by that factor.
   * @throws AppError INVALID_CREDENTIALS, FORBIDDEN (no verified e-mail address or phone), OTP_INVALID, OTP_EXPIRED,
   *   MAX_ATTEMPTS_REACHED, and as `StepUp.prove`
   */
  async enable(by: Changer, password: string, proof: Proof): Promise<FactorOutcome> {
    const { user } = by;
    requireTwoDestinations(user);
    const factor = user.twoFactorEnabled
      ? await this.#parts.stepUp.prove(by, { password, factorCode: codeOf(proof) })
      : await this.#proveByPhone(by, password, proof);
    const { codes, hashes } = makeRecoveryCodes(user.id);
    const prepare = () => ({ twoFactorEnabled: true, recoveryCodeHashes: hashes });
    const changed = await this.#parts.changes.make({
      by,
      proofs: factor.claims,
      factor,
      prepare,
      notice: 'SECOND_FACTOR_ENABLED',
    });
    return { user: changed, recoveryCodes: codes };
  }

  /**
   * Switches every second factor off, proven by the one that is on.
   * @throws AppError FORBIDDEN when none is on, else as `enable`
   */
  async disable(by: Changer, proof: StepUpProof): Promise<FactorOutcome> {
    requireFactor(by.user);
    const factor = await this.#parts.stepUp.prove(by, proof);
    const off = { twoFactorEnabled: false, authenticator: null, pendingAuthenticator: null, recoveryCodeHashes: [] };
    const changed = await this.#parts.changes.make({
      by,
      proofs: factor.claims,
      factor,
      prepare: () => off,
      notice: 'SECOND_FACTOR_DISABLED',
    });
    return { user: changed, recoveryCodes: [] };
  }

  /**
   * Makes a secret for an authenticator app; it counts from its first code on (`confirm`).
   * @throws AppError FORBIDDEN as `enable`, and as `StepUp.prove`
   */
  async enroll(by: Changer, proof: StepUpProof): Promise<NewAuthenticator & { expiresAt: Date }> {
    const { claims, users, sessions, stepUp, authenticators, notifier, clock } = this.#parts;
    const { user, session } = by;
    requireTwoDestinations(user);
    const factor = await stepUp.prove(by, proof);
    const enrolment = authenticators.create(user.id, user.email);
    const expiresAt = new Date(clock() + ENROLMENT_LIFE_MS);
    const pending = { sealedSecret: enrolment.sealedSecret, expiresAt };
    await claims.spend(factor.claims, (commit) =>
      commit(async (unit) => {
        await sessions.hold(session, unit);
        await factor.spend(unit);
        if (!(await users.setPendingAuthenticator(user, pending, unit))) throw changedMeanwhile();
      }),
    );
    if (factor.usesRecoveryCode) notifyOwner(notifier, user, 'RECOVERY_CODE_USED', clock());
    return { ...enrolment, expiresAt };
  }

  /**
   * Switches the enrolled authenticator on, proven by its first code; codes by message are no second factor any more.
   * @throws AppError OTP_EXPIRED (nothing is enrolled), OTP_INVALID, MAX_ATTEMPTS_REACHED
   */
  async confirm(by: Changer, code: string): Promise<FactorOutcome> {
    const { budgets, authenticators, changes, clock } = this.#parts;
    const { user, requester } = by;
    const pending = user.pendingAuthenticator;
    if (!pending || pending.expiresAt.getTime() <= clock())
      throw new AppError('OTP_EXPIRED', { message: 'No authenticator is waiting for a code: enroll it first' });
    const forgive = await budgets.spend(`user:${user.id}`, requester);
    const authenticator = authenticators.accept(pending.sealedSecret, user.id, code);
    if (authenticator === null) throw new AppError('OTP_INVALID', { facts: { field: 'otpCode' } });
    const { codes, hashes } = makeRecoveryCodes(user.id);
    const on = { twoFactorEnabled: true, authenticator, pendingAuthenticator: null, recoveryCodeHashes: hashes };
    const changed = await changes.make({ by, proofs: [], prepare: () => on, notice: 'SECOND_FACTOR_ENABLED' });
    await forgive();
    return { user: changed, recoveryCodes: codes };
  }

  async #proveByPhone({ user, requester }: Changer, password: string, proof: Proof): Promise<FactorProof> {
    await this.#parts.passwords.require(user.passwordHash, password, 'password');
    const slot = { destination: user.phone!, purpose: 'VERIFICATION' as const };
    const claim = await this.#parts.claims.claim({ slot, proof, requester });
    const { users, clock } = this.#parts;
    const spend = (unit: UnitOfWork) => users.renewPhone(user, new Date(clock()), unit);
    return { claims: [claim], usesRecoveryCode: false, spend };
  }
}

/** Codes go to the channel that the first step did not use, and a password reset goes to the e-mail address only (invariant 13). */
function requireTwoDestinations(user: User): void {
  if (user.emailVerifiedAt && user.phone !== null && user.phoneVerifiedAt) return;
  throw new AppError('FORBIDDEN', { message: 'Verify your e-mail address and a phone number first' });
}

function requireFactor(user: User): void {
  if (!user.twoFactorEnabled) throw new AppError('FORBIDDEN', { message: 'No second factor is on' });
}

function codeOf(proof: Proof): string {
  if ('code' in proof) return proof.code;
  throw badInput('otpCode', 'is missing: the second factor that is on proves this by a code');
}
