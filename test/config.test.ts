import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import dotenv from 'dotenv';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError, parseConfig, type Config } from '../src/config/config.ts';
import { ENVIRONMENT } from '../src/config/environment.ts';

const MONGODB_URI = 'mongodb://127.0.0.1:27017/otpql?replicaSet=otpql';
const SECRETS = { OTP_SECRET: 'o'.repeat(32), JWT_SECRET_KEY: 'j'.repeat(32) };
const TWILIO = {
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'token',
  TWILIO_VERIFY_SERVICE_SID: `VA${'0'.repeat(32)}`,
  TWILIO_VERIFY_SERVICE_SID_ACCOUNT: `VA${'1'.repeat(32)}`,
  TWILIO_VERIFY_SERVICE_SID_TRANSACTION: `VA${'2'.repeat(32)}`,
  TWILIO_VERIFY_SERVICE_SID_LOGIN: `VA${'3'.repeat(32)}`,
  TWILIO_VERIFY_SERVICE_SID_RESET: `VA${'4'.repeat(32)}`,
  TWILIO_VERIFY_SERVICE_SID_RECOVERY: `VA${'5'.repeat(32)}`,
};
const PRODUCTION = { NODE_ENV: 'production', MONGODB_URI, ...SECRETS, ...TWILIO };
const PLACEHOLDER = 'your-secret-key-change-this';

/** The variables that a refusal names, one per problem. */
function problems(environment: Record<string, string>): string[] {
  try {
    parseConfig(environment);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) expect(error.message).toContain(problem);
    return error.problems.map((problem) => problem.split(' ')[0]!).sort();
  }
}

