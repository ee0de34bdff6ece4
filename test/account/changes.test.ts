// DESIGN section 7: a signed-in user proves or changes the e-mail address, changes the password, deletes the account. Each
// change ends the other sessions, tells the destinations of before, and stops sign-ins that were begun before it.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  ChangeEmailWithOtpDocument,
  ChangePasswordDocument,
  DeleteAccountDocument,
  LoginDocument,
  LoginWithOtpDocument,
  MeDocument,
  RegisterWithOtpDocument,
  VerifyEmailWithOtpDocument,
  type ChangeEmailWithOtpInput,
  type ChangePasswordInput,
  type DeleteAccountInput,
} from '../../web/generated/operations.ts';
import { bearer, firstStep, stepUpCode, tokenOf, userWithAuthenticator, userWithFactor } from '../support/accounts.ts';
import { freshEmail, proveDestination, registerUser, sendCode, wrongCode } from '../support/codes.ts';
import { noticesTo } from '../support/notices.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '1000' });
});
afterAll(() => server.close());

const changeEmail = (token: string, input: ChangeEmailWithOtpInput) =>
  server.run(ChangeEmailWithOtpDocument, { input }, bearer(token));
const changePassword = (token: string, input: ChangePasswordInput) =>
  server.run(ChangePasswordDocument, { input }, bearer(token));
const remove = (token: string, input: DeleteAccountInput) =>
  server.run(DeleteAccountDocument, { input }, bearer(token));
const login = (email: string, password: string) => server.run(LoginDocument, { input: { email, password } });
const signIn = async ({ email, password }: { email: string; password: string }) =>
  tokenOf((await login(email, password)).data?.login)!;
const isAlive = async (token: string) => (await server.run(MeDocument, {}, bearer(token))).code === null;

test('a code to the own address verifies it, and the phone is told', async () => {
  const user = await registerUser(server);
  const other = await signIn(user);
  const otpCode = await sendCode(server, user.email, { channel: 'EMAIL' });
  const answer = await server.run(VerifyEmailWithOtpDocument, { input: { otpCode } }, bearer(user.token));
  expect(answer.data?.verifyEmailWithOtp).toEqual({ ...user.user, emailVerified: true });
  expect([await isAlive(user.token), await isAlive(other)]).toEqual([true, false]);
  expect(await noticesTo(server, user.phone, 1)).toEqual(['EMAIL_VERIFIED']);
  expect(await noticesTo(server, user.email)).toEqual([]);
  const again = await server.run(VerifyEmailWithOtpDocument, { input: { otpCode } }, bearer(user.token));
  expect(again.code).toBe('OTP_EXPIRED');
});

test('an address is verified by a token too, never by a code to another address', async () => {
  const user = await registerUser(server);
  const input = { verificationToken: await proveDestination(server, freshEmail(), 'EMAIL') };
  const refused = await server.run(VerifyEmailWithOtpDocument, { input }, bearer(user.token));
  expect([refused.code, refused.errors[0]?.extensions.field]).toEqual(['OTP_EXPIRED', 'verificationToken']);
  const verificationToken = await proveDestination(server, user.email, 'EMAIL');
  const answer = await server.run(VerifyEmailWithOtpDocument, { input: { verificationToken } }, bearer(user.token));
  expect(answer.data?.verifyEmailWithOtp.emailVerified).toBe(true);
});

test('an address that its owner proved elsewhere meanwhile is not verified here', async () => {
  const squatter = await registerUser(server);
  const otpCode = await sendCode(server, squatter.email, { channel: 'EMAIL' });
  await server.db
    .collection('users')
    .updateOne({ email: squatter.email }, { $set: { email: `unproven-${squatter.user.id}@released.invalid` } });
  const answer = await server.run(VerifyEmailWithOtpDocument, { input: { otpCode } }, bearer(squatter.token));
  expect(answer.code).toBe('OTP_EXPIRED');
});

