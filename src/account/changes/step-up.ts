import { AppError, badInput } from '../../errors.ts';
import type { OtpChannel } from '../../otp/challenge.ts';
import type { OtpService, Sent } from '../../otp/otp-service.ts';
import type { SlotName } from '../../otp/slot.ts';
import { destinationOf, secondStepChannel } from '../login/login-tickets.ts';
import type { PasswordHasher } from '../password/password.ts';
import { NOTHING_TO_PROVE, type FactorProof, type SecondFactor } from '../second-factor/second-factor.ts';
import type { Changer, CodeRequest } from './changes.ts';

/** What a signed-in user brings once more for a change of the account. */
export interface StepUpProof {
  readonly password: string;
  /** The second factor's code, where one is on: a STEP_UP code, the authenticator's, or a recovery code. */
  readonly factorCode: string | null;
}

/** The inputs that hold the two, for errors. */
export interface StepUpFields {
  readonly password: string;
  readonly factorCode: string;
}

const FIELDS: StepUpFields = { password: 'password', factorCode: 'otpCode' };
/** Where `otpCode` is the new destination's. */
export const FACTOR_CODE_FIELDS: StepUpFields = { password: 'password', factorCode: 'factorCode' };

interface Parts {
  readonly otp: OtpService;
  readonly passwords: PasswordHasher;
  readonly secondFactor: SecondFactor;
  /** Channels that are configured here. */
  readonly channels: readonly OtpChannel[];
}

/**
 * The one proof that every change of how an account is entered asks for, and its deletion too: what the login takes. A
 * session alone, however young, is none (docs/adr/0045-even-step-up.md).
 */
export class StepUp {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Sends a code to where the second factor's codes go, good in this session only.
   * @throws AppError FORBIDDEN (no second factor is on, an authenticator makes the codes, or it is another destination),
   *   and as `OtpService.send`
   */
  async sendCode(by: Changer, { destination, channel, locale }: CodeRequest): Promise<Sent> {
    const { user, requester } = by;
    if (!user.twoFactorEnabled)
      throw new AppError('FORBIDDEN', { message: 'No second factor is on: the password is enough' });
    if (user.authenticator)
      throw new AppError('FORBIDDEN', { message: 'This account uses an authenticator app: no code is sent' });
    const slot = this.#slotOf(by);
    if (slot?.destination !== destination)
      throw new AppError('FORBIDDEN', {
        message: "This code goes only to where the second factor's codes go",
        facts: { field: 'to' },
      });
    return this.#parts.otp.send({ kind: 'bound', slot, user, channel, locale, requester });
  }

  /**
   * The password comes first: a mistyped one costs no code, and a stolen session without it cannot use up the owner's
   * attempts.
   * @returns the second factor's proof, to be spent with the change; an empty one where none is on
   * @throws AppError INVALID_CREDENTIALS, OVERLOADED, BAD_USER_INPUT (a second factor is on and its code is missing), and as
   *   `SecondFactor.prove`
   */
  async prove(by: Changer, { password, factorCode }: StepUpProof, fields = FIELDS): Promise<FactorProof> {
    const { passwords, secondFactor } = this.#parts;
    const { user, requester } = by;
    await passwords.require(user.passwordHash, password, fields.password);
    if (!user.twoFactorEnabled) return NOTHING_TO_PROVE;
    if (factorCode === null) throw badInput(fields.factorCode, 'is missing: this account has a second factor');
    return secondFactor.prove(user, factorCode, this.#slotOf(by), requester, fields.factorCode);
  }

  /**
   * Bound to user and session: a code that another session asked for, which may be a thief's, fits no change here. Null
   * where no channel reaches the second factor.
   */
  #slotOf({ user, session }: Changer): SlotName<'STEP_UP'> | null {
    const channel = secondStepChannel(user, 'PASSWORD', this.#parts.channels);
    if (channel === null) return null;
    const destination = destinationOf({ channel }, user);
    return { destination, purpose: 'STEP_UP', binding: `${user.id}:${session.id}` };
  }
}