let folder: string;
let dataDir: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'otpql-config-test-'));
  dataDir = join(folder, 'data');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the configuration', () => {
  test('has the documented defaults in development', () => {
    const config = parseConfig({ MONGODB_URI, DATA_DIR: dataDir, ...SECRETS });
    expect(config).toEqual({
      production: false,
      port: 4000,
      host: 'localhost',
      publicUrl: 'http://localhost:4000',
      trustProxy: false,
      corsOrigins: [],
      mongodbUri: MONGODB_URI,
      logLevel: 'info',
      metricsToken: undefined,
      introspection: true,
      federation: false,
      rateLimitScale: 1,
      phoneStrict: false,
      phone: { trustDays: 180, login: true },
      otp: {
        provider: 'local',
        channels: ['SMS', 'EMAIL', 'WHATSAPP', 'VOICE'],
        secrets: [SECRETS.OTP_SECRET],
        ttlSeconds: 600,
        maxAttempts: 5,
        resendCooldownSeconds: 30,
      },
      mail: null,
      passwordReset: {
        methods: ['otp', 'email_link'],
        percent: 100,
        linkBase: 'http://localhost:4000',
        sunset: '2027-12-31',
      },
      jwt: {
        signing: { algorithm: 'HS256', secrets: [SECRETS.JWT_SECRET_KEY] },
        issuer: 'http://localhost:4000',
        audience: 'otpql',
        accessTtlSeconds: 900,
        refreshTtlSeconds: 2_592_000,
        sessionMaxSeconds: 7_776_000,
      },
      warnings: [],
    });
  });

  test('is stricter in production, and keeps nothing on disk', () => {
    const config = parseConfig({ ...PRODUCTION, DATA_DIR: dataDir });
    expect(config).toMatchObject({ production: true, host: '0.0.0.0', introspection: false, phoneStrict: true });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('tells every problem at once, each with its variable', () => {
    const wrong = {
      NODE_ENV: 'prod',
      PORT: '65536',
      PUBLIC_URL: 'example.com',
      TRUST_PROXY: 'everybody',
      MONGODB_URI: 'postgres://localhost',
      OTP_PROVIDER: 'pigeon',
      OTP_TTL_SECONDS: '601',
      OTP_MAX_ATTEMPTS: '0',
      OTP_RESEND_COOLDOWN_SECONDS: '1.5',
      PHONE_STRICT: 'yes',
      ACCESS_TOKEN_TTL_SECONDS: 'long',
      SESSION_MAX_DAYS: '0',
      RATE_LIMIT_SCALE: '0',
      OTP_CHANNELS: 'SMS,PIGEON',
      TWILIO_VERIFY_SERVICE_SID: 'VA12',
      TWILIO_TIMEOUT_MS: '9000',
      SMTP_URL: 'mail.example.com',
      LOG_LEVEL: 'loud',
      GRAPHQL_INTROSPECTION: 'on',
    };
    expect([...new Set(problems(wrong))]).toEqual(Object.keys(wrong).sort());
  });

  test('tells the problems of production beside those of single values', () => {
    const found = problems({ NODE_ENV: 'production', PORT: 'x', OTP_SECRET: 'short', ...TWILIO });
    expect(found).toEqual(['JWT_SECRET_KEY', 'MONGODB_URI', 'OTP_SECRET', 'PORT']);
  });

  test('refuses a list that names nothing', () => {
    for (const name of ['OTP_CHANNELS', 'PASSWORD_RESET_METHODS'])
      expect(problems({ MONGODB_URI, DATA_DIR: dataDir, ...SECRETS, [name]: ', ,' })).toEqual([name]);
  });

  test('never repeats a secret in a problem', () => {
    const secrets = {
      OTP_SECRET: 'o-secret',
      JWT_SECRET_KEY: 'j-secret',
      MONGODB_URI: 'http://user:pass@host',
      TWILIO_ACCOUNT_SID: 'AC-id',
    };
    expect(() => parseConfig({ NODE_ENV: 'production', ...secrets })).toThrow(ConfigError);
    expect(() => parseConfig({ NODE_ENV: 'production', ...secrets })).not.toThrow(/o-secret|j-secret|pass@host|AC-id/);
  });

  test('takes an empty value as unset', () => {
    const empty = Object.fromEntries(Object.keys(ENVIRONMENT.shape).map((name) => [name, ' ']));
    const set = { MONGODB_URI, DATA_DIR: dataDir, ...SECRETS };
    expect(parseConfig({ ...empty, ...set })).toEqual(parseConfig(set));
  });

  test('cannot be changed, at any depth', () => {
    const config = parseConfig({ MONGODB_URI, ...SECRETS, DATA_DIR: dataDir, CORS_ORIGINS: 'https://a.example' });
    const parts = [config, config.otp, config.otp.secrets, config.jwt, config.jwt.signing, config.corsOrigins];
    expect(parts.every(Object.isFrozen)).toBe(true);
  });

  test('reads proxies as hops or as addresses', () => {
    const trustProxy = (TRUST_PROXY: string) => parseConfig({ ...PRODUCTION, TRUST_PROXY }).trustProxy;
    expect(trustProxy('2')).toBe(2);
    expect(trustProxy('10.0.0.0/8, ::1')).toEqual(['10.0.0.0/8', '::1']);
    for (const wrong of ['true', '1,2', '10.0.0.0/8,x', '-1'])
      expect(problems({ ...PRODUCTION, TRUST_PROXY: wrong })).toEqual(['TRUST_PROXY']);
  });
});

describe('production refuses to start', () => {
  test.each(['OTP_SECRET', 'JWT_SECRET_KEY'])(
    'with a %s that is missing, short, or the example of the guide',
    (name) => {
      for (const value of ['', 'x'.repeat(31), PLACEHOLDER])
        expect(problems({ ...PRODUCTION, [name]: value })).toEqual([name]);
      expect(problems({ ...PRODUCTION, [name]: 'x'.repeat(32) })).toEqual([]);
      // 32 bytes, not 32 characters.
      expect(problems({ ...PRODUCTION, [name]: 'é'.repeat(16) })).toEqual([]);
    },
  );

  test.each(['OTP_SECRET_PREVIOUS', 'JWT_SECRET_KEY_PREVIOUS'])(
    'with a %s that is short or the example of the guide, since tokens and codes of it would still be accepted',
    (name) => {
      for (const value of ['x'.repeat(31), PLACEHOLDER])
        expect(problems({ ...PRODUCTION, [name]: value })).toEqual([name]);
      expect(problems({ ...PRODUCTION, [name]: 'x'.repeat(32) })).toEqual([]);
    },
  );

  test('with one secret for two uses', () => {
    const both = 'b'.repeat(48);
    expect(problems({ ...PRODUCTION, OTP_SECRET: both, JWT_SECRET_KEY: both })).toEqual(['OTP_SECRET']);
  });

  test('without a database, and so does development', () => {
    expect(problems({ ...PRODUCTION, MONGODB_URI: '' })).toEqual(['MONGODB_URI']);
    expect(problems({ DATA_DIR: dataDir })).toEqual(['MONGODB_URI']);
  });

  test('but only warns of other limits, and development of the example secret', () => {
    const codesOnly = { ...PRODUCTION, PASSWORD_RESET_METHODS: 'otp' };
    expect(parseConfig({ ...codesOnly, RATE_LIMIT_SCALE: '10' }).warnings).toEqual([
      expect.stringContaining('RATE_LIMIT_SCALE'),
    ]);
    const development = { MONGODB_URI, DATA_DIR: dataDir, ...SECRETS };
    expect(parseConfig({ ...development, RATE_LIMIT_SCALE: '10' }).warnings).toEqual([]);
    expect(parseConfig({ ...development, JWT_SECRET_KEY: PLACEHOLDER }).warnings).toEqual([
      expect.stringContaining('JWT_SECRET_KEY'),
    ]);
  });
});

