// Invariants 4, 7 and 9 (DESIGN section 4): a code, a challenge id and a verification token work for their own slot only
// (destination and purpose), once. sendOtp writes no user. An e-mail address belongs to an account only once verified: an
// unverified one gets no account codes and never blocks the person who proves it. Seen in: ASVS 5.0 6.6.2, better-auth 10697.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  RegisterWithOtpDocument,
  ResetPasswordWithOtpDocument,
  SendOtpDocument,
  VerifyOtpDocument,
  type RegisterWithOtpInput,
  type ResetPasswordWithOtpInput,
} from '../../web/generated/operations.ts';
import { freshEmail, freshPhone, proveDestination, registerUser, sendCode, wrongCode } from '../support/codes.ts';
import { startServer, type Answer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '1000' });
});
afterAll(() => server.close());

const register = (input: Partial<RegisterWithOtpInput> & { phone: string }) =>
  server.run(RegisterWithOtpDocument, { input: { email: freshEmail(), password: 'securepassword', ...input } });
const reset = (input: Omit<ResetPasswordWithOtpInput, 'newPassword'>) =>
  server.run(ResetPasswordWithOtpDocument, { input: { newPassword: 'newpassword123', ...input } });
const facts = (answer: Answer<unknown>) => {
  const { code, field, attemptsRemaining } = answer.errors[0]?.extensions ?? {};
  return { code, field, attemptsRemaining };
};

test('sendOtp writes no user, for any channel and purpose', async () => {
  const before = await server.db.collection('users').countDocuments();
  for (const purpose of ['VERIFICATION', 'PASSWORD_RESET'] as const) {
    await server.run(SendOtpDocument, { input: { to: freshPhone(), purpose } });
    await server.run(SendOtpDocument, { input: { to: freshPhone(), channel: 'VOICE', purpose } });
    await server.run(SendOtpDocument, { input: { to: freshEmail(), channel: 'EMAIL', purpose } });
  }
  expect(await server.db.collection('users').countDocuments()).toBe(before);
});

test('a reset code is refused for registration and by verifyOtp for VERIFICATION', async () => {
  const { phone, email } = await registerUser(server);
  const code = await sendCode(server, phone, { purpose: 'PASSWORD_RESET' });
  expect((await register({ phone, otpCode: code })).code).toBe('OTP_EXPIRED');
  expect((await server.run(VerifyOtpDocument, { input: { to: phone, code } })).code).toBe('OTP_EXPIRED');
  const pending = await sendCode(server, phone);
  expect(pending).not.toBe(code);
  const refused = await register({ phone, otpCode: code });
  expect(facts(refused)).toEqual({ code: 'OTP_INVALID', field: 'otpCode', attemptsRemaining: 2 });
  expect((await reset({ email, phone, otpCode: code })).code).toBeNull();
});

test('a registration code is refused for a password reset', async () => {
  const { phone, email } = await registerUser(server);
  const code = await sendCode(server, phone);
  expect((await reset({ email, phone, otpCode: code })).code).toBe('OTP_EXPIRED');
  await sendCode(server, phone, { purpose: 'PASSWORD_RESET' });
  expect((await reset({ email, phone, otpCode: code })).code).toBe('OTP_INVALID');
  const input = { to: phone, code, purpose: 'PASSWORD_RESET' as const };
  expect((await server.run(VerifyOtpDocument, { input })).data?.verifyOtp.valid).toBe(false);
});

test('a code for one number is refused for another', async () => {
  const [mine, other] = [freshPhone(), freshPhone()];
  const code = await sendCode(server, mine);
  expect((await register({ phone: other, otpCode: code })).code).toBe('OTP_EXPIRED');
  const theirs = await sendCode(server, other);
  expect(theirs).not.toBe(code);
  expect((await server.run(VerifyOtpDocument, { input: { to: other, code } })).data?.verifyOtp.valid).toBe(false);
  expect((await register({ phone: other, otpCode: code })).code).toBe('OTP_INVALID');
});

test('the challengeId of another challenge is refused, and costs no attempt', async () => {
  const [phone, other] = [freshPhone(), freshPhone()];
  const code = await sendCode(server, phone);
  const foreign = await server.run(SendOtpDocument, { input: { to: other } });
  const { challengeId } = foreign.data!.sendOtp;
  const answer = await server.run(VerifyOtpDocument, { input: { to: phone, code, challengeId } });
  expect(answer.code).toBe('OTP_EXPIRED');
  const right = await server.run(VerifyOtpDocument, { input: { to: phone, code } });
  expect(right.data?.verifyOtp).toMatchObject({ valid: true, attemptsRemaining: 3 });
});

