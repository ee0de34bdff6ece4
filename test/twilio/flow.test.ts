import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  RegisterWithOtpDocument,
  ResetPasswordWithOtpDocument,
  SendOtpDocument,
  VerifyOtpDocument,
  type OtpChannel,
} from '../../web/generated/operations.ts';
import { freshEmail, freshPhone, wrongCode } from '../support/codes.ts';
import { startTwilioServer, type TwilioServer } from '../support/twilio-server.ts';

let server: TwilioServer;
beforeAll(async () => {
  server = await startTwilioServer();
});
afterAll(() => server.close());

test.each([
  ['SMS', 'sms'],
  ['WHATSAPP', 'whatsapp'],
  ['VOICE', 'call'],
  ['EMAIL', 'email'],
] as [OtpChannel, string][])(
  'a code travels by %s, is verified, and registers a user with the same code',
  async (channel, twilioName) => {
    const phone = freshPhone();
    const to = channel === 'EMAIL' ? freshEmail() : phone;
    const sent = await server.run(SendOtpDocument, { input: { to, channel } });
    expect(sent.data?.sendOtp).toMatchObject({ status: 'PENDING', channel, to });
    const [message] = server.emulator.control.messages(to);
    expect(message).toMatchObject({ to, channel: twilioName });
    const code = server.code(to);

    const wrong = await server.run(VerifyOtpDocument, { input: { to, code: wrongCode(code) } });
    expect(wrong.data?.verifyOtp).toMatchObject({ valid: false, status: 'PENDING', attemptsRemaining: 2 });
    const right = await server.run(VerifyOtpDocument, { input: { to, code } });
    expect(right.data?.verifyOtp).toMatchObject({ valid: true, status: 'APPROVED' });
    if (channel === 'EMAIL') return;

    const input = { email: freshEmail(), phone, password: 'securepassword', otpCode: code };
    const registered = await server.run(RegisterWithOtpDocument, { input });
    expect(registered.errors).toEqual([]);
    expect(registered.data?.registerWithOtp.user).toMatchObject({ phone, phoneVerified: true });
  },
);

test('a code registers without verifyOtp, and a reset code sets a new password', async () => {
  const phone = freshPhone();
  const email = freshEmail();
  await server.run(SendOtpDocument, { input: { to: phone } });
  const input = { email, phone, password: 'securepassword', otpCode: server.code(phone) };
  expect((await server.run(RegisterWithOtpDocument, { input })).errors).toEqual([]);

  await server.run(SendOtpDocument, { input: { to: phone, purpose: 'PASSWORD_RESET', email } });
  await server.delivered(phone, 2);
  const reset = { email, phone, newPassword: 'newpassword123', otpCode: server.code(phone) };
  const answer = await server.run(ResetPasswordWithOtpDocument, { input: reset });
  expect(answer.data?.resetPasswordWithOtp).toMatchObject({ message: 'Password reset successful', sessionsRevoked: 1 });
});

test('the locale and a purpose tag reach Twilio, and no personal data in tags', async () => {
  const to = freshPhone();
  await server.run(SendOtpDocument, { input: { to, locale: 'pt-BR' } });
  const [message] = server.emulator.control.messages(to);
  expect(message).toMatchObject({ locale: 'pt-BR', tags: { purpose: 'verification' } });
});

test('a resend after the cool-down brings the same code under the same expiry', async () => {
  const to = freshPhone();
  const first = await server.run(SendOtpDocument, { input: { to } });
  server.clock.advance(31_000);
  const second = await server.run(SendOtpDocument, { input: { to, channel: 'VOICE' } });
  expect(second.data?.sendOtp.expiresAt).toBe(first.data?.sendOtp.expiresAt);
  const [call, sms] = server.emulator.control.messages(to);
  expect(call).toMatchObject({ channel: 'call', code: sms?.code });
});
