// Invariants 1, 4, 7, 9 and 13 (DESIGN section 4) for changes: a code moves its own user, to its own phone, once; a number
// that somebody else has is no oracle at send and is never taken; what a lock or a refusal stops stays undone.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  ChangePasswordDocument,
  ChangePhoneWithOtpDocument,
  DeleteAccountDocument,
  MeDocument,
  SendOtpDocument,
  VerifyOtpDocument,
  type ChangePhoneWithOtpInput,
} from '../../web/generated/operations.ts';
import { bearer } from '../support/accounts.ts';
import { freshPhone, proveDestination, registerUser, sendCode } from '../support/codes.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { tally, volley } from './volley.ts';

const PARALLEL = 50;
const purpose = 'PHONE_CHANGE' as const;

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '1000' });
});
afterAll(() => server.close());

const change = (token: string, input: Omit<ChangePhoneWithOtpInput, 'password'>) =>
  server.run(ChangePhoneWithOtpDocument, { input: { password: 'securepassword', ...input } }, bearer(token));
const sendTo = (token: string, to: string) => sendCode(server, to, { purpose, headers: bearer(token) });
const phoneOf = async (token: string) => (await server.run(MeDocument, {}, bearer(token))).data?.me?.phone;

test("another user's code for the same phone is none, by code or by token", async () => {
  const [owner, thief] = [await registerUser(server), await registerUser(server)];
  const newPhone = freshPhone();
  const otpCode = await sendTo(owner.token, newPhone);
  const nothingSent = await change(thief.token, { newPhone, otpCode });
  expect(nothingSent.code).toBe('OTP_EXPIRED');
  expect(await sendTo(thief.token, newPhone)).not.toBe(otpCode);
  expect((await change(thief.token, { newPhone, otpCode })).code).toBe('OTP_INVALID');
  const check = { to: newPhone, code: otpCode, purpose };
  const asThief = await server.run(VerifyOtpDocument, { input: check }, bearer(thief.token));
  expect(asThief.data?.verifyOtp.valid).toBe(false);
  const asOwner = await server.run(VerifyOtpDocument, { input: check }, bearer(owner.token));
  const verificationToken = asOwner.data!.verifyOtp.verificationToken!;
  expect((await change(thief.token, { newPhone, verificationToken })).code).toBe('OTP_EXPIRED');
  expect((await change(owner.token, { newPhone, verificationToken })).code).toBeNull();
  expect(await phoneOf(thief.token)).toBe(thief.phone);
});

test('a code of another purpose moves no phone', async () => {
  const { token, phone } = await registerUser(server);
  const newPhone = freshPhone();
  const verificationToken = await proveDestination(server, newPhone);
  expect((await change(token, { newPhone, verificationToken })).code).toBe('OTP_EXPIRED');
  server.clock.advance(31_000);
  const otpCode = await sendCode(server, newPhone);
  expect((await change(token, { newPhone, otpCode })).code).toBe('OTP_EXPIRED');
  expect(await phoneOf(token)).toBe(phone);
});

test("somebody else's number gets its code, is never taken, and the code lives on for when it is free", async () => {
  const [holder, other] = [await registerUser(server), await registerUser(server)];
  server.clock.advance(31_000);
  const shapes = [];
  for (const to of [holder.phone, freshPhone()]) {
    const sent = await server.run(SendOtpDocument, { input: { to, purpose } }, bearer(other.token));
    const { challengeId, ...seen } = sent.data!.sendOtp;
    shapes.push({ ...seen, to: 'TO', challengeId: challengeId.length });
  }
  expect(shapes[0]).toEqual(shapes[1]);
  const otpCode = (await server.inbox(holder.phone))[0]!.code;
  const input = { newPhone: holder.phone, otpCode };
  expect((await change(other.token, input)).code).toBe('ACCOUNT_EXISTS');
  expect((await change(other.token, input)).code).toBe('ACCOUNT_EXISTS');
  expect([await phoneOf(holder.token), await phoneOf(other.token)]).toEqual([holder.phone, other.phone]);
  const { password } = holder;
  await server.run(DeleteAccountDocument, { input: { password } }, bearer(holder.token));
  expect((await change(other.token, input)).code).toBeNull();
});

test('a third refusal ends the code', async () => {
  const [holder, other] = [await registerUser(server), await registerUser(server)];
  server.clock.advance(31_000);
  const input = { newPhone: holder.phone, otpCode: await sendTo(other.token, holder.phone) };
  for (let answer = 0; answer < 3; answer += 1) expect((await change(other.token, input)).code).toBe('ACCOUNT_EXISTS');
  expect((await change(other.token, input)).code).toBe('OTP_EXPIRED');
});

test('an account that is suspended between start and completion is not moved', async () => {
  const { token, email, phone } = await registerUser(server);
  const newPhone = freshPhone();
  const otpCode = await sendTo(token, newPhone);
  await server.db.collection('users').updateOne({ email }, { $set: { suspendedAt: new Date() } });
  expect((await change(token, { newPhone, otpCode })).code).toBe('UNAUTHENTICATED');
  expect(await server.db.collection('users').countDocuments({ email, phone })).toBe(1);
});

test('50 parallel uses of one code are one change', async () => {
  const { token } = await registerUser(server);
  const newPhone = freshPhone();
  const otpCode = await sendTo(token, newPhone);
  const answers = await volley(PARALLEL, () => change(token, { newPhone, otpCode }));
  const { OK, ...others } = tally(answers);
  expect(OK).toBe(1);
  // The losers: in use, used up, or the change is there to be seen already.
  for (const code of Object.keys(others))
    expect(['SERVICE_UNAVAILABLE', 'OTP_EXPIRED', 'BAD_USER_INPUT']).toContain(code);
  expect(await phoneOf(token)).toBe(newPhone);
});

test('parallel changes of one password are one change, and it is the one that is answered', async () => {
  const { token, email, password } = await registerUser(server);
  const answers = await volley(10, (index) =>
    server.run(
      ChangePasswordDocument,
      { input: { currentPassword: password, newPassword: `another password ${index}` } },
      bearer(token),
    ),
  );
  expect(tally(answers)['OK']).toBe(1);
  const { authVersion } = (await server.db.collection('users').findOne({ email }))!;
  expect(authVersion).toBe(1);
});

test('parallel deletions are one deletion', async () => {
  const { token, email, password } = await registerUser(server);
  const answers = await volley(10, () => server.run(DeleteAccountDocument, { input: { password } }, bearer(token)));
  expect(tally(answers)['OK']).toBe(1);
  expect(await server.db.collection('users').countDocuments({ email })).toBe(0);
});
