import { z } from 'zod';
import { loadDevelopmentSecrets } from './development-secrets.ts';

/** The guide's example values: public, so never secrets. */
const GUIDE_PLACEHOLDER = 'your-secret-key-change-this';
const GUIDE_AUTH_TOKEN = 'your_auth_token_here';
const MIN_SECRET_BYTES = 32;

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

const CHANNELS = ['SMS', 'EMAIL', 'WHATSAPP', 'VOICE'] as const;
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
  TWILIO_API_BASE_URL: httpUrl.optional(),
  TWILIO_TIMEOUT_MS: wholeNumber(8_000, 100, 8_000),
  SMTP_URL: text
    .refine((value) => /^smtps?:\/\/./.test(value) && URL.canParse(value), 'must be an smtp:// or smtps:// URL')
    .optional(),
  MAIL_FROM: text.optional(),
  JWT_SECRET_KEY: text.optional(),
  JWT_SECRET_KEY_PREVIOUS: text.optional(),
  JWT_ISSUER: text.optional(),
  JWT_AUDIENCE: text.default('otpql'),
  ACCESS_TOKEN_TTL_SECONDS: wholeNumber(900, 10, 86_400),
  REFRESH_TOKEN_TTL_SECONDS: wholeNumber(2_592_000, 60, 31_536_000),
  RATE_LIMIT_SCALE: z.coerce.number('must be a number above 0').positive('must be above 0').max(1e6).default(1),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'must be a pino level or silent')
    .default('info'),
  GRAPHQL_INTROSPECTION: flag.optional(),
});
type Environment = z.infer<typeof ENVIRONMENT>;

export interface TwilioConfig {
  readonly accountSid: string;
  readonly authToken: string;
  readonly serviceSid: string;
  readonly serviceSidAccount: string | undefined;
  readonly serviceSidTransaction: string | undefined;
  readonly apiBaseUrl: string | undefined;
  readonly timeoutMs: number;
}

export interface Config {
  readonly production: boolean;
  readonly port: number;
  readonly host: string;
  readonly publicUrl: string;
  /** Proxy hops (a number) or the proxies' addresses and CIDRs; false: the socket's address is the client's. */
  readonly trustProxy: false | number | readonly string[];
  readonly corsOrigins: readonly string[];
  readonly mongodbUri: string;
  readonly logLevel: string;
  readonly introspection: boolean;
  readonly rateLimitScale: number;
  readonly phoneStrict: boolean;
  readonly otp: {
    /** Null when Twilio was asked for and its variables are not all set. */
    readonly provider: 'local' | TwilioConfig | null;
    readonly channels: readonly (typeof CHANNELS)[number][];
    /** The current secret first; the others are accepted for checks only. */
    readonly secrets: readonly [string, ...string[]];
    readonly ttlSeconds: number;
    readonly maxAttempts: number;
    readonly resendCooldownSeconds: number;
  };
  /** Where e-mail goes; null: to the development inbox. */
  readonly mail: { readonly smtpUrl: string; readonly from: string } | null;
  readonly jwt: {
    /** The current key first; the others are accepted for checks only. */
    readonly secrets: readonly [string, ...string[]];
    readonly issuer: string;
    readonly audience: string;
    readonly accessTtlSeconds: number;
    readonly refreshTtlSeconds: number;
  };
  /** What an operator should know at start, one line each. */
  readonly warnings: readonly string[];
}

/** Every problem of the configuration at once, one line each, naming its variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`The configuration is not valid:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

/**
 * Turns the environment into one typed, frozen object. In development, missing secrets are made and kept in `DATA_DIR`.
 * @throws ConfigError naming every problem at once
 */
export function parseConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  // An empty value (`PORT=` in a .env file) means unset.
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value?.trim()));
  const parsed = ENVIRONMENT.safeParse(given);
  const problems = parsed.success
    ? []
    : parsed.error.issues.map((issue) => `${String(issue.path[0])} ${issue.message}`);
  // The rules across variables read the rest even where one value is wrong, so that every problem is told at once.
  const env = parsed.success ? parsed.data : { ...ENVIRONMENT.partial().parse(onlyValid(given)) };
  const told = new Set(problems.map((problem) => problem.split(' ')[0]));
  // A value that is wrong is not missing too.
  problems.push(...crossProblems(env).filter((problem) => !told.has(problem.split(' ')[0])));
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  return freeze(toConfig(parsed.data));
}

/**
 * What the import of users needs, and no more: an operator may run it where the server's secrets are not.
 * @throws ConfigError naming every problem at once
 */
