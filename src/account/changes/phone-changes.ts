import { badInput } from '../../errors.ts';
import type { Clock } from '../../clock.ts';
import type { Claims, Proof } from '../../otp/claims.ts';
import type { OtpService, Sent } from '../../otp/otp-service.ts';
import type { SlotName } from '../../otp/slot.ts';
import type { Changer, Changes, CodeRequest } from './changes.ts';
import type { User } from '../../users/user.ts';
import { requireRecentSignIn } from './reauthentication.ts';
import { FACTOR_CODE_FIELDS, type StepUp, type StepUpProof } from './step-up.ts';

interface Parts {
  readonly otp: OtpService;
  readonly claims: Claims;
  readonly changes: Changes;
  readonly stepUp: StepUp;
  readonly clock: Clock;
}

/** Moves a signed-in user to another phone. Each step needs a recent sign-in: a stolen session must not move a phone. */
export class PhoneChanges {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Sends a code to the new phone, whoever else may have it: only the action tells, to the one who holds it.
   * @throws AppError REAUTHENTICATION_REQUIRED, BAD_USER_INPUT, and as `OtpService.send`
   */
  async sendCode(by: Changer, { destination, channel, locale }: CodeRequest): Promise<Sent> {
    if (channel === 'EMAIL') throw badInput('channel', 'must reach a phone for PHONE_CHANGE');
    const slot = this.slotOf(by, destination);
    refuseOwn(by.user, destination, 'to');
    return this.#parts.otp.send({ kind: 'bound', slot, user: by.user, channel, locale, requester: by.requester });
  }

  /**
   * Where the code of this user for this phone is: another user's code for the same phone is none.
   * @throws AppError REAUTHENTICATION_REQUIRED
   */
  slotOf({ user, session }: Pick<Changer, 'user' | 'session'>, phone: string): SlotName<'PHONE_CHANGE'> {
    requireRecentSignIn(session, this.#parts.clock());
    return { destination: phone, purpose: 'PHONE_CHANGE', binding: user.id };
  }

  /**
   * Gives the account the phone that a PHONE_CHANGE code proves.
   * @throws AppError REAUTHENTICATION_REQUIRED, BAD_USER_INPUT, ACCOUNT_EXISTS (at most three times for one code),
   *   OTP_INVALID, OTP_EXPIRED, MAX_ATTEMPTS_REACHED, and as `StepUp.prove`
   */
  async change(by: Changer, newPhone: string, proof: Proof, stepUp: StepUpProof): Promise<User> {
    const { claims, changes, clock } = this.#parts;
    const slot = this.slotOf(by, newPhone);
    refuseOwn(by.user, newPhone, 'newPhone');
    const factor = await this.#parts.stepUp.prove(by, stepUp, FACTOR_CODE_FIELDS);
    const wanted = { slot, proof, requester: by.requester, onlyUser: by.user };
    const proofs = await claims.claimAll([wanted], factor.claims);
    const prepare = () => ({ phone: newPhone, phoneVerifiedAt: new Date(clock()) });
    return changes.make({ by, proofs, factor, prepare, notice: 'PHONE_CHANGED' });
  }
}

function refuseOwn(user: User, phone: string, field: string): void {
  if (phone === user.phone && user.phoneVerifiedAt) throw badInput(field, "is the account's number already");
}
