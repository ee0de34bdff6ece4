import type { Reach } from './user.ts';

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
  | 'CHANGE_UNDONE'
  | 'PHONE_RELEASED'
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
  /** Where the receiver can undo it. */
  readonly undoLink?: string;
}

/** Tells people what happened to their account. Best effort, after the answer: never throws, never delays. */
export interface Notifier {
  notify(notice: Notice): void;
}

/**
 * Tells every verified destination of an account. An unverified one may be somebody else's, who must learn nothing
 * (invariant 7). For a change of destination pass the user as read before it: the old destination is who needs to know.
 */
export function notifyOwner(
  notifier: Notifier,
  user: Reach,
  kind: NoticeKind,
  at: number,
  more: Pick<Notice, 'from'> = {},
): void {
  const what = { kind, at, ...more };
  if (user.emailVerifiedAt) notifier.notify({ to: user.email, channel: 'EMAIL', ...what });
  if (user.phone !== null && user.phoneVerifiedAt) notifier.notify({ to: user.phone, channel: 'SMS', ...what });
}

/**
 * Tells every destination, each once, proven or not: of a move of the account even those must hear who never confirmed an
 * address that is their own.
 * @param reaches where the account was or is reached
 * @param linkFor where a destination can undo it; null when it cannot
 */
export function tellEverywhere(
  notifier: Notifier,
  reaches: readonly Reach[],
  kind: NoticeKind,
  at: number,
  linkFor: (destination: string) => string | null = () => null,
): void {
  const tell = (to: string, channel: Notice['channel']) => {
    const undoLink = linkFor(to);
    notifier.notify({ to, channel, kind, at, ...(undoLink !== null && { undoLink }) });
  };
  for (const email of new Set(reaches.map((reach) => reach.email))) tell(email, 'EMAIL');
  for (const phone of new Set(reaches.map((reach) => reach.phone))) if (phone !== null) tell(phone, 'SMS');
}
