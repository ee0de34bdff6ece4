import { AppError } from '../../errors.ts';
import type { Session } from '../../session/ports.ts';

/** How long after signing in a session may change where its owner is reached. */
const RECENT_SIGN_IN_MS = 600_000;

/**
 * Refuses a session whose owner signed in too long ago: one that was stolen later cannot move the account
 * (DESIGN section 4, invariant 12).
 * @throws AppError REAUTHENTICATION_REQUIRED
 */
export function requireRecentSignIn({ authenticatedAt }: Pick<Session, 'authenticatedAt'>, now: number): void {
  if (now - authenticatedAt.getTime() > RECENT_SIGN_IN_MS) throw new AppError('REAUTHENTICATION_REQUIRED');
}
