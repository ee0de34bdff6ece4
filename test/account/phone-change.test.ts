// DESIGN section 4: PHONE_CHANGE is bound to the session's user and needs a sign-in that is at most ten minutes old, at
// each step. Section 7: it ends the other sessions and tells the old destinations.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  ChangePhoneWithOtpDocument,
  LoginDocument,
  MeDocument,
  SendOtpDocument,
  VerifyOtpDocument,
  type ChangePhoneWithOtpInput,
} from '../../web/generated/operations.ts';
import { bearer, tokenOf } from '../support/accounts.ts';
import { freshPhone, registerUser, sendCode, wrongCode } from '../support/codes.ts';
import { noticesTo } from '../support/notices.ts';
import { startServer, type TestServer } from '../support/server.ts';

const TEN_MINUTES = 600_000;
const purpose = 'PHONE_CHANGE' as const;

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '1000' });
});
afterAll(() => server.close());

const change = (token: string, input: Omit<ChangePhoneWithOtpInput, 'password'>) =>
  server.run(ChangePhoneWithOtpDocument, { input: { password: 'securepassword', ...input } }, bearer(token));
const sendTo = (token: string, to: string) => sendCode(server, to, { purpose, headers: bearer(token) });
const me = async (token: string) => (await server.run(MeDocument, {}, bearer(token))).data?.me;

test('a code moves the account to the new phone; the session stays, the others end, the old destinations are told', async () => {
  const user = await registerUser(server, { verifiedEmail: true });
  const { email, password } = user;
  const other = tokenOf((await server.run(LoginDocument, { input: { email, password } })).data?.login)!;
  const newPhone = freshPhone();
  const otpCode = await sendTo(user.token, newPhone);
  const answer = await change(user.token, { newPhone, otpCode });
  expect(answer.data?.changePhoneWithOtp).toEqual({ ...user.user, phone: newPhone });
  expect(await me(user.token)).toMatchObject({ phone: newPhone, phoneVerified: true });
  expect(await me(other)).toBeNull();
  expect(await noticesTo(server, user.phone, 1)).toEqual(['PHONE_CHANGED']);
  expect(await noticesTo(server, email, 1)).toEqual(['PHONE_CHANGED']);
  expect(await noticesTo(server, newPhone)).toEqual([]);
  expect((await change(user.token, { newPhone: user.phone, otpCode })).code).toBe('OTP_EXPIRED');
  expect((await registerUser(server, { phone: user.phone })).user.phone).toBe(user.phone);
});

test('verifyOtp gives its user a token for the change', async () => {
  const user = await registerUser(server);
  const newPhone = freshPhone();
  const code = await sendTo(user.token, newPhone);
  const input = { to: newPhone, code, purpose };
  expect((await server.run(VerifyOtpDocument, { input })).code).toBe('UNAUTHENTICATED');
  const verified = await server.run(VerifyOtpDocument, { input }, bearer(user.token));
  const verificationToken = verified.data!.verifyOtp.verificationToken!;
  expect((await change(user.token, { newPhone, verificationToken })).data?.changePhoneWithOtp.phone).toBe(newPhone);
});

test('an imported user adds a first phone', async () => {
  const user = await registerUser(server);
  await server.db
    .collection('users')
    .updateOne({ email: user.email }, { $unset: { phone: 1 }, $set: { phoneVerifiedAt: null } });
  const newPhone = freshPhone();
  const answer = await change(user.token, { newPhone, otpCode: await sendTo(user.token, newPhone) });
  expect(answer.data?.changePhoneWithOtp).toMatchObject({ phone: newPhone, phoneVerified: true });
});

