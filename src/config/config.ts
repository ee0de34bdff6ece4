import type { KeyObject } from 'node:crypto';
import type { z } from 'zod';
import { ENVIRONMENT, type Environment } from './environment.ts';
import { readPrivateKey, readPublicKeys } from './keys.ts';
import { exposureProblems, missingTwilio, problemsAcross } from './rules.ts';
import { CHANNELS } from './variables/codes.ts';
import { RESET_METHODS } from './variables/mail.ts';
import { servicesOf, type VerifyServices } from './twilio-services.ts';
import { warningsOf } from './warnings.ts';
import { loadDevelopmentSecrets } from './development-secrets.ts';

const DAY_SECONDS = 86_400;

export interface TwilioConfig {
  readonly accountSid: string;
  readonly authToken: string;
  readonly services: VerifyServices;
  /** Replaces Twilio's host (the emulator, a regional proxy). */
  readonly apiBaseUrl: string | undefined;
  readonly timeoutMs: number;
  /** Twilio has switched PSD2 on for the service of payments. */
  readonly psd2: boolean;
}

/** What signs tokens, and what is accepted for checks only. */
export type SigningConfig =
  | {
      readonly algorithm: 'HS256';
      /** The current secret first; the others are accepted for checks only. */
      readonly secrets: readonly [string, ...string[]];
    }
  | {
      readonly algorithm: 'ES256';
      readonly privateKey: KeyObject;
      /** Public keys of before a change. */
      readonly previousKeys: readonly KeyObject[];
    };

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
  /** What whoever reads /metrics must bring; undefined: only this machine may, and in production nobody. */
  readonly metricsToken: string | undefined;
  readonly introspection: boolean;
  /** The schema is a subgraph that a federation router can join. */
  readonly federation: boolean;
  readonly rateLimitScale: number;
  readonly phoneStrict: boolean;
  /** When a code at the phone stands for its owner: `trustDays` since the last one (0: for ever), `login` for signing in. */
  readonly phone: { readonly trustDays: number; readonly login: boolean };
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
  /** How forgotten passwords are reset. */
  readonly passwordReset: {
    readonly methods: readonly (typeof RESET_METHODS)[number][];
    /** Of a hundred addresses, how many still get links. */
    readonly percent: number;
    /** What links begin with; null in production without PUBLIC_URL: nobody could open them. */
    readonly linkBase: string | null;
    /** The day after which links may be switched off (RFC 8594), as YYYY-MM-DD. */
    readonly sunset: string;
  };
  readonly jwt: {
    readonly signing: SigningConfig;
    readonly issuer: string;
    readonly audience: string;
    readonly accessTtlSeconds: number;
    readonly refreshTtlSeconds: number;
    readonly sessionMaxSeconds: number;
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
  problems.push(
    ...[...exposureProblems(given), ...problemsAcross(env)].filter((problem) => !told.has(problem.split(' ')[0])),
  );
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

function toConfig(env: Environment): Config {
  const production = env.NODE_ENV === 'production';
  const secrets = production ? undefined : loadDevelopmentSecrets(env.DATA_DIR);
  const publicUrl = env.PUBLIC_URL ?? `http://localhost:${env.PORT}`;
  return {
    production,
    port: env.PORT,
    host: env.HOST ?? (production ? '0.0.0.0' : 'localhost'),
    publicUrl,
    trustProxy: env.TRUST_PROXY || false,
    corsOrigins: env.CORS_ORIGINS ?? [],
    mongodbUri: env.MONGODB_URI!,
    logLevel: env.LOG_LEVEL,
    metricsToken: env.METRICS_TOKEN,
    introspection: env.GRAPHQL_INTROSPECTION ?? !production,
    federation: env.GRAPHQL_FEDERATION,
    rateLimitScale: env.RATE_LIMIT_SCALE,
    phoneStrict: env.PHONE_STRICT ?? production,
    phone: { trustDays: env.PHONE_TRUST_DAYS, login: env.PHONE_LOGIN },
    otp: {
      provider: providerOf(env),
      channels: env.OTP_CHANNELS ?? (production && env.OTP_PROVIDER === 'local' ? ['EMAIL'] : CHANNELS),
      secrets: withPrevious(env.OTP_SECRET ?? secrets!.otpSecret, env.OTP_SECRET_PREVIOUS),
      ttlSeconds: env.OTP_TTL_SECONDS,
      maxAttempts: env.OTP_MAX_ATTEMPTS,
      resendCooldownSeconds: env.OTP_RESEND_COOLDOWN_SECONDS,
    },
    mail: env.SMTP_URL && env.MAIL_FROM ? { smtpUrl: env.SMTP_URL, from: env.MAIL_FROM } : null,
    passwordReset: {
      methods: env.PASSWORD_RESET_METHODS ?? RESET_METHODS,
      percent: env.EMAIL_LINK_RESET_PERCENT,
      linkBase: production && !env.PUBLIC_URL ? null : publicUrl.replace(/\/+$/, ''),
      sunset: env.EMAIL_LINK_RESET_SUNSET,
    },
    jwt: {
      signing: signingOf(env, secrets?.jwtSecretKey),
      issuer: env.JWT_ISSUER ?? publicUrl,
      audience: env.JWT_AUDIENCE,
      accessTtlSeconds: env.ACCESS_TOKEN_TTL_SECONDS,
      refreshTtlSeconds: env.REFRESH_TOKEN_TTL_SECONDS,
      sessionMaxSeconds: env.SESSION_MAX_DAYS * DAY_SECONDS,
    },
    warnings: warningsOf(env, production),
  };
}

function withPrevious(current: string, previous: string | undefined): [string, ...string[]] {
  return previous ? [current, previous] : [current];
}

/** ES256 once there is a private key, else HS256 with the secret, which development makes for itself. */
function signingOf(env: Environment, ownSecret: string | undefined): SigningConfig {
  const { JWT_PRIVATE_KEY: pem, JWT_PRIVATE_KEY_PREVIOUS: previous } = env;
  if (!pem)
    return {
      algorithm: 'HS256',
      secrets: withPrevious(env.JWT_SECRET_KEY ?? ownSecret!, env.JWT_SECRET_KEY_PREVIOUS),
    };
  const previousKeys = previous ? readPublicKeys(previous) : [];
  return { algorithm: 'ES256', privateKey: readPrivateKey(pem), previousKeys };
}

function providerOf(env: Environment): Config['otp']['provider'] {
  const complete = missingTwilio(env).length === 0;
  if ((env.OTP_PROVIDER ?? (complete ? 'twilio' : 'local')) === 'local') return 'local';
  if (!complete) return null;
  return {
    accountSid: env.TWILIO_ACCOUNT_SID!,
    authToken: env.TWILIO_AUTH_TOKEN!,
    services: servicesOf(env),
    apiBaseUrl: env.TWILIO_API_BASE_URL,
    timeoutMs: env.TWILIO_TIMEOUT_MS,
    psd2: env.TWILIO_PSD2,
  };
}

function freeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) if (typeof part === 'object' && part !== null) freeze(part as object);
  return Object.freeze(value);
}

/**
 * What the command `user` needs, and no more: it may run where the server's secrets are not. Without the server's
 * SESSION_MAX_DAYS it counts sessions by the default.
 * @throws ConfigError
 */
export function parseUserConfig(environment: Readonly<Record<string, string | undefined>>): {
  readonly mongodbUri: string;
  readonly sessionMaxSeconds: number;
} {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value?.trim()));
  const parsed = ENVIRONMENT.pick({ MONGODB_URI: true, SESSION_MAX_DAYS: true }).safeParse(given);
  if (!parsed.success)
    throw new ConfigError(parsed.error.issues.map((issue) => `${String(issue.path[0])} ${issue.message}`));
  const { MONGODB_URI, SESSION_MAX_DAYS } = parsed.data;
  if (!MONGODB_URI) throw new ConfigError(['MONGODB_URI is missing: set it to the database of the server']);
  return { mongodbUri: MONGODB_URI, sessionMaxSeconds: SESSION_MAX_DAYS * DAY_SECONDS };
}