export function parseImportConfig(
  environment: Readonly<Record<string, string | undefined>>,
): Pick<Config, 'mongodbUri' | 'phoneStrict'> {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value?.trim()));
  const parsed = ENVIRONMENT.pick({ NODE_ENV: true, MONGODB_URI: true, PHONE_STRICT: true }).safeParse(given);
  if (!parsed.success)
    throw new ConfigError(parsed.error.issues.map((issue) => `${String(issue.path[0])} ${issue.message}`));
  const { NODE_ENV, MONGODB_URI, PHONE_STRICT } = parsed.data;
  if (!MONGODB_URI) throw new ConfigError(['MONGODB_URI is missing: set it to the database of the server']);
  return { mongodbUri: MONGODB_URI, phoneStrict: PHONE_STRICT ?? NODE_ENV === 'production' };
}

function onlyValid(given: Record<string, string | undefined>): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(given).filter(([name, value]) => {
      const rule = (ENVIRONMENT.shape as Record<string, z.ZodType>)[name];
      return rule?.safeParse(value).success;
    }),
  );
}

function crossProblems(env: Partial<Environment>): string[] {
  const problems: string[] = [];
  if (!env.MONGODB_URI)
    problems.push(
      'MONGODB_URI is missing: set it to a replica set (in development `npm start` brings its own MongoDB)',
    );
  if (env.TRUST_PROXY && !proxies(env.TRUST_PROXY))
    problems.push('TRUST_PROXY must be a number of hops, or addresses and CIDRs separated by commas');
  if (env.SMTP_URL && !env.MAIL_FROM)
    problems.push('MAIL_FROM is missing: SMTP_URL needs a sender, for example otpql <no-reply@example.com>');
  if (env.NODE_ENV !== 'production') return problems;
  problems.push(...providerProblems(env), ...guideTokenProblems(env));
  problems.push(
    ...secretProblems('JWT_SECRET_KEY', env.JWT_SECRET_KEY),
    ...secretProblems('OTP_SECRET', env.OTP_SECRET),
  );
  // What was signed with a previous secret is still accepted, so it must have been a good one.
  for (const name of ['JWT_SECRET_KEY_PREVIOUS', 'OTP_SECRET_PREVIOUS'] as const)
    if (env[name]) problems.push(...weaknessOf(name, env[name]));
  if (env.OTP_SECRET && env.OTP_SECRET === env.JWT_SECRET_KEY)
    problems.push('OTP_SECRET must differ from JWT_SECRET_KEY: whoever learns one must not hold the other');
  return problems;
}

/** Production sends by Twilio, or by e-mail alone. */
function providerProblems(env: Partial<Environment>): string[] {
  if (env.OTP_PROVIDER !== 'local')
    return missingTwilio(env).map((name) => `${name} is missing: production sends codes by Twilio Verify`);
  if (!env.SMTP_URL) return ['SMTP_URL is missing: with OTP_PROVIDER=local production can send codes by e-mail only'];
  const others = env.OTP_CHANNELS?.filter((channel) => channel !== 'EMAIL') ?? [];
  return others.length > 0
    ? ['OTP_CHANNELS must be EMAIL: with OTP_PROVIDER=local production can send codes by e-mail only']
    : [];
}

function guideTokenProblems(env: Partial<Environment>): string[] {
  if (env.TWILIO_AUTH_TOKEN !== GUIDE_AUTH_TOKEN) return [];
  return ['TWILIO_AUTH_TOKEN is the example from the guide: copy yours from the Twilio console'];
}

function missingTwilio(env: Partial<Environment>): string[] {
  return (['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_VERIFY_SERVICE_SID'] as const).filter(
    (name) => !env[name],
  );
}

function secretProblems(name: string, value: string | undefined): string[] {
  return value ? weaknessOf(name, value) : [`${name} is missing: ${HOW_TO_MAKE}`];
}

const HOW_TO_MAKE = 'make one with `openssl rand -base64 48`';

function weaknessOf(name: string, value: string): string[] {
  if (value === GUIDE_PLACEHOLDER)
    return [`${name} is the example from the guide, which everybody knows: ${HOW_TO_MAKE}`];
  if (Buffer.byteLength(value) < MIN_SECRET_BYTES)
    return [`${name} is shorter than ${MIN_SECRET_BYTES} bytes: ${HOW_TO_MAKE}`];
  return [];
}

/** Hops as a number, or the addresses; undefined when it is neither. */
function proxies(values: readonly string[]): number | readonly string[] | undefined {
  if (values.length === 1 && /^\d+$/.test(values[0]!)) return Number(values[0]);
  return values.every((value) => /^[0-9a-fA-F.:]+(\/\d{1,3})?$/.test(value) && /[.:]/.test(value)) ? values : undefined;
}

