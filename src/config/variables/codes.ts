import { z } from 'zod';
import { flag, httpUrl, NOTES, someOf, text, wholeNumber } from './kinds.ts';

export const CHANNELS = ['SMS', 'EMAIL', 'WHATSAPP', 'VOICE'] as const;

/** What codes are like, and who makes and delivers them. */
export const CODES = {
  OTP_PROVIDER: z.enum(['twilio', 'local'], 'must be twilio or local').optional().register(NOTES, {
    about:
      'Who makes and delivers codes: Twilio Verify, or this server itself, by e-mail and in development to its inbox. In production `local` means by e-mail alone, and needs SMTP_URL.',
    unset: '`twilio` where its variables are set, else `local`; in production `twilio`',
  }),
  OTP_CHANNELS: someOf(CHANNELS).optional().register(NOTES, {
    about: 'The channels that codes may travel by. Leave out those that your Twilio service does not have.',
    unset: 'all; `EMAIL` in production with `OTP_PROVIDER=local`',
  }),
  OTP_SECRET: text.optional().register(NOTES, {
    about:
      'The key of codes, refresh tokens, authenticator secrets and the ids under which destinations are kept: 32 bytes or more, and other than JWT_SECRET_KEY. Make one with `openssl rand -base64 48`.',
    unset: 'development makes one and keeps it',
  }),
  OTP_SECRET_PREVIOUS: text.optional().register(NOTES, {
    about:
      'The secret of before a change, accepted for checks only. Keep it for as long as refresh tokens live (REFRESH_TOKEN_TTL_SECONDS), or users sign in again.',
  }),
  OTP_TTL_SECONDS: wholeNumber(600, 1, 600).register(NOTES, { about: 'How long a code works, in seconds.' }),
  OTP_MAX_ATTEMPTS: wholeNumber(5, 1, 5).register(NOTES, {
    about: 'How often a code can be tried by everybody together. One requester gets at most 3 of these attempts.',
  }),
  OTP_RESEND_COOLDOWN_SECONDS: wholeNumber(30, 0, 600).register(NOTES, {
    about: 'How long to wait before a code can be sent again, in seconds.',
  }),
  PHONE_STRICT: flag.optional().register(NOTES, {
    about: 'Whether phone numbers that no numbering plan allows are refused as well.',
    unset: '`false`; in production `true`',
  }),
  PHONE_TRUST_DAYS: wholeNumber(180, 0, 3650).register(NOTES, {
    about:
      'For how many days a phone number stands for its owner since a code that was read there last served the account. After that a code at the phone alone neither signs in nor resets nor recovers, and who proves the number can register with it if its account was not used either. 0: for ever.',
  }),
  PHONE_LOGIN: flag.default(true).register(NOTES, {
    about:
      'Whether a code at the phone alone signs in. With `false` it takes the password or a code by e-mail beside it.',
  }),
};

/** Twilio's ids: two letters and 32 hexadecimal digits. */
const sid = (prefix: string) =>
  text.regex(
    new RegExp(`^${prefix}[0-9a-fA-F]{32}$`),
    `must be ${prefix} and 32 hexadecimal digits, as the Twilio console shows it`,
  );

/** How Twilio Verify is reached. */
export const TWILIO = {
  TWILIO_ACCOUNT_SID: sid('AC').optional().register(NOTES, {
    about: 'The account. Not needed with `OTP_PROVIDER=local`.',
  }),
  TWILIO_AUTH_TOKEN: text.optional().register(NOTES, {
    about: "The account's auth token, from the same page of the console. Not needed with `OTP_PROVIDER=local`.",
  }),
  TWILIO_VERIFY_SERVICE_SID: sid('VA').optional().register(NOTES, {
    about: 'The Verify service that sends codes; alone it serves every purpose. Not needed with `OTP_PROVIDER=local`.',
  }),
  TWILIO_VERIFY_SERVICE_SID_ACCOUNT: sid('VA').optional().register(NOTES, {
    about: 'A service for the codes of sign-in, password reset and recovery, as far as these have none of their own.',
    unset: 'the first service; where purposes share one, a pending code of one keeps others from asking for another',
  }),
  TWILIO_VERIFY_SERVICE_SID_LOGIN: sid('VA').optional().register(NOTES, {
    about: 'A service of its own for the codes of sign-in.',
    unset: 'that of the account',
  }),
  TWILIO_VERIFY_SERVICE_SID_RESET: sid('VA').optional().register(NOTES, {
    about: 'A service of its own for the codes of password reset.',
    unset: 'that of the account',
  }),
  TWILIO_VERIFY_SERVICE_SID_RECOVERY: sid('VA').optional().register(NOTES, {
    about: 'A service of its own for the codes of account recovery.',
    unset: 'that of the account',
  }),
  TWILIO_VERIFY_SERVICE_SID_TRANSACTION: sid('VA').optional().register(NOTES, {
    about: 'A service of its own for the codes of payments and phone changes.',
    unset: 'the first service, as above',
  }),
  TWILIO_PSD2: flag.default(false).register(NOTES, {
    about:
      'Whether Twilio has switched PSD2 on for the service of payments, so that its messages show amount and payee. That service is then for payments only, phone changes use the account service, and calls are not possible with it.',
  }),
  TWILIO_API_BASE_URL: httpUrl.optional().register(NOTES, {
    about: 'Another host in the place of Twilio, for example that of the emulator (`npm run twilio:emulator`).',
    unset: "Twilio's own",
  }),
  TWILIO_TIMEOUT_MS: wholeNumber(8_000, 100, 8_000).register(NOTES, {
    about: 'How long one call to Twilio may take, in milliseconds.',
  }),
};
