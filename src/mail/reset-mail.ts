import type { CodeDestination } from '../account/password/ports.ts';

/** The mail that carries a reset link. */
export function resetLinkText(link: string): { subject: string; paragraphs: string[] } {
  return {
    subject: 'Reset your password',
    paragraphs: [
      'Somebody, probably you, has forgotten the password of the account with this e-mail address. To set a new one, open this link within 30 minutes:',
      link,
      'If it was not you, ignore this message: nothing has changed.',
    ],
  };
}

/** The mail for those who reset by a code now; it names only what a code reaches. */
export function codeHintText(codesTo: readonly CodeDestination[]): { subject: string; paragraphs: string[] } {
  const names = { PHONE: 'your phone number', EMAIL: 'this e-mail address' };
  const destinations = codesTo.map((destination) => names[destination]).join(' or ');
  return {
    subject: 'Reset your password with a code',
    paragraphs: [
      'Somebody, probably you, has forgotten the password of the account with this e-mail address. Passwords are reset with a code now, no longer with a link.',
      `Go back to where you sign in, choose to reset the password with a code, and give ${destinations}. The code arrives there.`,
      'If it was not you, ignore this message: nothing has changed.',
    ],
  };
}
