import { badInput } from '../../errors.ts';
import type { Changer, Changes } from './changes.ts';
import { checkPassword, isSamePassword, type PasswordHasher } from '../password/password.ts';
import type { User } from '../../users/user.ts';
import type { SecondFactor } from '../second-factor/second-factor.ts';

export interface PasswordChange {
  readonly currentPassword: string;
  readonly newPassword: string;
  /** The second factor's code, where one is on. */
  readonly otpCode: string | null;
}

interface Parts {
  readonly changes: Changes;
  readonly passwords: PasswordHasher;
  readonly secondFactor: SecondFactor;
}

/** Changes the password of a signed-in user. */
export class PasswordChanges {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * The new password is looked at before anything is hashed, and the current one before any code is tried: a stolen session
   * must not use up its owner's attempts.
   * @throws AppError WEAK_PASSWORD, BAD_USER_INPUT (the same password), INVALID_CREDENTIALS, OVERLOADED, and as
   *   `SecondFactor.proveIfOn`
   */
  async change(by: Changer, { currentPassword, newPassword, otpCode }: PasswordChange): Promise<User> {
    const { changes, passwords, secondFactor } = this.#parts;
    checkPassword(newPassword, 'newPassword');
    if (isSamePassword(newPassword, currentPassword)) throw badInput('newPassword', 'must differ from the current one');
    await passwords.require(by.user.passwordHash, currentPassword, 'currentPassword');
    const factor = await secondFactor.proveIfOn(by.user, otpCode, by.requester);
    const prepare = async () => ({ passwordHash: await passwords.hash(newPassword), passwordResetBy: null });
    return changes.make({ by, factor, prepare, notice: 'PASSWORD_CHANGED' });
  }
}
