import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { SendOtpDocument, VerifyOtpDocument, type OtpPurpose } from '../../web/generated/operations.ts';
import { freshEmail, freshPhone, registerUser, wrongCode } from '../support/codes.ts';
import {
  ACCOUNT_SID,
  AUTH_TOKEN,
  occurrences,
  ownServers,
  startTwilioServer,
  until,
  type TwilioServer,
} from '../support/twilio-server.ts';

// Every failure that Twilio can answer with becomes one public code and message. What the operator should do goes to the
// log, once for each failing request, and never a secret or a number with it.
const MESSAGES: Record<string, string> = {
  PROVIDER_ERROR: "Unable to create record: the provider refused; the operator's log says why",
  SERVICE_UNAVAILABLE: 'The service is unavailable for a moment; try again',
  INVALID_PHONE_NUMBER: 'Invalid phone number: use E.164 format, for example +12025551234',
  MAX_ATTEMPTS_REACHED: 'Too many wrong codes; request a new one',
  RATE_LIMITED: 'Too many requests; try again later',
  RESEND_TOO_SOON: 'A code was sent a moment ago; wait before asking for another',
  CHANNEL_UNAVAILABLE: "This destination can't be reached on this channel",
  DESTINATION_BLOCKED: "Codes can't be sent to this destination",
  BAD_USER_INPUT: 'The input is not valid: the message says what is wrong with which field',
  OTP_EXPIRED: 'No code is pending here: it expired or was used; request a new one',
};
const OTHERS = { channel: 'SMS', channels: ['WHATSAPP', 'VOICE'] };
const WAIT = { retryAfterSeconds: expect.any(Number) };

type Row = [twilio: number, ours: string, advice: string, extensions?: object];
const ON_BOTH: Row[] = [
  [20003, 'PROVIDER_ERROR', 'check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN'],
  [20429, 'SERVICE_UNAVAILABLE', 'too many requests', WAIT],
  [25109, 'SERVICE_UNAVAILABLE', 'too many concurrent requests', WAIT],
  [60200, 'INVALID_PHONE_NUMBER', 'the destination invalid'],
  [21211, 'INVALID_PHONE_NUMBER', 'the destination invalid'],
  [60206, 'BAD_USER_INPUT', 'set TWILIO_PSD2=true'],
  [60212, 'RESEND_TOO_SOON', 'another request for this number', WAIT],
  [20500, 'SERVICE_UNAVAILABLE', 'https://www.twilio.com/docs/api/errors/20500', WAIT],
  [64999, 'PROVIDER_ERROR', 'https://www.twilio.com/docs/api/errors/64999'],
];
const ON_START: Row[] = [
  ...ON_BOTH,
  [20404, 'PROVIDER_ERROR', 'TWILIO_VERIFY_SERVICE_SID names no service in this account'],
  [60202, 'MAX_ATTEMPTS_REACHED', 'check attempts of this verification are used up'],
  [60203, 'RATE_LIMITED', 'send attempts of this verification are used up', WAIT],
  [60204, 'CHANNEL_UNAVAILABLE', 'look at its settings in the Twilio console', OTHERS],
  [60205, 'CHANNEL_UNAVAILABLE', 'landline', OTHERS],
  [60214, 'CHANNEL_UNAVAILABLE', 'PSD2', OTHERS],
  [60223, 'CHANNEL_UNAVAILABLE', 'OTP_CHANNELS', OTHERS],
  [60220, 'DESTINATION_BLOCKED', 'vetting', OTHERS],
  [60238, 'DESTINATION_BLOCKED', 'Twilio blocked the destination', OTHERS],
  [60605, 'DESTINATION_BLOCKED', 'geographic permissions', OTHERS],
  [60410, 'DESTINATION_BLOCKED', 'Fraud Guard blocks the prefix', OTHERS],
  [60412, 'DESTINATION_BLOCKED', 'fraudulent', OTHERS],
  [60413, 'DESTINATION_BLOCKED', 'device intelligence', OTHERS],
  [21608, 'PROVIDER_ERROR', 'trial account'],
];

const { open, closeOpened } = ownServers();

