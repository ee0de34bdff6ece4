// Invariant 6 where it is easiest to break: the SDK's errors hold the auth token and the number. Whatever goes wrong, and
// however much is logged, no line holds a token, a code, a number or an address.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { RegisterWithOtpDocument, SendOtpDocument, VerifyOtpDocument } from '../../web/generated/operations.ts';
import { freshEmail, freshPhone, registerUser, wrongCode } from '../support/codes.ts';
import { ACCOUNT_SID, AUTH_TOKEN, startTwilioServer, until, type TwilioServer } from '../support/twilio-server.ts';

const ERRORS = [
  20003, 20404, 20429, 25109, 60200, 21211, 60202, 60203, 60204, 60205, 60206, 60214, 60212, 60220, 60238, 60605, 60223,
  60410, 60412, 60413, 21608, 20500, 64999,
];

let server: TwilioServer;
beforeAll(async () => {
  server = await startTwilioServer({ LOG_LEVEL: 'trace', TWILIO_TIMEOUT_MS: '200' });
});
afterAll(() => server.close());

const set: TwilioServer['emulator']['control']['setBehavior'] = (change) => server.emulator.control.setBehavior(change);
const destinations: string[] = [];
const tried: string[] = [];

async function fresh(channel: 'SMS' | 'EMAIL' = 'SMS'): Promise<string> {
  const to = channel === 'SMS' ? freshPhone() : freshEmail();
  destinations.push(to);
  await server.run(SendOtpDocument, { input: { to, channel } });
  return to;
}

async function verify(to: string, code: string): Promise<void> {
  tried.push(code);
  await server.run(VerifyOtpDocument, { input: { to, code } });
}

/** A start and a check that meet this behavior, by phone and by mail. */
async function meet(behavior: Parameters<typeof set>[0]): Promise<void> {
  for (const channel of ['SMS', 'EMAIL'] as const) {
    const pending = await fresh(channel);
    const code = server.code(pending);
    set(behavior);
    await fresh(channel);
    await verify(pending, code);
    server.emulator.control.resetBehavior();
    // A success in between, so that the breaker stays closed and every failure is a real one.
    await verify(await fresh(channel), wrongCode(code));
  }
}

test('after every failure, at the most talkative level, the log holds no token, code, number or address', async () => {
  for (const code of ERRORS) await meet({ error: { code } });
  for (const outage of ['hang', 'reset', 'html502'] as const)
    for (const outageAfterEffect of [false, true]) await meet({ outage, outageAfterEffect });

  const { phone, email } = await registerUser(server);
  destinations.push(phone, email);
  set({ error: { code: 60410 } });
  await server.run(SendOtpDocument, { input: { to: phone, purpose: 'PASSWORD_RESET', email } });
  await until(() => server.log().includes('work failed after its request was answered'));
  expect(server.log()).toContain('"lateFailures":1');
  server.emulator.control.resetBehavior();

  const registering = await fresh();
  const input = { phone: registering, email, password: 'securepassword', otpCode: server.code(registering) };
  await server.run(RegisterWithOtpDocument, { input });
  await server.unplug();
  for (let count = 0; count < 7; count++) await fresh();
  await server.plugIn();

  const log = server.log();
  expect(log).toContain('Twilio is down');
  for (const code of ERRORS) expect(log).toContain(`Twilio error ${code}`);
  const basic = Buffer.from(`${ACCOUNT_SID}:${AUTH_TOKEN}`).toString('base64');
  for (const secret of [AUTH_TOKEN, basic, 'securepassword']) expect(log).not.toContain(secret);
  expect(log).not.toMatch(/Basic [A-Za-z0-9+/=]{8}/);

  expect(destinations.length).toBeGreaterThan(100);
  for (const to of destinations)
    for (const form of [to.replace(/^\+/, ''), encodeURIComponent(to)]) expect(log).not.toContain(form);
  const codes = new Set([...tried, ...server.emulator.control.messages().map(({ code }) => code)]);
  expect(codes.size).toBeGreaterThan(100);
  // A random id may hold six digits in a row: only those that stand by themselves are a code.
  const numbers = new Set(log.match(/(?<![\w-])\d{6}(?![\w-])/g));
  expect([...codes].filter((code) => numbers.has(code))).toEqual([]);
});
