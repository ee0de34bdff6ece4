import { NOTES, text, wholeNumber } from './kinds.ts';

/** Access tokens, and how long sessions live. */
export const TOKENS = {
  JWT_SECRET_KEY: text.optional().register(NOTES, {
    about:
      'The secret that signs access tokens with HS256: 32 bytes or more. Make one with `openssl rand -base64 48`. Not needed with JWT_PRIVATE_KEY.',
    unset: 'development makes one and keeps it',
  }),
  JWT_SECRET_KEY_PREVIOUS: text.optional().register(NOTES, {
    about: 'The secret of before a change, accepted for checks only. Drop it once its tokens have expired.',
  }),
  JWT_PRIVATE_KEY: text.optional().register(NOTES, {
    about:
      'The private key that signs access tokens with ES256 instead, so that your other services check them by `/.well-known/jwks.json` (docs/verify-tokens.md): P-256 in PEM, its line ends as they are or written `\\n`, or base64 of that. Make one with `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`.',
    unset: 'HS256 with JWT_SECRET_KEY',
  }),
  JWT_PRIVATE_KEY_PREVIOUS: text.optional().register(NOTES, {
    about:
      'Keys of before a change of JWT_PRIVATE_KEY, private or public, one after the other or separated by commas. They stay in `jwks.json` and are accepted for checks only.',
  }),
  JWT_ISSUER: text.optional().register(NOTES, {
    about: 'The issuer that access tokens name, and what authenticator apps show above an account.',
    unset: 'the public URL',
  }),
  JWT_AUDIENCE: text.default('otpql').register(NOTES, { about: 'The audience that access tokens name.' }),
  ACCESS_TOKEN_TTL_SECONDS: wholeNumber(900, 10, 86_400).register(NOTES, {
    about: 'How long an access token works, in seconds.',
  }),
  REFRESH_TOKEN_TTL_SECONDS: wholeNumber(2_592_000, 60, 31_536_000).register(NOTES, {
    about: 'How long a session lives after it was opened or last refreshed, in seconds. The default is 30 days.',
  }),
  SESSION_MAX_DAYS: wholeNumber(90, 1, 3_650).register(NOTES, {
    about:
      'After how many days a session ends, however often it is refreshed: its user signs in again then. It counts from the sign-in, also for sessions that are open already.',
  }),
};
