import { z } from 'zod';

const text = z.string().trim().min(1);
const wholeNumber = (fallback: number, min: number, max: number) =>
  z.coerce
    .number(`must be a whole number from ${min} to ${max}`)
    .int(`must be a whole number from ${min} to ${max}`)
    .min(min, `must be at least ${min}`)
    .max(max, `must be at most ${max}`)
    .default(fallback);
const flag = z.enum(['true', 'false', '1', '0'], 'must be true or false').transform((v) => v === 'true' || v === '1');
const list = text.transform((value) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean),
);
const httpUrl = text.refine((value) => /^https?:\/\//.test(value) && URL.canParse(value), 'must be an http(s) URL');
const mongoUrl = text.refine(
  (value) => /^mongodb(\+srv)?:\/\//.test(value),
  'must start with mongodb:// or mongodb+srv://',
);

export const RESET_METHODS = ['otp', 'email_link'] as const;
export const CHANNELS = ['SMS', 'EMAIL', 'WHATSAPP', 'VOICE'] as const;
/** Twilio's ids: two letters and 32 hexadecimal digits. */
const sid = (prefix: string) =>
  text.regex(
    new RegExp(`^${prefix}[0-9a-fA-F]{32}$`),
    `must be ${prefix} and 32 hexadecimal digits, as the Twilio console shows it`,
  );

/** The environment's variables, each with its rule and default; `.env.example` tells the same to people. */
export const ENVIRONMENT = z.object({
  NODE_ENV: z
    .enum(['development', 'production', 'test'], 'must be development, production or test')
    .default('development'),
  PORT: wholeNumber(4000, 0, 65_535),
  HOST: text.optional(),
  PUBLIC_URL: httpUrl.optional(),
  TRUST_PROXY: list.optional(),
  CORS_ORIGINS: list.optional(),
  MONGODB_URI: mongoUrl.optional(),
  DATA_DIR: text.default('.data'),
  OTP_PROVIDER: z.enum(['twilio', 'local'], 'must be twilio or local').optional(),
  OTP_CHANNELS: list.pipe(z.array(z.enum(CHANNELS, `must name some of ${CHANNELS.join(', ')}`))).optional(),
  OTP_SECRET: text.optional(),
  OTP_SECRET_PREVIOUS: text.optional(),
  OTP_TTL_SECONDS: wholeNumber(600, 1, 600),
  OTP_MAX_ATTEMPTS: wholeNumber(5, 1, 5),
  OTP_RESEND_COOLDOWN_SECONDS: wholeNumber(30, 0, 600),
  PHONE_STRICT: flag.optional(),
  TWILIO_ACCOUNT_SID: sid('AC').optional(),
  TWILIO_AUTH_TOKEN: text.optional(),
  TWILIO_VERIFY_SERVICE_SID: sid('VA').optional(),
  TWILIO_VERIFY_SERVICE_SID_ACCOUNT: sid('VA').optional(),
  TWILIO_VERIFY_SERVICE_SID_TRANSACTION: sid('VA').optional(),
  TWILIO_PSD2: flag.default(false),
  TWILIO_API_BASE_URL: httpUrl.optional(),
  TWILIO_TIMEOUT_MS: wholeNumber(8_000, 100, 8_000),
  SMTP_URL: text
    .refine((value) => /^smtps?:\/\/./.test(value) && URL.canParse(value), 'must be an smtp:// or smtps:// URL')
    .optional(),
  MAIL_FROM: text.optional(),
  PASSWORD_RESET_METHODS: list
    .pipe(z.array(z.enum(RESET_METHODS, `must name some of ${RESET_METHODS.join(', ')}`)).min(1, 'must name a method'))
    .optional(),
  EMAIL_LINK_RESET_PERCENT: wholeNumber(100, 0, 100),
  EMAIL_LINK_RESET_SUNSET: text
    .refine(
      (value) => /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value)),
      'must be a day: YYYY-MM-DD',
    )
    .default('2027-12-31'),
  JWT_SECRET_KEY: text.optional(),
  JWT_SECRET_KEY_PREVIOUS: text.optional(),
  JWT_PRIVATE_KEY: text.optional(),
  JWT_PRIVATE_KEY_PREVIOUS: text.optional(),
  JWT_ISSUER: text.optional(),
  JWT_AUDIENCE: text.default('otpql'),
  ACCESS_TOKEN_TTL_SECONDS: wholeNumber(900, 10, 86_400),
  REFRESH_TOKEN_TTL_SECONDS: wholeNumber(2_592_000, 60, 31_536_000),
  RATE_LIMIT_SCALE: z.coerce.number('must be a number above 0').positive('must be above 0').max(1e6).default(1),
  METRICS_TOKEN: text.regex(/^[!-~]+$/, 'must be printable ASCII without spaces').optional(),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'must be a pino level or silent')
    .default('info'),
  GRAPHQL_INTROSPECTION: flag.optional(),
  GRAPHQL_FEDERATION: flag.default(false),
});
export type Environment = z.infer<typeof ENVIRONMENT>;
