import type { Notice, NoticeKind } from '../users/notices.ts';

interface Wording {
  readonly subject: string;
  /** A sentence, to which the time is added. */
  readonly event: string;
  readonly advice: string;
}

const RESET_NOW = 'If it was not you, somebody can get into your account: reset your password now';
const ASK_SUPPORT = 'If it was not you, tell the support of this service now';

const WORDING: Record<NoticeKind, Wording> = {
  PASSWORD_RESET: {
    subject: 'Your password was reset',
    event: 'The password of your account was reset, and every session was ended',
    advice: `${RESET_NOW}, and check who can read your messages.`,
  },
  PASSWORD_CHANGED: {
    subject: 'Your password was changed',
    event: 'The password of your account was changed',
    advice: `${RESET_NOW}.`,
  },
  PHONE_CHANGED: {
    subject: 'Your phone number was changed',
    event: 'The phone number of your account was changed',
    advice: `${ASK_SUPPORT}, and reset your password.`,
  },
  EMAIL_CHANGED: {
    subject: 'Your e-mail address was changed',
    event: 'The e-mail address of your account was changed',
    advice: `${ASK_SUPPORT}, and reset your password.`,
  },
  EMAIL_VERIFIED: {
    subject: 'Your e-mail address was confirmed',
    event: 'The e-mail address of your account was confirmed: it can reset your password from now on',
    advice: `${ASK_SUPPORT}, and reset your password.`,
  },
  SECOND_FACTOR_ENABLED: {
    subject: 'Two-step sign-in was switched on',
    event: 'Signing in to your account takes a second step from now on',
    advice: `${ASK_SUPPORT}, and reset your password.`,
  },
  SECOND_FACTOR_DISABLED: {
    subject: 'Two-step sign-in was switched off',
    event: 'Signing in to your account takes no second step any more',
    advice: `${RESET_NOW}, and switch it on again.`,
  },
  RECOVERY_CODE_USED: {
    subject: 'A recovery code was used',
    event: 'One of the recovery codes of your account was used',
    advice: `${RESET_NOW}, and make new recovery codes.`,
  },
  REFRESH_TOKEN_REUSED: {
    subject: 'A device was signed out of your account',
    event: 'A sign-in of your account was used a second time, as if it had been copied, so that device was signed out',
    advice: `${RESET_NOW}, and check the device.`,
  },
  CHANGE_UNDONE: {
    subject: 'A change of your account was undone',
    event: 'A change of the phone number or e-mail address of your account was undone, and every session was ended',
    advice: `${RESET_NOW}.`,
  },
  PHONE_RELEASED: {
    subject: 'Your phone number was removed',
    event:
      'Nobody had signed in to your account for a long time, and somebody else has proven to have its phone number now: it was removed from your account',
    advice: 'If the number is yours, sign in with your password and add it again.',
  },
  ACCOUNT_RECOVERED: {
    subject: 'Your account was recovered',
    event: 'Your account was recovered with a new phone number, and every session was ended',
    advice: `${ASK_SUPPORT}.`,
  },
  ACCOUNT_DELETED: {
    subject: 'Your account was deleted',
    event: 'Your account was deleted',
    advice: `${ASK_SUPPORT}.`,
  },
};

const UNDO =
  'If it was not you, open this link within three days. It takes the change back and signs everybody out; then reset your password:';

/**
 * A notice in words: what happened, from where, when (UTC), what to do. It holds no code and no address, and no link but the one that
 * undoes a change (phishing looks like those).
 */
export function noticeText({ kind, at, from, undoLink }: Pick<Notice, 'kind' | 'at' | 'from' | 'undoLink'>): {
  subject: string;
  paragraphs: string[];
  link?: string;
} {
  const { subject, event, advice } = WORDING[kind];
  const [day, time] = new Date(at).toISOString().split('T') as [string, string];
  const where = from === undefined ? '' : ` (from the network ${from})`;
  const what = `${event}${where}: ${day} ${time.slice(0, 5)} UTC.`;
  if (undoLink !== undefined)
    return { subject, paragraphs: [what, `If it was you, there is nothing to do. ${UNDO}`, undoLink], link: undoLink };
  return {
    subject,
    paragraphs: [what, `If it was you, there is nothing to do. ${advice}`],
  };
}