test('each step is refused without a session', async () => {
  const input = { to: freshPhone(), purpose };
  expect((await server.run(SendOtpDocument, { input })).code).toBe('UNAUTHENTICATED');
  expect(await server.inbox(input.to)).toEqual([]);
  const check = { ...input, code: '000000' };
  expect((await server.run(VerifyOtpDocument, { input: check })).code).toBe('UNAUTHENTICATED');
  const spend = { newPhone: input.to, password: 'securepassword', otpCode: '000000' };
  expect((await server.run(ChangePhoneWithOtpDocument, { input: spend })).code).toBe('UNAUTHENTICATED');
});

test('each step is open until the sign-in is ten minutes old, to the millisecond', async () => {
  const user = await registerUser(server);
  const signedInAt = server.clock.now();
  const newPhone = freshPhone();
  server.clock.set(signedInAt + TEN_MINUTES - 31_000);
  const otpCode = await sendTo(user.token, newPhone);
  const steps = async () => {
    const sent = await server.run(SendOtpDocument, { input: { to: freshPhone(), purpose } }, bearer(user.token));
    const wrong = { to: newPhone, code: wrongCode(otpCode), purpose };
    const checked = await server.run(VerifyOtpDocument, { input: wrong }, bearer(user.token));
    const changed = await change(user.token, { newPhone: freshPhone(), otpCode: '000000' });
    return [sent.code, checked.code, changed.code];
  };
  for (const at of [-1, 0]) {
    server.clock.set(signedInAt + TEN_MINUTES + at);
    expect(await steps()).toEqual([null, null, 'OTP_EXPIRED']);
  }
  server.clock.set(signedInAt + TEN_MINUTES + 1);
  const tooLate = 'REAUTHENTICATION_REQUIRED';
  expect(await steps()).toEqual([tooLate, tooLate, tooLate]);
  expect((await change(user.token, { newPhone, otpCode })).code).toBe(tooLate);
  // Signing in again is all it takes: the code is the user's, not the session's.
  const { email, password } = user;
  const again = tokenOf((await server.run(LoginDocument, { input: { email, password } })).data?.login)!;
  expect((await change(again, { newPhone, otpCode })).data?.changePhoneWithOtp.phone).toBe(newPhone);
});

test('what is no new phone is refused, with the field', async () => {
  const { token, phone } = await registerUser(server);
  const headers = bearer(token);
  const own = await server.run(SendOtpDocument, { input: { to: phone, purpose } }, headers);
  expect([own.code, own.errors[0]?.extensions.field]).toEqual(['BAD_USER_INPUT', 'to']);
  const byMail = { to: 'a@example.com', channel: 'EMAIL' as const, purpose };
  const mailed = await server.run(SendOtpDocument, { input: byMail }, headers);
  expect([mailed.code, mailed.errors[0]?.extensions.field]).toEqual(['BAD_USER_INPUT', 'channel']);
  const wrong: [Omit<ChangePhoneWithOtpInput, 'password'>, string][] = [
    [{ newPhone: phone, otpCode: '000000' }, 'newPhone'],
    [{ newPhone: '12345', otpCode: '000000' }, 'newPhone'],
    [{ newPhone: freshPhone() }, 'otpCode'],
    [{ newPhone: freshPhone(), otpCode: '000000', verificationToken: 'both' }, 'otpCode'],
    [{ newPhone: freshPhone(), otpCode: '12' }, 'otpCode'],
  ];
  for (const [input, field] of wrong) {
    const answer = await change(token, input);
    expect([answer.code, answer.errors[0]?.extensions.field]).toEqual([
      input.newPhone === '12345' ? 'INVALID_PHONE_NUMBER' : 'BAD_USER_INPUT',
      field,
    ]);
  }
});

test('a wrong code changes nothing and counts as an attempt', async () => {
  const user = await registerUser(server);
  const newPhone = freshPhone();
  const otpCode = await sendTo(user.token, newPhone);
  const refused = await change(user.token, { newPhone, otpCode: wrongCode(otpCode) });
  expect([refused.code, refused.errors[0]?.extensions.attemptsRemaining]).toEqual(['OTP_INVALID', 2]);
  expect((await me(user.token))?.phone).toBe(user.phone);
});