test('password and code move the account to another address, which the old destinations are told', async () => {
  const user = await registerUser(server, { verifiedEmail: true });
  const other = await signIn(user);
  const newEmail = freshEmail();
  const otpCode = await sendCode(server, newEmail, { channel: 'EMAIL' });
  const { password, token } = user;
  const answer = await changeEmail(token, { newEmail: ` ${newEmail.toUpperCase()}`, password, otpCode });
  expect(answer.data?.changeEmailWithOtp).toEqual({ ...user.user, email: newEmail, emailVerified: true });
  expect([await isAlive(token), await isAlive(other)]).toEqual([true, false]);
  expect(await noticesTo(server, user.email, 1)).toEqual(['EMAIL_CHANGED']);
  expect(await noticesTo(server, user.phone, 1)).toEqual(['EMAIL_CHANGED']);
  expect(await noticesTo(server, newEmail)).toEqual([]);
  expect((await login(user.email, password)).code).toBe('INVALID_CREDENTIALS');
  expect(await signIn({ email: newEmail, password })).not.toBeNull();
});

test('a mistyped password costs no code, and the address of another account is answered at most three times', async () => {
  const user = await registerUser(server);
  const { password, token } = user;
  const taken = (await registerUser(server, { verifiedEmail: true })).email;
  server.clock.advance(31_000);
  const otpCode = await sendCode(server, taken, { channel: 'EMAIL' });
  const mistyped = await changeEmail(token, { newEmail: taken, password: 'mistyped', otpCode: wrongCode(otpCode) });
  expect([mistyped.code, mistyped.errors[0]?.extensions.field]).toEqual(['INVALID_CREDENTIALS', 'password']);
  const input = { newEmail: taken, password, otpCode };
  for (let answer = 0; answer < 3; answer += 1) expect((await changeEmail(token, input)).code).toBe('ACCOUNT_EXISTS');
  expect((await changeEmail(token, input)).code).toBe('OTP_EXPIRED');
});

test('whoever proves an address takes it from an account that never did', async () => {
  const squatter = await registerUser(server);
  const owner = await registerUser(server);
  const otpCode = await sendCode(server, squatter.email, { channel: 'EMAIL' });
  const { password, token } = owner;
  const answer = await changeEmail(token, { newEmail: squatter.email, password, otpCode });
  expect(answer.data?.changeEmailWithOtp).toMatchObject({ email: squatter.email, emailVerified: true });
  expect(await isAlive(squatter.token)).toBe(true);
});

test('the own verified address is no new one', async () => {
  const { token, email, password } = await registerUser(server, { verifiedEmail: true });
  const answer = await changeEmail(token, { newEmail: email, password, otpCode: '000000' });
  expect([answer.code, answer.errors[0]?.extensions.field]).toEqual(['BAD_USER_INPUT', 'newEmail']);
});

test('the current password sets a new one; sign-ins that were begun before are over', async () => {
  const user = await userWithFactor(server);
  const { loginTicket } = await firstStep(server, user);
  server.clock.advance(31_000);
  const otpCode = await stepUpCode(server, user);
  const input = { currentPassword: user.password, newPassword: 'another password' };
  expect((await changePassword(user.token, input)).errors[0]?.extensions).toMatchObject({
    code: 'BAD_USER_INPUT',
    field: 'otpCode',
  });
  const answer = await changePassword(user.token, { ...input, otpCode });
  expect(answer.data?.changePassword.id).toBe(user.user.id);
  expect(await noticesTo(server, user.email, 2)).toEqual(['SECOND_FACTOR_ENABLED', 'PASSWORD_CHANGED']);
  expect((await login(user.email, user.password)).code).toBe('INVALID_CREDENTIALS');
  expect((await login(user.email, input.newPassword)).code).toBeNull();
  const late = await server.run(LoginWithOtpDocument, { input: { loginTicket, otpCode: user.recoveryCodes[0]! } });
  expect(late.code).toBe('UNAUTHENTICATED');
});

test('a new password without a second factor needs the current one only, and ends the other sessions', async () => {
  const user = await registerUser(server);
  const other = await signIn(user);
  const input = { currentPassword: user.password, newPassword: 'another password' };
  expect((await changePassword(user.token, input)).code).toBeNull();
  expect([await isAlive(user.token), await isAlive(other)]).toEqual([true, false]);
  expect(await noticesTo(server, user.phone, 1)).toEqual(['PASSWORD_CHANGED']);
});

test('a recovery code or the authenticator proves the second factor, each once', async () => {
  const user = await userWithAuthenticator(server);
  const [first, second] = ['another password', 'yet another password'];
  const otpCode = user.app.code();
  const byApp = { currentPassword: user.password, newPassword: first, otpCode };
  expect((await changePassword(user.token, byApp)).code).toBeNull();
  const replayed = { currentPassword: first, newPassword: second, otpCode };
  expect((await changePassword(user.token, replayed)).code).toBe('OTP_INVALID');
  const byRecoveryCode = { ...replayed, otpCode: user.recoveryCodes[0]! };
  expect((await changePassword(user.token, byRecoveryCode)).code).toBeNull();
  expect((await noticesTo(server, user.phone, 4)).slice(-1)).toEqual(['RECOVERY_CODE_USED']);
});

