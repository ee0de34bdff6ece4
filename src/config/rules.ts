import type { Environment } from './environment.ts';
import { servicesOf } from './twilio-services.ts';
import { KeyProblem, readPrivateKey, readPublicKeys } from './keys.ts';

/** The guide's example values: public, so never secrets. */
export const GUIDE_PLACEHOLDER = 'your-secret-key-change-this';
const GUIDE_AUTH_TOKEN = 'your_auth_token_here';
const MIN_SECRET_BYTES = 32;
const LOOPBACK_HOST = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/i;

/**
 * The problems that several variables make together, or that only production refuses; each names its variable first.
 * @param env the valid values, even where others are not: every problem is told at once
 */
export function problemsAcross(env: Partial<Environment>): string[] {
  const problems: string[] = [];
  if (!env.MONGODB_URI)
    problems.push(
      'MONGODB_URI is missing: set it to a replica set (in development `npm start` brings its own MongoDB)',
    );
  if (env.SMTP_URL && !env.MAIL_FROM)
    problems.push('MAIL_FROM is missing: SMTP_URL needs a sender, for example otpql <no-reply@example.com>');
  problems.push(...keyProblems(env), ...psd2Problems(env), ...resetProblems(env));
  if (env.NODE_ENV !== 'production') return problems;
  problems.push(...providerProblems(env), ...guideTokenProblems(env));
  problems.push(...secretProblems('OTP_SECRET', env.OTP_SECRET));
  // With a private key nothing is signed or accepted by a secret.
  if (!env.JWT_PRIVATE_KEY) problems.push(...secretProblems('JWT_SECRET_KEY', env.JWT_SECRET_KEY));
  // What was signed with a previous secret is still accepted, so it must have been a good one.
  for (const name of ['JWT_SECRET_KEY_PREVIOUS', 'OTP_SECRET_PREVIOUS'] as const)
    if (env[name]) problems.push(...weaknessOf(name, env[name]));
  if (env.METRICS_TOKEN) problems.push(...weaknessOf('METRICS_TOKEN', env.METRICS_TOKEN));
  if (env.OTP_SECRET && env.OTP_SECRET === env.JWT_SECRET_KEY)
    problems.push('OTP_SECRET must differ from JWT_SECRET_KEY: whoever learns one must not hold the other');
  return problems;
}

/**
 * A server that others reach is not a developer's machine: where it was forgotten to say so, it must not show them the
 * codes that "arrive".
 * @param given the environment as it is, without defaults
 */
export function exposureProblems({ NODE_ENV, HOST }: Readonly<Record<string, string | undefined>>): string[] {
  if (NODE_ENV !== undefined || HOST === undefined || LOOPBACK_HOST.test(HOST.trim())) return [];
  return [
    'HOST lets other machines in while NODE_ENV is unset: set NODE_ENV=production, or NODE_ENV=development where everybody in reach may see what a developer sees',
  ];
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

/** A service with PSD2 refuses every code without a payment, so it can serve payments only. */
function psd2Problems(env: Partial<Environment>): string[] {
  if (!env.TWILIO_PSD2) return [];
  const { TRANSACTION: own, ...others } = servicesOf(env);
  if (Object.values(others).every(({ sid }) => sid !== own.sid)) return [];
  return [
    'TWILIO_VERIFY_SERVICE_SID_TRANSACTION must be a service of its own: with TWILIO_PSD2 it is for payments only',
  ];
}

function guideTokenProblems(env: Partial<Environment>): string[] {
  if (env.TWILIO_AUTH_TOKEN !== GUIDE_AUTH_TOKEN) return [];
  return ['TWILIO_AUTH_TOKEN is the example from the guide: copy yours from the Twilio console'];
}

/** Links need a mail server and an address to lead to; whoever gets none needs another way. */
function resetProblems(env: Partial<Environment>): string[] {
  const { PASSWORD_RESET_METHODS: methods, EMAIL_LINK_RESET_PERCENT: percent = 100 } = env;
  if (!methods) return [];
  const problems: string[] = [];
  if (percent < 100 && !methods.includes('otp'))
    problems.push('EMAIL_LINK_RESET_PERCENT must be 100 as long as PASSWORD_RESET_METHODS names no otp');
  if (env.NODE_ENV !== 'production' || !methods.includes('email_link')) return problems;
  for (const name of ['SMTP_URL', 'PUBLIC_URL'] as const)
    if (!env[name]) problems.push(`${name} is missing: PASSWORD_RESET_METHODS names email_link, and links go by mail`);
  return problems;
}

/** Which of Twilio's three variables are not set. */
export function missingTwilio(env: Partial<Environment>): string[] {
  return (['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_VERIFY_SERVICE_SID'] as const).filter(
    (name) => !env[name],
  );
}

function keyProblems(env: Partial<Environment>): string[] {
  const { JWT_PRIVATE_KEY: current, JWT_PRIVATE_KEY_PREVIOUS: previous } = env;
  const missing = previous && !current ? ['JWT_PRIVATE_KEY is missing: JWT_PRIVATE_KEY_PREVIOUS signs nothing'] : [];
  return [
    ...missing,
    ...keyProblem('JWT_PRIVATE_KEY', current, readPrivateKey),
    ...keyProblem('JWT_PRIVATE_KEY_PREVIOUS', previous, readPublicKeys),
  ];
}

function keyProblem(name: string, value: string | undefined, read: (value: string) => unknown): string[] {
  try {
    if (value) read(value);
    return [];
  } catch (error) {
    if (!(error instanceof KeyProblem)) throw error;
    return [`${name} ${error.message}`];
  }
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
