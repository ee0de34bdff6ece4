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

/** The mail for those who reset by a code now. */
export function codeHintText(): { subject: string; paragraphs: string[] } {
  return {
    subject: 'Reset your password with a code',
    paragraphs: [
      'Somebody, probably you, has forgotten the password of the account with this e-mail address. Passwords are reset with a code now, no longer with a link.',
      'Go back to where you sign in, choose to reset the password with a code, and give your phone number or this e-mail address. The code arrives there.',
      'If it was not you, ignore this message: nothing has changed.',
    ],
  };
}