let server: TwilioServer;
beforeAll(async () => {
  server = await startTwilioServer({ LOG_LEVEL: 'trace' });
});
afterEach(async () => {
  server.emulator.control.resetBehavior();
  await closeOpened();
});
afterAll(() => server.close());

const send = (to: string, purpose?: OtpPurpose) => server.run(SendOtpDocument, { input: { to, purpose } });
const verify = (to: string, code: string) => server.run(VerifyOtpDocument, { input: { to, code } });

function expectCleanLog(log: string, ...secrets: string[]): void {
  const basic = Buffer.from(`${ACCOUNT_SID}:${AUTH_TOKEN}`).toString('base64');
  for (const secret of [AUTH_TOKEN, basic, ...secrets]) expect(log).not.toContain(secret);
}

describe('a start that Twilio refuses', () => {
  test.each(ON_START)(
    'with %i is %s, is explained once in the log, and can be asked for again at once',
    async (twilio, ours, advice, extensions = {}) => {
      const to = freshPhone();
      server.newLog();
      server.emulator.control.setBehavior({ error: { on: 'start', code: twilio, times: 1 } });
      const refused = await send(to);
      expect(refused.errors).toHaveLength(1);
      expect(refused.errors[0]).toMatchObject({ message: MESSAGES[ours], extensions: { code: ours, ...extensions } });
      const log = server.newLog();
      expect(occurrences(log, advice)).toBe(1);
      expect(log).toContain(`Twilio error ${twilio}`);
      expectCleanLog(log, to.slice(1));
      expect(JSON.stringify(refused.errors)).not.toContain(String(twilio));

      const again = await send(to);
      expect(again.errors).toEqual([]);
      expect((await verify(to, server.code(to))).data?.verifyOtp.valid).toBe(true);
    },
  );

  test('tells of an address what it says of a number', async () => {
    const to = freshEmail();
    server.emulator.control.setBehavior({ error: { on: 'start', code: 60200, times: 1 } });
    const refused = await server.run(SendOtpDocument, { input: { to, channel: 'EMAIL' } });
    expect(refused.code).toBe('INVALID_EMAIL');
    expectCleanLog(server.newLog(), to);
  });

  test('offers no channel that reaches another kind of destination', async () => {
    const to = freshEmail();
    server.emulator.control.setBehavior({ error: { on: 'start', code: 60204, times: 1 } });
    const refused = await server.run(SendOtpDocument, { input: { to, channel: 'EMAIL' } });
    expect(refused.errors[0]?.extensions).toMatchObject({
      code: 'CHANNEL_UNAVAILABLE',
      channel: 'EMAIL',
      channels: [],
    });
  });

  test('says how long to wait in the Retry-After header too', async () => {
    server.emulator.control.setBehavior({ error: { on: 'start', code: 20429, times: 1 } });
    const refused = await send(freshPhone());
    expect(refused.headers.get('retry-after')).toBe(String(refused.errors[0]?.extensions.retryAfterSeconds));
  });

  test('leaves no cool-down for the next requester either', async () => {
    const to = freshPhone();
    server.emulator.control.setBehavior({ error: { on: 'start', code: 60410, times: 1 } });
    await send(to);
    const other = await server.run(SendOtpDocument, { input: { to } }, { 'x-forwarded-for': '203.0.113.9' });
    expect(other.errors).toEqual([]);
  });

  test('on a resend keeps the first message good and takes the cool-down back', async () => {
    const to = freshPhone();
    await send(to);
    const code = server.code(to);
    server.clock.advance(31_000);
    server.emulator.control.setBehavior({ error: { on: 'start', code: 60238, times: 1 } });
    expect((await send(to)).code).toBe('DESTINATION_BLOCKED');
    expect((await send(to)).errors).toEqual([]);
    expect(server.messages(to)).toHaveLength(2);
    expect((await verify(to, code)).data?.verifyOtp.valid).toBe(true);
  });
});