test('a challengeId names its own challenge and not a later one at the same destination', async () => {
  const to = freshPhone();
  const first = await server.run(SendOtpDocument, { input: { to } });
  server.clock.advance(600_000);
  const code = await sendCode(server, to);
  const { challengeId } = first.data!.sendOtp;
  expect((await server.run(VerifyOtpDocument, { input: { to, code, challengeId } })).code).toBe('OTP_EXPIRED');
});

test('a verification token of another destination or purpose is refused', async () => {
  const { phone, email } = await registerUser(server);
  const stranger = freshPhone();
  const token = await proveDestination(server, stranger);
  const refused = { code: 'OTP_EXPIRED', field: 'verificationToken', attemptsRemaining: undefined };
  expect(facts(await register({ phone: freshPhone(), verificationToken: token }))).toEqual(refused);
  expect(facts(await reset({ email, phone, verificationToken: token }))).toEqual(refused);

  const code = await sendCode(server, phone, { purpose: 'PASSWORD_RESET' });
  const input = { to: phone, code, purpose: 'PASSWORD_RESET' as const };
  const resetToken = (await server.run(VerifyOtpDocument, { input })).data!.verifyOtp.verificationToken!;
  expect(facts(await register({ phone, verificationToken: resetToken }))).toEqual(refused);
  expect((await reset({ email: freshEmail(), phone, verificationToken: resetToken })).code).toBe('OTP_EXPIRED');
  expect((await reset({ email, phone, verificationToken: resetToken })).code).toBeNull();
  expect((await reset({ email, phone, verificationToken: resetToken })).code).toBe('OTP_EXPIRED');
});

test("a phone's verification token does not verify an e-mail address", async () => {
  const phone = freshPhone();
  const verificationToken = await proveDestination(server, phone);
  const emailVerificationToken = await proveDestination(server, freshPhone());
  const refused = await register({ phone, verificationToken, emailVerificationToken });
  expect(facts(refused)).toMatchObject({ code: 'OTP_EXPIRED', field: 'emailVerificationToken' });
  expect((await register({ phone, verificationToken })).data?.registerWithOtp.user.emailVerified).toBe(false);
});

test('a spent verification token and a spent code are refused', async () => {
  const phone = freshPhone();
  const otpCode = await sendCode(server, phone);
  const verified = await server.run(VerifyOtpDocument, { input: { to: phone, code: otpCode } });
  const verificationToken = verified.data!.verifyOtp.verificationToken!;
  expect((await register({ phone, verificationToken })).code).toBeNull();
  expect((await register({ phone, verificationToken })).code).toBe('OTP_EXPIRED');
  expect((await register({ phone, otpCode })).code).toBe('OTP_EXPIRED');
  const again = await server.run(VerifyOtpDocument, { input: { to: phone, code: otpCode } });
  expect(again.code).toBe('OTP_EXPIRED');
});

test('exactly one of otpCode and verificationToken is accepted', async () => {
  const { phone, email } = await registerUser(server);
  const both = { otpCode: '123456', verificationToken: 'token' };
  for (const proof of [both, {}, { otpCode: null, verificationToken: null }]) {
    const refused = { code: 'BAD_USER_INPUT', field: 'otpCode', attemptsRemaining: undefined };
    expect(facts(await register({ phone: freshPhone(), ...proof }))).toEqual(refused);
    expect(facts(await reset({ email, phone, ...proof }))).toEqual(refused);
  }
});

test.each(['VERIFICATION', 'PASSWORD_RESET'] as const)(
  'a wrong code in the action of %s is OTP_INVALID and tells the attempts that remain',
  async (purpose) => {
    const { phone, email } = await registerUser(server);
    const code = await sendCode(server, phone, { purpose });
    const action = (otpCode: string): Promise<Answer<unknown>> =>
      purpose === 'VERIFICATION' ? register({ phone, otpCode }) : reset({ email, phone, otpCode });
    for (const attemptsRemaining of [2, 1, 0])
      expect(facts(await action(wrongCode(code)))).toEqual({
        code: 'OTP_INVALID',
        field: 'otpCode',
        attemptsRemaining,
      });
    expect(facts(await action(code))).toMatchObject({ code: 'MAX_ATTEMPTS_REACHED', attemptsRemaining: 0 });
  },
);