test('a weak, equal or unproven password is refused, with the field', async () => {
  const { token, password } = await registerUser(server);
  const refused = async (currentPassword: string, newPassword: string) => {
    const { code, errors } = await changePassword(token, { currentPassword, newPassword });
    return [code, errors[0]?.extensions.field];
  };
  expect(await refused('wrong password', 'short')).toEqual(['WEAK_PASSWORD', 'newPassword']);
  expect(await refused(password, password)).toEqual(['BAD_USER_INPUT', 'newPassword']);
  expect(await refused('caf\u00e9 au lait', 'cafe\u0301 au lait')).toEqual(['BAD_USER_INPUT', 'newPassword']);
  expect(await refused('wrong password', 'another password')).toEqual(['INVALID_CREDENTIALS', 'currentPassword']);
  expect(await isAlive(token)).toBe(true);
});

test('a deleted account is gone: user, sessions, tickets; its address and phone are free at once', async () => {
  const user = await userWithFactor(server);
  await firstStep(server, user);
  server.clock.advance(31_000);
  const otpCode = await stepUpCode(server, user);
  const { password } = user;
  expect((await remove(user.token, { password: 'wrong password', otpCode })).errors[0]?.extensions).toMatchObject({
    code: 'INVALID_CREDENTIALS',
    field: 'password',
  });
  expect((await remove(user.token, { password })).errors[0]?.extensions.field).toBe('otpCode');
  const answer = await remove(user.token, { password, otpCode });
  expect(answer.data?.deleteAccount.message).toBe('Account deleted');
  expect(await isAlive(user.token)).toBe(false);
  expect((await login(user.email, password)).code).toBe('INVALID_CREDENTIALS');
  for (const to of [user.email, user.phone])
    expect((await noticesTo(server, to, 2)).slice(-1)).toEqual(['ACCOUNT_DELETED']);
  await expectNoTraceOf(user);
  server.clock.advance(31_000);
  const emailVerificationToken = await proveDestination(server, user.email, 'EMAIL');
  const again = { email: user.email, phone: user.phone, password, emailVerificationToken };
  const registered = await server.run(RegisterWithOtpDocument, {
    input: { ...again, otpCode: await sendCode(server, user.phone) },
  });
  expect(registered.data?.registerWithOtp.user).toMatchObject({ email: user.email, twoFactorEnabled: false });
});

/** The user's id may be left in codes that end by themselves; address, phone and everything with the id else is gone. */
async function expectNoTraceOf({ email, phone, user: { id } }: Awaited<ReturnType<typeof userWithFactor>>) {
  for (const { name } of await server.db.listCollections().toArray()) {
    const text = JSON.stringify(await server.db.collection(name).find().toArray());
    expect(text).not.toContain(email);
    expect(text).not.toContain(phone);
    if (name !== 'challenges') expect([name, text.includes(id)]).toEqual([name, false]);
  }
}

test('an account without a second factor is deleted by its password', async () => {
  const { token, password } = await registerUser(server);
  expect((await remove(token, { password })).code).toBeNull();
  expect(await isAlive(token)).toBe(false);
});

test('each change is refused without a session, and for an account that was suspended meanwhile', async () => {
  const { token, email, password } = await registerUser(server);
  const everything = (headers: Record<string, string>) => [
    server.run(VerifyEmailWithOtpDocument, { input: { otpCode: '000000' } }, headers),
    server.run(ChangeEmailWithOtpDocument, { input: { newEmail: freshEmail(), password, otpCode: '000000' } }, headers),
    server.run(ChangePasswordDocument, { input: { currentPassword: password, newPassword: 'another one' } }, headers),
    server.run(DeleteAccountDocument, { input: { password } }, headers),
  ];
  for (const answer of await Promise.all(everything({}))) expect(answer.code).toBe('UNAUTHENTICATED');
  await server.db.collection('users').updateOne({ email }, { $set: { suspendedAt: new Date() } });
  for (const answer of await Promise.all(everything(bearer(token)))) expect(answer.code).toBe('UNAUTHENTICATED');
  expect(await server.db.collection('users').countDocuments({ email })).toBe(1);
});