function toConfig(env: Environment): Config {
  const production = env.NODE_ENV === 'production';
  const secrets = production ? undefined : loadDevelopmentSecrets(env.DATA_DIR);
  const publicUrl = env.PUBLIC_URL ?? `http://localhost:${env.PORT}`;
  const withPrevious = (current: string, previous?: string): [string, ...string[]] =>
    previous ? [current, previous] : [current];
  return {
    production,
    port: env.PORT,
    host: env.HOST ?? (production ? '0.0.0.0' : 'localhost'),
    publicUrl,
    trustProxy: (env.TRUST_PROXY && proxies(env.TRUST_PROXY)) || false,
    corsOrigins: env.CORS_ORIGINS ?? [],
    mongodbUri: env.MONGODB_URI!,
    logLevel: env.LOG_LEVEL,
    introspection: env.GRAPHQL_INTROSPECTION ?? !production,
    rateLimitScale: env.RATE_LIMIT_SCALE,
    phoneStrict: env.PHONE_STRICT ?? production,
    otp: {
      provider: providerOf(env),
      channels: env.OTP_CHANNELS ?? (production && env.OTP_PROVIDER === 'local' ? ['EMAIL'] : CHANNELS),
      secrets: withPrevious(env.OTP_SECRET ?? secrets!.otpSecret, env.OTP_SECRET_PREVIOUS),
      ttlSeconds: env.OTP_TTL_SECONDS,
      maxAttempts: env.OTP_MAX_ATTEMPTS,
      resendCooldownSeconds: env.OTP_RESEND_COOLDOWN_SECONDS,
    },
    mail: env.SMTP_URL && env.MAIL_FROM ? { smtpUrl: env.SMTP_URL, from: env.MAIL_FROM } : null,
    jwt: {
      secrets: withPrevious(env.JWT_SECRET_KEY ?? secrets!.jwtSecretKey, env.JWT_SECRET_KEY_PREVIOUS),
      issuer: env.JWT_ISSUER ?? publicUrl,
      audience: env.JWT_AUDIENCE,
      accessTtlSeconds: env.ACCESS_TOKEN_TTL_SECONDS,
      refreshTtlSeconds: env.REFRESH_TOKEN_TTL_SECONDS,
    },
    warnings: warningsOf(env, production),
  };
}

function providerOf(env: Environment): Config['otp']['provider'] {
  const complete = missingTwilio(env).length === 0;
  if ((env.OTP_PROVIDER ?? (complete ? 'twilio' : 'local')) === 'local') return 'local';
  if (!complete) return null;
  return {
    accountSid: env.TWILIO_ACCOUNT_SID!,
    authToken: env.TWILIO_AUTH_TOKEN!,
    serviceSid: env.TWILIO_VERIFY_SERVICE_SID!,
    serviceSidAccount: env.TWILIO_VERIFY_SERVICE_SID_ACCOUNT,
    serviceSidTransaction: env.TWILIO_VERIFY_SERVICE_SID_TRANSACTION,
    apiBaseUrl: env.TWILIO_API_BASE_URL,
    timeoutMs: env.TWILIO_TIMEOUT_MS,
  };
}

function warningsOf(env: Environment, production: boolean): string[] {
  const warnings: string[] = [];
  if (production && env.RATE_LIMIT_SCALE !== 1)
    warnings.push(`RATE_LIMIT_SCALE is ${env.RATE_LIMIT_SCALE}: the limits are not the defaults`);
  if (!production && env.JWT_SECRET_KEY === GUIDE_PLACEHOLDER)
    warnings.push('JWT_SECRET_KEY is the example from the guide: production refuses to start with it');
  warnings.push(...twilioWarnings(env));
  return warnings;
}

function twilioWarnings(env: Environment): string[] {
  const missing = missingTwilio(env);
  if (env.OTP_PROVIDER === 'local' || (missing.length === 3 && !env.OTP_PROVIDER)) return [];
  if (missing.length > 0) {
    const then = env.OTP_PROVIDER ? 'sendOtp answers PROVIDER_NOT_CONFIGURED' : 'codes go to the development inbox';
    return [`${missing.join(' and ')} missing: until Twilio is configured ${then}`];
  }
  if (env.TWILIO_VERIFY_SERVICE_SID_ACCOUNT && env.TWILIO_VERIFY_SERVICE_SID_TRANSACTION) return [];
  return [
    'Purposes share one Twilio Verify service, so a new code of one ends a pending code of another: set TWILIO_VERIFY_SERVICE_SID_ACCOUNT and TWILIO_VERIFY_SERVICE_SID_TRANSACTION',
  ];
}

function freeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) if (typeof part === 'object' && part !== null) freeze(part as object);
  return Object.freeze(value);
}
