import { spawn } from 'node:child_process';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createEmulator, type Emulator } from '../../emulator/server.ts';
import { machineAhead } from '../support/process.ts';
import { sharedMongodUri } from '../support/shared-mongod.ts';
import { ACCOUNT_SID, AUTH_TOKEN, SERVICES } from '../support/twilio-server.ts';

let emulator: Emulator;
let environment: Record<string, string>;

beforeAll(async () => {
  const services = Object.values(SERVICES).map((sid) => ({ sid }));
  emulator = createEmulator({ accountSid: ACCOUNT_SID, authToken: AUTH_TOKEN, services });
  const url = await emulator.listen(0);
  environment = {
    OTP_PROVIDER: 'twilio',
    TWILIO_API_BASE_URL: url,
    TWILIO_ACCOUNT_SID: ACCOUNT_SID,
    TWILIO_AUTH_TOKEN: AUTH_TOKEN,
    ...SERVICES,
    MONGODB_URI: sharedMongodUri('doctor'),
    JWT_SECRET_KEY: 'j'.repeat(40),
    OTP_SECRET: 'o'.repeat(40),
  };
});
afterAll(() => emulator.close());
beforeEach(() => emulator.control.clearCalls());

test('a right configuration is called right, line by line, and no message is sent', async () => {
  const { code, output } = await doctor(environment);
  expect(output.match(/^FIX.*$/gm)).toBeNull();
  // Every purpose of an account has a service of its own here, so that of the family is not asked for.
  const { TWILIO_VERIFY_SERVICE_SID_ACCOUNT: _family, ...used } = SERVICES;
  for (const part of ['configuration', 'MongoDB: version', 'replica set', 'clock', ...Object.keys(used)])
    expect(output).toContain(part);
  expect(code).toBe(0);
  expect(emulator.control.calls().counts.start).toBe(0);
});

test.each([
  [20_000, 'clock: 20 s apart'],
  [-40_000, "clock: 40 s apart from the database's: a server here is not ready"],
])('a clock that is %d ms ahead is named', async (ms, advice) => {
  const { code, output } = await doctor({ ...environment, NODE_OPTIONS: machineAhead(ms) });
  expect(output.match(/^FIX.*$/gm)).toEqual([expect.stringContaining(advice)]);
  expect(output).toContain('NTP');
  expect(code).toBe(1);
});

test('--send-to sends one message', async () => {
  const { output } = await doctor(environment, '--send-to', '+12025550177');
  expect(output).toContain('send: Twilio accepted');
  expect(emulator.control.messages('+12025550177')).toHaveLength(1);
});

test.each([
  ['wrong credentials', { TWILIO_AUTH_TOKEN: 'not-the-token' }, 'check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN'],
  [
    'an unknown service',
    { TWILIO_VERIFY_SERVICE_SID_RESET: `VA${'9'.repeat(32)}` },
    'TWILIO_VERIFY_SERVICE_SID_RESET names no service in this account',
  ],
  [
    'PSD2 that Twilio has not switched on',
    { TWILIO_PSD2: 'true' },
    'PSD2 is not on for the service of TWILIO_VERIFY_SERVICE_SID_TRANSACTION',
  ],
  ['Twilio out of reach', { TWILIO_API_BASE_URL: 'http://127.0.0.1:9' }, 'Twilio cannot be reached'],
  ['a database out of reach', { MONGODB_URI: 'mongodb://127.0.0.1:9/otpql' }, 'MongoDB: cannot be reached'],
  [
    'a mail server out of reach',
    { SMTP_URL: 'smtp://127.0.0.1:9', MAIL_FROM: 'a@example.com' },
    'SMTP: the mail server of SMTP_URL cannot take mail now',
  ],
  ['an invalid configuration', { PORT: 'abc', LOG_LEVEL: 'loud' }, 'PORT must be a whole number'],
])('%s is named with what to do, and no secret is printed', async (_what, change, advice) => {
  const { code, output } = await doctor({ ...environment, ...change });
  expect(output).toMatch(/^FIX /m);
  expect(output).toContain(advice);
  expect(code).toBe(1);
  for (const secret of [AUTH_TOKEN, 'not-the-token', 'j'.repeat(40), 'o'.repeat(40)])
    expect(output).not.toContain(secret);
});

function doctor(env: Record<string, string>, ...args: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, ['node_modules/tsx/dist/cli.mjs', 'scripts/doctor.ts', ...args], {
    env: { PATH: process.env['PATH'], ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })));
}
