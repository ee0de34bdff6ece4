import { afterEach, describe, expect, test } from '@jest/globals';
import { ConfigError, parseConfig } from '../../src/config/config.ts';
import { OtpPolicyDocument, SendOtpDocument } from '../../web/generated/operations.ts';
import { freshPhone } from '../support/codes.ts';
import { startServer, type TestServer } from '../support/server.ts';
import {
  ACCOUNT_SID,
  AUTH_TOKEN,
  FAMILY_SERVICES,
  ONE_SERVICE,
  SERVICES,
  startTwilioServer,
} from '../support/twilio-server.ts';

const COMPLETE = { TWILIO_ACCOUNT_SID: ACCOUNT_SID, TWILIO_AUTH_TOKEN: AUTH_TOKEN, ...SERVICES };
const BASE = { MONGODB_URI: 'mongodb://127.0.0.1/x', OTP_SECRET: 'o'.repeat(40), JWT_SECRET_KEY: 'j'.repeat(40) };

function parse(environment: Record<string, string>) {
  try {
    return { config: parseConfig({ NODE_ENV: 'production', ...BASE, ...environment }), problems: [] };
  } catch (error) {
    if (error instanceof ConfigError) return { config: null, problems: error.problems };
    throw error;
  }
}

const opened: TestServer[] = [];
afterEach(() => Promise.all(opened.splice(0).map((own) => own.close())));
async function keep<T extends TestServer>(starting: Promise<T>): Promise<T> {
  const own = await starting;
  opened.push(own);
  return own;
}

describe('production', () => {
  const VARIABLES = ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_VERIFY_SERVICE_SID'];

  test.each<Record<string, string>>([{}, { OTP_PROVIDER: 'twilio' }])(
    'without Twilio refuses to start and names all three variables (%j)',
    (environment) => {
      const { problems } = parse(environment);
      expect(problems.map((problem) => problem.split(' ')[0])).toEqual(VARIABLES);
    },
  );

  test.each(VARIABLES)('without %s refuses to start and names it alone', (missing) => {
    const { problems } = parse({ ...COMPLETE, [missing]: '' });
    expect(problems).toEqual([expect.stringMatching(new RegExp(`^${missing} is missing`))]);
  });

  test('starts with the three variables, and with all five without a warning', () => {
    const codesOnly = { PASSWORD_RESET_METHODS: 'otp' };
    expect(parse({ ...COMPLETE, ...codesOnly })).toMatchObject({ problems: [], config: { warnings: [] } });
    expect(parse({ ...COMPLETE, ...ONE_SERVICE }).problems).toEqual([]);
  });

  test('uses Twilio without being told once its variables are set', () => {
    expect(parse(COMPLETE).config?.otp.provider).toMatchObject({ accountSid: ACCOUNT_SID, timeoutMs: 8_000 });
  });

  test("names each of the guide's placeholders once, and says what belongs there", () => {
    const { problems } = parse({
      TWILIO_ACCOUNT_SID: 'ACxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
      TWILIO_AUTH_TOKEN: 'your_auth_token_here',
      TWILIO_VERIFY_SERVICE_SID: 'VAxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
    });
    expect(problems).toContain(
      'TWILIO_ACCOUNT_SID must be AC and 32 hexadecimal digits, as the Twilio console shows it',
    );
    expect(problems).toContain(
      'TWILIO_VERIFY_SERVICE_SID must be VA and 32 hexadecimal digits, as the Twilio console shows it',
    );
    for (const name of ['TWILIO_ACCOUNT_SID ', 'TWILIO_VERIFY_SERVICE_SID '])
      expect(problems.filter((problem) => problem.startsWith(name))).toHaveLength(1);
  });

  test("refuses the guide's placeholder of the auth token", () => {
    const { problems } = parse({ ...COMPLETE, TWILIO_AUTH_TOKEN: 'your_auth_token_here' });
    expect(problems).toEqual([expect.stringMatching(/^TWILIO_AUTH_TOKEN /)]);
  });

  test.each([
    ['OTP_TTL_SECONDS', '601', 'must be a whole number from 1 to 600'],
    ['OTP_MAX_ATTEMPTS', '6', 'must be a whole number from 1 to 5'],
    ['TWILIO_TIMEOUT_MS', '8001', 'must be a whole number from 100 to 8000'],
    ['OTP_CHANNELS', 'SMS,FAX', 'SMS, EMAIL, WHATSAPP, VOICE'],
    ['TWILIO_API_BASE_URL', 'api.example.org', 'must be an http(s) URL'],
  ])('refuses %s=%s', (name, value, message) => {
    const { problems } = parse({ ...COMPLETE, [name]: value });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(new RegExp(`^${name}\\b`));
    expect(problems[0]).toContain(message);
  });

  test("takes Twilio's own limits as they are", () => {
    expect(parse({ ...COMPLETE, OTP_TTL_SECONDS: '600', OTP_MAX_ATTEMPTS: '5' }).problems).toEqual([]);
  });

  test('shows no value in its complaints', () => {
    const { problems } = parse({ ...COMPLETE, TWILIO_ACCOUNT_SID: 'a-secret-pasted-here', TWILIO_API_BASE_URL: 'x' });
    expect(problems).not.toEqual([]);
    expect(problems.join('\n')).not.toContain('a-secret-pasted-here');
    expect(problems.join('\n')).not.toContain(AUTH_TOKEN);
  });
});

