import type { User } from './user.ts';

/** What happened to an account. */
export type NoticeKind =
  | 'PASSWORD_RESET'
  | 'PASSWORD_CHANGED'
  | 'PHONE_CHANGED'
  | 'EMAIL_CHANGED'
  | 'EMAIL_VERIFIED'
  | 'SECOND_FACTOR_ENABLED'
  | 'SECOND_FACTOR_DISABLED'
  | 'RECOVERY_CODE_USED'
  | 'REFRESH_TOKEN_REUSED'
  | 'ACCOUNT_RECOVERED'
  | 'ACCOUNT_DELETED';

export interface Notice {
  /** A normalised e-mail address or phone number. */
  readonly to: string;
  readonly channel: 'EMAIL' | 'SMS';
  readonly kind: NoticeKind;
  /** When it happened (milliseconds since the epoch). */
  readonly at: number;
  /** Where it came from: a client's address without the part that names a household. */
  readonly from?: string;
}

/** Tells people what happened to their account. Best effort, after the answer: never throws, never delays. */
export interface Notifier {
  notify(notice: Notice): void;
}

type Destinations = Pick<User, 'email' | 'emailVerifiedAt' | 'phone' | 'phoneVerifiedAt'>;

/**
 * Tells every verified destination of an account. An unverified one may be somebody else's, who must learn nothing
 * (invariant 7). For a change of destination pass the user as read before it: the old destination is who needs to know.
 */
export function notifyOwner(
  notifier: Notifier,
  user: Destinations,
  kind: NoticeKind,
  at: number,
  more: Pick<Notice, 'from'> = {},
): void {
  const what = { kind, at, ...more };
  if (user.emailVerifiedAt) notifier.notify({ to: user.email, channel: 'EMAIL', ...what });
  if (user.phone !== null && user.phoneVerifiedAt) notifier.notify({ to: user.phone, channel: 'SMS', ...what });
}
