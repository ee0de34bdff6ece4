// Invariant 4: a code works for its own slot only. Twilio repeats the code for a number while one is pending, so a purpose
// family has a service of its own; where purposes share one, starting a code ends the other, at Twilio and here, but never
// one that somebody else asked for.
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import {
  RegisterWithOtpDocument,
  ResetPasswordWithOtpDocument,
  SendOtpDocument,
  VerifyOtpDocument,
  type OtpPurpose,
} from '../../web/generated/operations.ts';
import { freshEmail, registerUser } from '../support/codes.ts';
import { from } from '../support/server.ts';
import { ONE_SERVICE, SERVICES, startTwilioServer, until, type TwilioServer } from '../support/twilio-server.ts';

let server: TwilioServer;
let shared: TwilioServer;
beforeAll(async () => {
  server = await startTwilioServer();
  shared = await startTwilioServer({ ...ONE_SERVICE, TWILIO_TIMEOUT_MS: '1000' });
});
afterEach(() => void shared.emulator.control.resetBehavior());
afterAll(async () => {
  await server.close();
  await shared.close();
});

type Headers = Record<string, string>;
const send = (on: TwilioServer, to: string, purpose: OtpPurpose, headers?: Headers) =>
  on.run(SendOtpDocument, { input: { to, purpose } }, headers);
const verify = (on: TwilioServer, to: string, code: string, purpose: OtpPurpose, headers?: Headers) =>
  on.run(VerifyOtpDocument, { input: { to, code, purpose } }, headers);
const register = (on: TwilioServer, phone: string, otpCode: string) =>
  on.run(RegisterWithOtpDocument, { input: { phone, otpCode, email: freshEmail(), password: 'securepassword' } });
const reset = (on: TwilioServer, email: string, phone: string, otpCode: string) =>
  on.run(ResetPasswordWithOtpDocument, { input: { email, phone, otpCode, newPassword: 'newpassword123' } });

/** A user whose registration code is spent, and a code of this purpose that has just arrived. */
async function userWithCode(on: TwilioServer, purpose: OtpPurpose, headers?: Headers) {
  const { phone, email } = await registerUser(on);
  await send(on, phone, purpose, headers);
  await on.delivered(phone, 2);
  await settled(on);
  on.forgetCalls();
  return { phone, email, code: on.code(phone) };
}

/** Waits until no message is on its way. */
const settled = (on: TwilioServer) =>
  until(async () => {
    const documents = await on.db.collection('challenges').find().toArray();
    return !JSON.stringify(documents).match(/"deliveringSince":\d/);
  });

const allServers = [
  ['three services', () => server],
  ['one service', () => shared],
] as const;

describe.each(allServers)('with %s', (_name, on) => {
  test.each([
    ['VERIFICATION', 'PASSWORD_RESET'],
    ['PASSWORD_RESET', 'VERIFICATION'],
  ] as const)(
    'a right code for %s is refused for %s without a call to Twilio, and still works for its own',
    async (mine, other) => {
      const { phone, email, code } = await userWithCode(on(), mine);
      const wrongUses = [
        await verify(on(), phone, code, other),
        other === 'VERIFICATION' ? await register(on(), phone, code) : await reset(on(), email, phone, code),
      ];
      expect(wrongUses.map((answer) => answer.code)).toEqual(['OTP_EXPIRED', 'OTP_EXPIRED']);
      expect(on().calls()).toMatchObject({ start: 0, check: 0, cancel: 0 });
      expect((await verify(on(), phone, code, mine)).data?.verifyOtp.valid).toBe(true);
    },
  );

  test('an approved code is good for the action of its purpose only', async () => {
    const { phone, email, code } = await userWithCode(on(), 'PASSWORD_RESET');
    await verify(on(), phone, code, 'PASSWORD_RESET');
    on().forgetCalls();
    expect((await register(on(), phone, code)).code).toBe('OTP_EXPIRED');
    expect((await reset(on(), email, phone, code)).errors).toEqual([]);
    expect(on().calls().check).toBe(0);
  });
});

