import type { OtpPurpose } from '../otp/challenge.ts';
import type { Payment } from '../otp/slot.ts';
import type { Mail } from './mailer.ts';

const WHAT_FOR: Record<OtpPurpose, string> = {
  VERIFICATION: 'to confirm this e-mail address',
  LOGIN: 'to sign in',
  PASSWORD_RESET: 'to set a new password',
  TRANSACTION: 'to confirm a payment',
  PHONE_CHANGE: 'to change the phone number of your account',
  ACCOUNT_RECOVERY: 'to get back into your account',
  STEP_UP: 'to change how your account is entered, or to delete it',
};

/** The message that carries a code. The subject does not: subjects show on locked screens. */
export function codeMail(to: string, code: string, purpose: OtpPurpose, payment?: Payment): Mail {
  const paid = payment ? ` of ${payment.amount} ${payment.currency} to ${payment.payee}` : '';
  const use = `Use this code ${WHAT_FOR[purpose]}${paid}. It works once, for a few minutes.`;
  const ignore = 'If you did not ask for it, ignore this message, and give the code to nobody.';
  return {
    to,
    subject: 'Your verification code',
    text: `${use}\n\n${code}\n\n${ignore}\n`,
    html: `<p>${escapeHtml(use)}</p><p style="font:600 28px/1.4 monospace;letter-spacing:4px">${code}</p><p>${ignore}</p>`,
  };
}

/** The payee's name is whatever the client wrote. */
function escapeHtml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replace(/[&<>"']/g, (letter) => entities[letter]!);
}
