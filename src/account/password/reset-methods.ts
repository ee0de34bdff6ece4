import { AppError } from '../../errors.ts';

/** How a forgotten password can be reset. */
export type ResetMethod = 'otp' | 'email_link';

const SWITCHED_OFF: Record<ResetMethod, string> = {
  otp: 'Password reset by code is switched off here',
  email_link: 'Password reset by e-mail link is switched off here: reset by a code instead',
};

/**
 * To be asked before any look-up, so that the answer is the same for every account (invariant 8).
 * @param methods those that the operator has switched on
 * @throws AppError FORBIDDEN
 */
export function ensureResetMethod(methods: readonly ResetMethod[], method: ResetMethod): void {
  if (!methods.includes(method)) throw new AppError('FORBIDDEN', { message: SWITCHED_OFF[method] });
}
