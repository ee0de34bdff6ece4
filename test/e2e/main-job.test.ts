import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  MeDocument,
  RegisterWithOtpDocument,
  ResetPasswordWithOtpDocument,
  SendOtpDocument,
  VerifyOtpDocument,
} from '../../web/generated/operations.ts';
import { freshEmail, freshPhone, sendCode } from '../support/codes.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

test('a person proves a phone, registers with the same code, resets the password, and the old token is refused', async () => {
  const phone = freshPhone();
  const email = freshEmail();

  const sent = await server.run(SendOtpDocument, { input: { to: phone } });
  expect(sent.data?.sendOtp).toMatchObject({
    message: 'OTP sent successfully via sms',
    status: 'PENDING',
    to: phone,
    channel: 'SMS',
    codeLength: 6,
  });
  const [message] = await server.inbox(phone);
  const code = message!.code;

  const verified = await server.run(VerifyOtpDocument, { input: { to: phone, code } });
  expect(verified.data?.verifyOtp).toMatchObject({
    message: 'OTP verified successfully',
    status: 'APPROVED',
    valid: true,
    attemptsRemaining: 3,
  });

  const registered = await server.run(RegisterWithOtpDocument, {
    input: { email, phone, password: 'securepassword', otpCode: code },
  });
  expect(registered.errors).toEqual([]);
  const { token, message: welcome, user } = registered.data!.registerWithOtp;
  expect(welcome).toBe('Registration successful');
  expect(user).toMatchObject({ email, phone, emailVerified: false, phoneVerified: true, twoFactorEnabled: false });

  const authorization = `Bearer ${token}`;
  const me = await server.run(MeDocument, {}, { authorization });
  expect(me.data?.me).toEqual(user);

  const resetCode = await sendCode(server, phone, { purpose: 'PASSWORD_RESET' });
  const reset = await server.run(ResetPasswordWithOtpDocument, {
    input: { email, phone, newPassword: 'newpassword123', otpCode: resetCode },
  });
  expect(reset.data?.resetPasswordWithOtp).toEqual({ message: 'Password reset successful', sessionsRevoked: 1 });

  const after = await server.run(MeDocument, {}, { authorization });
  expect(after.data?.me).toBeNull();
  expect(after.code).toBe('UNAUTHENTICATED');
});