describe('warnings', () => {
  const warnings = (environment: Record<string, string>) =>
    parse({ NODE_ENV: 'development', ...environment }).config!.warnings;

  test.each([
    [ONE_SERVICE, 'VERIFICATION, LOGIN, PASSWORD_RESET, ACCOUNT_RECOVERY, TRANSACTION'],
    [FAMILY_SERVICES, 'LOGIN, PASSWORD_RESET, ACCOUNT_RECOVERY'],
    [{ TWILIO_VERIFY_SERVICE_SID_TRANSACTION: '' }, 'VERIFICATION, TRANSACTION'],
    [{ TWILIO_VERIFY_SERVICE_SID_RESET: SERVICES.TWILIO_VERIFY_SERVICE_SID_LOGIN }, 'LOGIN, PASSWORD_RESET'],
  ])('one line says which purposes share a service, what it costs, and what to set (%j)', (environment, who) => {
    const [line, ...others] = warnings({ ...COMPLETE, ...environment });
    expect(others).toEqual([]);
    expect(line).toContain(`(${who})`);
    expect(line).toContain('RESEND_TOO_SOON');
    expect(line).toContain('TWILIO_VERIFY_SERVICE_SID_LOGIN, _RESET, _RECOVERY and _TRANSACTION');
    expect(line).not.toContain('\n');
  });

  test('the line is in the log of the started server', async () => {
    const server = await keep(startTwilioServer(ONE_SERVICE));
    expect(server.log().match(/Purposes share one Twilio Verify service/g)).toHaveLength(1);
  });

  test('development with some of the variables says which are missing', () => {
    const [line, ...others] = warnings({ TWILIO_ACCOUNT_SID: ACCOUNT_SID, TWILIO_AUTH_TOKEN: AUTH_TOKEN });
    expect(others).toEqual([]);
    expect(line).toMatch(/^TWILIO_VERIFY_SERVICE_SID missing/);
  });

  test('development with none of them, or with all, says nothing', () => {
    expect([warnings({}), warnings(COMPLETE)]).toEqual([[], []]);
  });
});

test('development that asked for Twilio without its variables starts, and sendOtp says so to everybody alike', async () => {
  const server = await keep(startServer({ NODE_ENV: 'development', OTP_PROVIDER: 'twilio' }));
  const known = freshPhone();
  const now = new Date();
  await server.db.collection('users').insertOne({
    email: 'known@example.com',
    emailVerifiedAt: now,
    phone: known,
    phoneVerifiedAt: now,
    passwordHash: 'x',
  });
  for (const to of [known, freshPhone()])
    for (const purpose of ['VERIFICATION', 'PASSWORD_RESET'] as const) {
      const answer = await server.run(SendOtpDocument, { input: { to, purpose } });
      expect(answer.errors).toHaveLength(1);
      expect(answer.errors[0]).toMatchObject({
        message: 'Twilio not configured',
        extensions: { code: 'PROVIDER_NOT_CONFIGURED' },
      });
    }
  expect(await server.db.collection('challenges').countDocuments()).toBe(0);
  expect((await fetch(`${server.url}/dev/inbox.json`)).status).toBe(404);
});

describe('channels', () => {
  test('are all four by default', async () => {
    const server = await keep(startTwilioServer());
    const { data } = await server.run(OtpPolicyDocument, {});
    expect(data?.otpPolicy).toEqual({
      channels: ['SMS', 'EMAIL', 'WHATSAPP', 'VOICE'],
      codeLength: 6,
      lifetimeSeconds: 600,
      resendCooldownSeconds: 30,
      maxAttempts: 3,
    });
  });

  test('are those of OTP_CHANNELS: others are refused before Twilio is asked, with what is left to try', async () => {
    const server = await keep(startTwilioServer({ OTP_CHANNELS: 'SMS, VOICE' }));
    expect((await server.run(OtpPolicyDocument, {})).data?.otpPolicy.channels).toEqual(['SMS', 'VOICE']);
    const refusals = [
      [{ to: freshPhone(), channel: 'WHATSAPP' as const }, ['SMS', 'VOICE']],
      [{ to: 'somebody@example.com', channel: 'EMAIL' as const }, []],
    ] as const;
    for (const [input, channels] of refusals) {
      const answer = await server.run(SendOtpDocument, { input });
      expect(answer.errors[0]?.extensions).toMatchObject({ code: 'CHANNEL_UNAVAILABLE', field: 'channel', channels });
    }
    expect(server.calls().start).toBe(0);
    expect((await server.run(SendOtpDocument, { input: { to: freshPhone(), channel: 'VOICE' } })).errors).toEqual([]);
  });

  test('are advised among those that are configured', async () => {
    const server = await keep(startTwilioServer({ OTP_CHANNELS: 'SMS,VOICE' }));
    server.emulator.control.setBehavior({ channelsDisabled: ['sms'] });
    const answer = await server.run(SendOtpDocument, { input: { to: freshPhone() } });
    expect(answer.errors[0]?.extensions).toMatchObject({ code: 'CHANNEL_UNAVAILABLE', channels: ['VOICE'] });
  });
});