describe('a check that Twilio refuses', () => {
  test.each(ON_BOTH)(
    'with %i is %s, is explained once in the log, and has spent its attempt',
    async (twilio, ours, advice, extensions = {}) => {
      const to = freshPhone();
      await send(to);
      const code = server.code(to);
      server.newLog();
      server.emulator.control.setBehavior({ error: { on: 'check', code: twilio, times: 1 } });
      const refused = await verify(to, code);
      expect(refused.errors).toHaveLength(1);
      expect(refused.errors[0]).toMatchObject({ message: MESSAGES[ours], extensions: { code: ours, ...extensions } });
      const log = server.newLog();
      expect(occurrences(log, advice)).toBe(1);
      expectCleanLog(log, to.slice(1), code);

      const wrong = await verify(to, wrongCode(code));
      expect(wrong.data?.verifyOtp).toMatchObject({ valid: false, attemptsRemaining: 1 });
      expect((await verify(to, code)).data?.verifyOtp.valid).toBe(true);
    },
  );

  test.each([
    [20404, 'OTP_EXPIRED'],
    [60202, 'MAX_ATTEMPTS_REACHED'],
  ])('with %i has ended: %s, and a new code can be had at once', async (twilio, ours) => {
    const to = freshPhone();
    await send(to);
    server.emulator.control.setBehavior({ error: { on: 'check', code: twilio, times: 1 } });
    const refused = await verify(to, server.code(to));
    expect(refused.errors[0]).toMatchObject({ message: MESSAGES[ours], extensions: { code: ours } });
    expect((await send(to)).errors).toEqual([]);
    expect(server.messages(to)).toHaveLength(2);
    expect((await verify(to, server.code(to))).data?.verifyOtp.valid).toBe(true);
  });
});

test.each(['start', 'check'] as const)('an HTML page with status 502 on %s is SERVICE_UNAVAILABLE', async (verb) => {
  const to = freshPhone();
  if (verb === 'check') await send(to);
  server.newLog();
  server.emulator.control.setBehavior({ outage: 'html502', outageOn: verb });
  const refused = verb === 'start' ? await send(to) : await verify(to, '123456');
  expect(refused.errors[0]).toMatchObject({
    message: MESSAGES['SERVICE_UNAVAILABLE'],
    extensions: { code: 'SERVICE_UNAVAILABLE', ...WAIT },
  });
  const log = server.newLog();
  expect(occurrences(log, 'Twilio answered HTTP 502')).toBe(1);
  expect(log).not.toContain('Bad Gateway');
  expectCleanLog(log, to.slice(1), '123456');
});

describe('a configuration that Twilio refuses', () => {
  test('names the variable of the service that is wrong, for each purpose its own', async () => {
    const wrong = await open({
      TWILIO_VERIFY_SERVICE_SID: `VA${'9'.repeat(32)}`,
      TWILIO_VERIFY_SERVICE_SID_ACCOUNT: `VA${'8'.repeat(32)}`,
    });
    const sent = await wrong.run(SendOtpDocument, { input: { to: freshPhone() } });
    expect(sent.errors[0]).toMatchObject({
      message: MESSAGES['PROVIDER_ERROR'],
      extensions: { code: 'PROVIDER_ERROR' },
    });
    expect(occurrences(wrong.newLog(), 'TWILIO_VERIFY_SERVICE_SID names no service in this account')).toBe(1);
  });

  test('names the variable of the service of resets when a reset code fails in the background', async () => {
    const { phone } = await registerUser(server);
    server.newLog();
    server.emulator.control.setBehavior({ error: { on: 'start', code: 20404, times: 1 } });
    expect((await send(phone, 'PASSWORD_RESET')).errors).toEqual([]);
    let log = '';
    await until(() => (log += server.newLog()).includes('names no service'));
    expect(occurrences(log, 'TWILIO_VERIFY_SERVICE_SID_RESET names no service in this account')).toBe(1);
    expectCleanLog(log, phone.slice(1));
  });

  test('with a wrong token names both credentials and shows neither', async () => {
    const token = 'a-wrong-token-nobody-may-read';
    const wrong = await open({ TWILIO_AUTH_TOKEN: token, LOG_LEVEL: 'trace' });
    const sent = await wrong.run(SendOtpDocument, { input: { to: freshPhone() } });
    expect(sent.code).toBe('PROVIDER_ERROR');
    const log = wrong.log();
    expect(occurrences(log, 'check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN')).toBe(1);
    expectCleanLog(log, token, Buffer.from(`${ACCOUNT_SID}:${token}`).toString('base64'));
  });
});