describe('with a service for each purpose', () => {
  test('both codes are pending side by side, and each is refused in the place of the other', async () => {
    const { phone, code: resetCode } = await userWithCode(server, 'PASSWORD_RESET');
    await send(server, phone, 'VERIFICATION');
    const verificationCode = server.code(phone);
    expect(server.calls().cancel).toBe(0);
    expect(server.messages(phone).map(({ serviceSid }) => serviceSid)).toEqual([
      SERVICES.TWILIO_VERIFY_SERVICE_SID,
      SERVICES.TWILIO_VERIFY_SERVICE_SID_RESET,
      SERVICES.TWILIO_VERIFY_SERVICE_SID,
    ]);
    expect((await verify(server, phone, verificationCode, 'PASSWORD_RESET')).data?.verifyOtp.valid).toBe(false);
    expect((await verify(server, phone, resetCode, 'VERIFICATION')).data?.verifyOtp.valid).toBe(false);
    expect((await verify(server, phone, resetCode, 'PASSWORD_RESET')).data?.verifyOtp.valid).toBe(true);
    expect((await verify(server, phone, verificationCode, 'VERIFICATION')).data?.verifyOtp.valid).toBe(true);
  });
});

describe('with one service for all', () => {
  test('a new code of one purpose ends the other at Twilio first, and here', async () => {
    const { phone, code: old } = await userWithCode(shared, 'PASSWORD_RESET');
    const sent = await send(shared, phone, 'VERIFICATION');
    expect(sent.errors).toEqual([]);
    expect(shared.calls()).toMatchObject({ cancel: 1, start: 1 });
    const [, first, second] = shared.messages(phone);
    expect(second!.sid).not.toBe(first!.sid);

    shared.forgetCalls();
    expect((await verify(shared, phone, old, 'PASSWORD_RESET')).code).toBe('OTP_EXPIRED');
    expect((await verify(shared, phone, second!.code, 'PASSWORD_RESET')).code).toBe('OTP_EXPIRED');
    expect(shared.calls().check).toBe(0);
    expect((await verify(shared, phone, old, 'VERIFICATION')).data?.verifyOtp.valid).toBe(false);
    expect((await verify(shared, phone, second!.code, 'VERIFICATION')).data?.verifyOtp.valid).toBe(true);
  });

  test.each(['hang', 'reset', 'html502'] as const)(
    "a cancel that fails (%s) never makes the other purpose's code right, nor does the next start",
    async (outage) => {
      const { phone, code: old } = await userWithCode(shared, 'VERIFICATION');
      shared.emulator.control.setBehavior({ outage, outageOn: 'cancel' });
      await send(shared, phone, 'PASSWORD_RESET');
      await until(() => shared.calls().cancel === 1);
      await settled(shared);
      shared.emulator.control.resetBehavior();
      expect((await verify(shared, phone, old, 'PASSWORD_RESET')).data?.verifyOtp.valid ?? false).toBe(false);

      shared.clock.advance(31_000);
      expect((await send(shared, phone, 'PASSWORD_RESET')).errors).toEqual([]);
      await shared.delivered(phone, 3);
      await settled(shared);
      expect((await verify(shared, phone, old, 'PASSWORD_RESET')).data?.verifyOtp.valid ?? false).toBe(false);
    },
  );

  test("another requester's code is not cut off before it expires", async () => {
    const owner = from('198.51.100.1');
    const other = from('198.51.100.2');
    const { phone, code } = await userWithCode(shared, 'PASSWORD_RESET', owner);
    shared.clock.advance(20_000);
    const refused = await send(shared, phone, 'VERIFICATION', other);
    expect(refused.errors[0]?.extensions).toMatchObject({ code: 'RESEND_TOO_SOON', retryAfterSeconds: 580 });
    shared.clock.advance(579_999);
    expect((await send(shared, phone, 'VERIFICATION', other)).code).toBe('RESEND_TOO_SOON');
    expect(shared.calls()).toMatchObject({ start: 0, cancel: 0 });
    shared.clock.advance(1);
    expect((await send(shared, phone, 'VERIFICATION', other)).errors).toEqual([]);
    expect(shared.calls()).toMatchObject({ start: 1 });
    expect((await verify(shared, phone, code, 'PASSWORD_RESET', owner)).code).toBe('OTP_EXPIRED');
    expect((await verify(shared, phone, shared.code(phone), 'VERIFICATION', other)).data?.verifyOtp.valid).toBe(true);
  });

  test("another requester's code, protected, is still right", async () => {
    const { phone, code } = await userWithCode(shared, 'PASSWORD_RESET', from('198.51.100.3'));
    await send(shared, phone, 'VERIFICATION', from('198.51.100.4'));
    const answer = await verify(shared, phone, code, 'PASSWORD_RESET', from('198.51.100.3'));
    expect(answer.data?.verifyOtp.valid).toBe(true);
  });
});
