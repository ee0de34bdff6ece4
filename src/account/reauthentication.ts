import { AppError } from '../errors.ts';
import type { Session } from '../session/ports.ts';
import type { PasswordHasher } from './password.ts';
import type { User } from './ports.ts';

/** How long after signing in a session may change where its owner is reached. */
export const RECENT_SIGN_IN_MS = 600_000;

/**
 * Refuses a session whose owner signed in too long ago: one that was stolen later cannot move the account
 * (DESIGN section 4, invariant 12).
 * @throws AppError REAUTHENTICATION_REQUIRED
 */
export function requireRecentSignIn({ authenticatedAt }: Pick<Session, 'authenticatedAt'>, now: number): void {
  if (now - authenticatedAt.getTime() > RECENT_SIGN_IN_MS) throw new AppError('REAUTHENTICATION_REQUIRED');
}

/**
 * Has the signed-in user say the password again.
 * @param field the input that holds it, for the error
 * @throws AppError INVALID_CREDENTIALS, OVERLOADED
 */
export async function confirmPassword(
  passwords: PasswordHasher,
  user: Pick<User, 'passwordHash'>,
  password: string,
  field: string,
): Promise<void> {
  const { valid } = await passwords.verify(user.passwordHash, password);
  if (!valid) throw new AppError('INVALID_CREDENTIALS', { message: `${field} is not right`, facts: { field } });
}
