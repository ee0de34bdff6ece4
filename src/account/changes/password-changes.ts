import { badInput } from '../../errors.ts';
import type { Changer, Changes } from './changes.ts';
import { checkPassword, isSamePassword, type PasswordHasher } from '../password/password.ts';
import type { User } from '../../users/user.ts';
import type { StepUp, StepUpFields } from './step-up.ts';

export interface PasswordChange {
  readonly currentPassword: string;
  readonly newPassword: string;
  /** The second factor's code, where one is on. */
  readonly otpCode: string | null;
}

const FIELDS: StepUpFields = { password: 'currentPassword', factorCode: 'otpCode' };

interface Parts {
  readonly changes: Changes;
  readonly passwords: PasswordHasher;
  readonly stepUp: StepUp;
}

/** Changes the password of a signed-in user. */
export class PasswordChanges {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * The new password is looked at before anything is hashed.
   * @throws AppError WEAK_PASSWORD, BAD_USER_INPUT (the same password), and as `StepUp.prove`
   */
  async change(by: Changer, { currentPassword, newPassword, otpCode }: PasswordChange): Promise<User> {
    const { changes, passwords, stepUp } = this.#parts;
    checkPassword(newPassword, 'newPassword');
    if (isSamePassword(newPassword, currentPassword)) throw badInput('newPassword', 'must differ from the current one');
    const factor = await stepUp.prove(by, { password: currentPassword, factorCode: otpCode }, FIELDS);
    const prepare = async () => ({ passwordHash: await passwords.hash(newPassword), passwordResetBy: null });
    return changes.make({ by, proofs: factor.claims, factor, prepare, notice: 'PASSWORD_CHANGED' });
  }
}