test('production warns that reset links are off, unless they can go out or nobody wants them', () => {
  const mail = { SMTP_URL: 'smtp://mail.example.com', MAIL_FROM: 'a@example.com' };
  const address = { PUBLIC_URL: 'https://auth.example.com' };
  const off = [expect.stringMatching(/^reset links are off until SMTP_URL and PUBLIC_URL are set; or set /)];
  for (const some of [{}, mail, address]) expect(parseConfig({ ...PRODUCTION, ...some }).warnings).toEqual(off);
  for (const fine of [{ ...mail, ...address }, { PASSWORD_RESET_METHODS: 'otp' }])
    expect(parseConfig({ ...PRODUCTION, ...fine }).warnings).toEqual([]);
  expect(parseConfig({ MONGODB_URI, DATA_DIR: dataDir, ...SECRETS }).warnings).toEqual([]);
});

describe('the provider', () => {
  const development = { MONGODB_URI, ...SECRETS };
  const parse = (environment: Record<string, string>) =>
    parseConfig({ ...development, DATA_DIR: dataDir, ...environment });
  const incomplete = { ...TWILIO, TWILIO_VERIFY_SERVICE_SID: '' };

  test('is Twilio once it is configured, unless local was asked for', () => {
    expect(parse(TWILIO)).toMatchObject({ otp: { provider: { authToken: 'token', timeoutMs: 8_000 } }, warnings: [] });
    expect(parse({ ...TWILIO, OTP_PROVIDER: 'local' }).otp.provider).toBe('local');
  });

  test('is none in development where Twilio was asked for and is not configured, with a warning that names what is missing', () => {
    const config = parse({ ...incomplete, OTP_PROVIDER: 'twilio' });
    expect(config.otp.provider).toBeNull();
    expect(config.warnings).toEqual([expect.stringMatching(/^TWILIO_VERIFY_SERVICE_SID missing/)]);
  });

  test('warns where purposes share one Verify service', () => {
    const shared = { ...TWILIO, TWILIO_VERIFY_SERVICE_SID_TRANSACTION: '' };
    expect(parse(shared).warnings).toEqual([expect.stringContaining('(VERIFICATION, TRANSACTION)')]);
  });

  test('of production is Twilio, complete, or e-mail alone', () => {
    expect(problems({ ...PRODUCTION, TWILIO_VERIFY_SERVICE_SID: '' })).toEqual(['TWILIO_VERIFY_SERVICE_SID']);
    const local = { ...PRODUCTION, OTP_PROVIDER: 'local' };
    expect(problems(local)).toEqual(['SMTP_URL']);
    const mail = { ...local, SMTP_URL: 'smtp://localhost', MAIL_FROM: 'otpql <no-reply@example.com>' };
    expect(parseConfig(mail).otp.channels).toEqual(['EMAIL']);
    expect(problems({ ...mail, OTP_CHANNELS: 'EMAIL,SMS' })).toEqual(['OTP_CHANNELS']);
    expect(problems({ ...mail, MAIL_FROM: '' })).toEqual(['MAIL_FROM']);
  });
});

const secretsOf = ({ jwt }: Config) => (jwt.signing.algorithm === 'HS256' ? jwt.signing.secrets : []);

