import { badInput } from '../../errors.ts';
import type { Clock } from '../../clock.ts';
import type { ClaimRequest, Claims, Proof } from '../../otp/claims.ts';
import type { Changer, Changes } from './changes.ts';
import type { User } from '../../users/user.ts';
import { requireRecentSignIn } from './reauthentication.ts';
import { FACTOR_CODE_FIELDS, type StepUp, type StepUpProof } from './step-up.ts';
import type { Requester } from '../../otp/requester.ts';

interface Parts {
  readonly claims: Claims;
  readonly changes: Changes;
  readonly stepUp: StepUp;
  readonly clock: Clock;
}

/** Proves and changes the e-mail address of a signed-in user. */
export class EmailChanges {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Marks the account's own address as proven by a VERIFICATION code.
   * @throws AppError OTP_INVALID, OTP_EXPIRED, MAX_ATTEMPTS_REACHED, ACCOUNT_EXISTS (somebody else proved it meanwhile)
   */
  async verify(by: Changer, proof: Proof): Promise<User> {
    const { claims, changes, clock } = this.#parts;
    const { email } = by.user;
    const proofs = [await claims.claim(proofOf(email, proof, by.requester))];
    // The address is written again: if it was given up meanwhile to somebody who proved it, this must fail.
    const prepare = () => ({ email, emailVerifiedAt: new Date(clock()) });
    return changes.make({ by, proofs, prepare, notice: 'EMAIL_VERIFIED' });
  }

  /**
   * Moves the account to another address, which a VERIFICATION code proves; it is taken from an account that never did.
   * @throws AppError REAUTHENTICATION_REQUIRED, BAD_USER_INPUT, ACCOUNT_EXISTS, OTP_INVALID, OTP_EXPIRED,
   *   MAX_ATTEMPTS_REACHED, and as `StepUp.prove`
   */
  async change(by: Changer, newEmail: string, proof: Proof, stepUp: StepUpProof): Promise<User> {
    const { claims, changes, clock } = this.#parts;
    requireRecentSignIn(by.session, clock());
    if (newEmail === by.user.email && by.user.emailVerifiedAt)
      throw badInput('newEmail', "is the account's address already");
    const factor = await this.#parts.stepUp.prove(by, stepUp, FACTOR_CODE_FIELDS);
    const proofs = await claims.claimAll([proofOf(newEmail, proof, by.requester)], factor.claims);
    const prepare = () => ({ email: newEmail, emailVerifiedAt: new Date(clock()) });
    return changes.make({ by, proofs, factor, prepare, notice: 'EMAIL_CHANGED' });
  }
}

function proofOf(email: string, proof: Proof, requester: Requester): ClaimRequest {
  return { slot: { destination: email, purpose: 'VERIFICATION' }, proof, requester };
}
