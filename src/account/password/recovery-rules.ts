import type { PhoneTrust } from './phone-trust.ts';
import type { User } from '../../users/user.ts';

/** Which of an account's two destinations this is: a normalised phone number or e-mail address. */
export function kindOf(destination: string): 'EMAIL' | 'PHONE' {
  return destination.includes('@') ? 'EMAIL' : 'PHONE';
}

/** Whether an ACCOUNT_RECOVERY code to this destination counts for this user, beside the password. */
export function acceptsRecoveryCodeAt(user: User, destination: string, phoneTrust: PhoneTrust): boolean {
  if (user.suspendedAt) return false;
  const owned =
    kindOf(destination) === 'EMAIL'
      ? destination === user.email && user.emailVerifiedAt !== null
      : destination === user.phone && phoneTrust.holds(user);
  return owned && !needsRecoveryCode(user, destination);
}

/**
 * Whether the account is too well guarded for a code to this destination. An authenticator app is stronger than a code by
 * message. And where a second factor is on, a password that was itself reset by a code to this destination proves nothing
 * more than that code: the mailbox alone would reset the password and then move the phone (ASVS 6.4.3).
 */
export function needsRecoveryCode(user: User, destination: string): boolean {
  return user.twoFactorEnabled && (user.authenticator !== null || user.passwordResetBy === kindOf(destination));
}

/**
 * Whether a PASSWORD_RESET code to this destination counts: with a second factor on only the e-mail address does, since
 * the phone is the second factor (invariant 13), and a phone only while it stands for its owner.
 */
export function acceptsResetAt(user: User, destination: string, phoneTrust: PhoneTrust): boolean {
  if (user.suspendedAt) return false;
  return kindOf(destination) === 'EMAIL' || (!user.twoFactorEnabled && phoneTrust.holds(user));
}
