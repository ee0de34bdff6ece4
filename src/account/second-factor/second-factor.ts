import { AppError } from '../../errors.ts';
import { CODE_LENGTH } from '../../otp/challenge.ts';
import { parseCode } from '../../otp/destination.ts';
import type { Clock } from '../../clock.ts';
import type { AttemptBudgets } from '../../otp/budgets.ts';
import type { Claim, Claims } from '../../otp/claims.ts';
import type { UnitOfWork } from '../../unit-of-work.ts';
import type { SlotName } from '../../otp/slot.ts';
import type { Authenticators } from './authenticators.ts';
import type { User } from '../../users/user.ts';
import type { UserStore } from '../../users/ports.ts';
import { hashRecoveryCode, parseRecoveryCode } from './recovery-codes.ts';
import type { Requester } from '../../otp/requester.ts';

/** A second factor that was given rightly, for one action: `claims` and `spend` go into its transaction. */
export interface FactorProof {
  /** The code by message, where it is one. */
  readonly claims: readonly Claim[];
  readonly usesRecoveryCode: boolean;
  /**
   * Spends what is no challenge: a recovery code, an authenticator's time step. A code by message renews the phone.
   * @throws AppError OTP_INVALID when there is no such code, or another request was first
   */
  spend(unit: UnitOfWork): Promise<void>;
}

interface Parts {
  readonly claims: Claims;
  readonly users: UserStore;
  readonly budgets: AttemptBudgets;
  readonly authenticators: Authenticators;
  readonly clock: Clock;
}

/** Where no second factor is on. */
export const NOTHING_TO_PROVE: FactorProof = { claims: [], usesRecoveryCode: false, spend: async () => undefined };

/** Checks second factors: a code by message, an authenticator app's code, or one of the recovery codes. */
export class SecondFactor {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Takes the factor that an account uses, or a recovery code in its place.
   * @param slot where the code by message went; null where none was sent. Unused with an authenticator: a code by message
   *   is weaker, and would make the app worthless
   * @param field the input that holds the code, for errors
   * @throws AppError OTP_INVALID, OTP_EXPIRED, MAX_ATTEMPTS_REACHED
   */
  async prove(
    user: User,
    otpCode: string,
    slot: SlotName | null,
    requester: Requester,
    field = 'otpCode',
  ): Promise<FactorProof> {
    if (parseRecoveryCode(otpCode) !== null) return this.proveByRecoveryCode(user, otpCode, requester, field);
    const code = parseCode(otpCode, field, CODE_LENGTH);
    if (user.authenticator) return this.#proveByAuthenticator(user, code, requester, field);
    if (slot === null) throw new AppError('OTP_EXPIRED', { facts: { field } });
    const claim = await this.#parts.claims.claim({ slot, proof: { code, field }, requester, onlyUser: user });
    const { users, clock } = this.#parts;
    const isPhone = slot.destination === user.phone;
    const spend = async (unit: UnitOfWork) => (isPhone ? users.renewPhone(user, new Date(clock()), unit) : undefined);
    return { claims: [claim], usesRecoveryCode: false, spend };
  }

  /**
   * Takes one of the recovery codes. The attempt is spent here, before the transaction looks for the code.
   * @param field the input that holds it, for errors
   * @throws AppError OTP_INVALID, MAX_ATTEMPTS_REACHED
   */
  async proveByRecoveryCode(user: User, raw: string, requester: Requester, field = 'otpCode'): Promise<FactorProof> {
    const { budgets, users } = this.#parts;
    const forgive = await budgets.spend(`user:${user.id}`, requester);
    const code = parseRecoveryCode(raw);
    if (code === null) throw wrongCode(field);
    return {
      claims: [],
      usesRecoveryCode: true,
      spend: async (unit) => {
        if (!(await users.spendRecoveryCode(user.id, hashRecoveryCode(user.id, code), unit))) throw wrongCode(field);
        await forgive();
      },
    };
  }

  async #proveByAuthenticator(user: User, code: string, requester: Requester, field: string): Promise<FactorProof> {
    const { budgets, authenticators, users } = this.#parts;
    const forgive = await budgets.spend(`user:${user.id}`, requester);
    const after = authenticators.accept(user.authenticator!.sealedSecret, user.id, code);
    if (after === null) throw wrongCode(field);
    return {
      claims: [],
      usesRecoveryCode: false,
      // A code is accepted once, however long it would still be right (RFC 6238 section 5.2).
      spend: async (unit) => {
        if (!(await users.acceptTimeStep(user.id, after, unit))) throw wrongCode(field);
        await forgive();
      },
    };
  }
}

function wrongCode(field: string): AppError {
  return new AppError('OTP_INVALID', { facts: { field } });
}