describe('password reset', () => {
  const SMTP = { SMTP_URL: 'smtp://localhost', MAIL_FROM: 'otpql <no-reply@example.com>' };
  const named = { ...PRODUCTION, PASSWORD_RESET_METHODS: 'otp,email_link' };

  test('by link, when asked for in production, needs a mail server and an address for its links', () => {
    expect(problems(named)).toEqual(['PUBLIC_URL', 'SMTP_URL']);
    const config = parseConfig({ ...named, ...SMTP, PUBLIC_URL: 'https://example.com/auth/' });
    expect(config.passwordReset.linkBase).toBe('https://example.com/auth');
    // Not asked for: the routes say that they are not configured.
    expect(parseConfig(PRODUCTION).passwordReset).toMatchObject({ methods: ['otp', 'email_link'], linkBase: null });
  });

  test('leaves nobody without a way, and takes no other method, share or day', () => {
    const link = { PASSWORD_RESET_METHODS: 'email_link', EMAIL_LINK_RESET_PERCENT: '99' };
    expect(problems({ MONGODB_URI, DATA_DIR: dataDir, ...SECRETS, ...link })).toEqual(['EMAIL_LINK_RESET_PERCENT']);
    for (const [name, value] of [
      ['PASSWORD_RESET_METHODS', 'otp,pigeon'],
      ['PASSWORD_RESET_METHODS', ','],
      ['EMAIL_LINK_RESET_PERCENT', '101'],
      ['EMAIL_LINK_RESET_SUNSET', 'soon'],
      ['EMAIL_LINK_RESET_SUNSET', '2027-13-01'],
    ] as const)
      expect([value, problems({ MONGODB_URI, DATA_DIR: dataDir, ...SECRETS, [name]: value })]).toEqual([value, [name]]);
  });
});

describe("development's own secrets", () => {
  const parse = (environment: Record<string, string> = {}) =>
    parseConfig({ MONGODB_URI, DATA_DIR: dataDir, ...environment });
  const path = () => join(dataDir, 'secrets.json');

  test('are made once, for its owner only, and used again', () => {
    const first = parse();
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    const [otp, jwt] = [first.otp.secrets[0], secretsOf(first)[0]];
    expect(otp).not.toBe(jwt);
    expect(Buffer.from(otp, 'base64')).toHaveLength(48);
    expect(Buffer.from(jwt, 'base64')).toHaveLength(48);
    expect(parse()).toEqual(first);
  });

  test('are others in another folder, and give way to those of the environment', () => {
    const first = parse();
    expect(parse({ DATA_DIR: join(folder, 'other') }).otp.secrets).not.toEqual(first.otp.secrets);
    expect(parse(SECRETS).otp.secrets).toEqual([SECRETS.OTP_SECRET]);
    const rotated = parse({ OTP_SECRET_PREVIOUS: 'before', JWT_SECRET_KEY_PREVIOUS: 'earlier' });
    expect(rotated.otp.secrets).toEqual([first.otp.secrets[0], 'before']);
    expect(secretsOf(rotated)).toEqual([secretsOf(first)[0], 'earlier']);
  });

  test.each([
    '',
    'not json',
    '{"jwtSecretKey": "cut of',
    'null',
    '[]',
    '{}',
    '{"jwtSecretKey":1,"otpSecret":2}',
    '{"jwtSecretKey":"","otpSecret":""}',
  ])('in a damaged file, %j, are an error that says what to do', (content) => {
    parse();
    writeFileSync(path(), content);
    expect(() => parse()).toThrow(`${path()} is damaged: delete it, and a new one is made at the next start`);
    expect(readFileSync(path(), 'utf8')).toBe(content);
  });
});

describe('.env.example', () => {
  const text = readFileSync(fileURLToPath(new URL('../.env.example', import.meta.url)), 'utf8');
  const example = dotenv.parse(text);

  test('lists every variable with its default, and no other', () => {
    const rules = Object.entries(ENVIRONMENT.shape);
    const defaults = rules.map(([name, rule]) => {
      const value = rule.parse(undefined);
      return [name, value === undefined ? '' : String(value)];
    });
    expect(example).toEqual(Object.fromEntries(defaults));
  });

  test('explains each', () => {
    const lines = text.split('\n');
    const bare = Object.keys(example).filter(
      (name) => !/^# \S/.test(lines[lines.findIndex((line) => line.startsWith(`${name}=`)) - 1] ?? ''),
    );
    expect(bare).toEqual([]);
  });

  test('copied to .env as it is changes nothing', () => {
    const set = { MONGODB_URI, DATA_DIR: dataDir, ...SECRETS };
    expect(parseConfig({ ...example, ...set })).toEqual(parseConfig(set));
  });
});
