import { NOTES, someOf, text, wholeNumber } from './kinds.ts';

/** The mail server. */
export const MAIL = {
  SMTP_URL: text
    .refine((value) => /^smtps?:\/\/./.test(value) && URL.canParse(value), 'must be an smtp:// or smtps:// URL')
    .optional()
    .register(NOTES, {
      about:
        'A mail server, `smtps://user:password@host:port`: for EMAIL codes with `OTP_PROVIDER=local`, and with either provider for notices ("Your password was reset") and reset links. Notices by SMS exist in development only, since Twilio Verify carries codes and no other text.',
      unset: 'mail goes to the development inbox; production sends neither notices nor links',
    }),
  MAIL_FROM: text.optional().register(NOTES, {
    about: 'Who mail comes from, for example `otpql <no-reply@example.com>`. SMTP_URL needs it.',
  }),
};

export const RESET_METHODS = ['otp', 'email_link'] as const;

/** How forgotten passwords are reset: docs/migrate-from-email-reset.md. */
export const PASSWORD_RESET = {
  PASSWORD_RESET_METHODS: someOf(RESET_METHODS).optional().register(NOTES, {
    about:
      'How passwords are reset: `otp` by a code, `email_link` by a mailed link, as the old system did. Named here, links need SMTP_URL and PUBLIC_URL in production.',
    unset: 'both; production has no links until SMTP_URL and PUBLIC_URL are set',
  }),
  EMAIL_LINK_RESET_PERCENT: wholeNumber(100, 0, 100).register(NOTES, {
    about:
      'Of a hundred e-mail addresses, how many still get links; the others are told to use a code. An address stays on its side. Whom no code can reach gets a link all the same.',
  }),
  EMAIL_LINK_RESET_SUNSET: text
    .refine(
      (value) => /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value)),
      'must be a day: YYYY-MM-DD',
    )
    .default('2027-12-31')
    .register(NOTES, {
      about:
        'The last day of the links, as the `Sunset` header of their routes announces it. Nothing ends by itself: that takes PASSWORD_RESET_METHODS.',
    }),
};
