// Signing in: by password, by a LOGIN code, and with a second factor (DESIGN section 7, invariants 8 and 13).
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import argon2 from 'argon2';
import bcrypt from 'bcrypt';
import { PasswordHasher } from '../../src/account/password/password.ts';
import { AppError } from '../../src/errors.ts';
import {
  LoginDocument,
  LoginWithOtpDocument,
  MeDocument,
  ResendSecondFactorDocument,
  SendOtpDocument,
  VerifyOtpDocument,
} from '../../web/generated/operations.ts';
import {
  bearer,
  claimsOf,
  firstStep,
  nextCode,
  pendingOf,
  tokenOf,
  userWithAuthenticator,
  userWithFactor,
} from '../support/accounts.ts';
import { freshEmail, freshPhone, registerUser, wrongCode } from '../support/codes.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { sharedMongodUri } from '../support/shared-mongod.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '1000' });
});
afterAll(() => server.close());

const login = (email: string, password: string) => server.run(LoginDocument, { input: { email, password } });
const complete = (loginTicket: string, otpCode: string) =>
  server.run(LoginWithOtpDocument, { input: { loginTicket, otpCode } });
const me = (token: string) => server.run(MeDocument, {}, bearer(token));
const suspend = (email: string) =>
  server.db.collection('users').updateOne({ email }, { $set: { suspendedAt: new Date() } });

/** Sends a LOGIN code and reads it. */
async function loginCode(to: string, channel: 'SMS' | 'EMAIL' = 'SMS'): Promise<string> {
  const before = (await server.inbox(to)).length;
  await server.run(SendOtpDocument, { input: { to, channel, purpose: 'LOGIN' } });
  return nextCode(server, to, before);
}

describe('by password', () => {
  test('opens a session whose token says how and when', async () => {
    const user = await registerUser(server);
    server.clock.advance(5_000);
    const answer = await login(` ${user.email.toUpperCase()} `, user.password);
    const token = tokenOf(answer.data?.login)!;
    expect(claimsOf(token)).toMatchObject({ amr: ['pwd'], auth_time: Math.floor(server.clock.now() / 1000) });
    expect((await me(token)).data?.me?.email).toBe(user.email);
  });

  test('lets in whoever knows it while there is no room to renew an old hash, and renews that next time', async () => {
    const user = await registerUser(server);
    const passwordHash = await bcrypt.hash(user.password, 4);
    await server.db.collection('users').updateOne({ email: user.email }, { $set: { passwordHash } });
    const stored = async () => (await server.db.collection('users').findOne({ email: user.email }))!['passwordHash'];
    // The queue fills between the check and the new hash.
    jest.spyOn(PasswordHasher.prototype, 'hash').mockRejectedValueOnce(new AppError('OVERLOADED'));
    expect(tokenOf((await login(user.email, user.password)).data?.login)).toBeTruthy();
    jest.restoreAllMocks();
    expect(await stored()).toBe(passwordHash);
    expect((await login(user.email, user.password)).code).toBeNull();
    expect(await stored()).toMatch(/^\$argon2id\$/);
  });

  test('answers a wrong password and an unknown address alike', async () => {
    const user = await registerUser(server);
    const wrong = await login(user.email, 'not the password');
    const unknown = await login(freshEmail(), 'not the password');
    expect(wrong.code).toBe('INVALID_CREDENTIALS');
    for (const { errors } of [wrong, unknown]) delete (errors[0]!.extensions as { requestId?: string }).requestId;
    expect(unknown.errors).toEqual(wrong.errors);
    expect(unknown.status).toBe(wrong.status);
  });

  test('tells a suspended account only to who knows the password', async () => {
    const user = await registerUser(server);
    await suspend(user.email);
    expect((await login(user.email, user.password)).code).toBe('FORBIDDEN');
    expect((await login(user.email, 'not the password')).code).toBe('INVALID_CREDENTIALS');
  });

  test('gives a hash of an older cost the cost of today', async () => {
    const user = await registerUser(server);
    const passwordHash = await argon2.hash('an old password', { memoryCost: 1024, timeCost: 2, parallelism: 1 });
    await server.db.collection('users').updateOne({ email: user.email }, { $set: { passwordHash } });
    expect(tokenOf((await login(user.email, 'an old password')).data?.login)).not.toBeNull();
    const stored = await server.db.collection('users').findOne({ email: user.email });
    expect(stored?.['passwordHash']).toContain('$m=19456,');
    expect(tokenOf((await login(user.email, 'an old password')).data?.login)).not.toBeNull();
  });

  test('works with an address that is not verified, and refuses what is no address or empty', async () => {
    const user = await registerUser(server);
    expect(user.user.emailVerified).toBe(false);
    expect(tokenOf((await login(user.email, user.password)).data?.login)).not.toBeNull();
    expect((await login('nobody', user.password)).errors[0]?.extensions).toMatchObject({
      code: 'INVALID_EMAIL',
      field: 'email',
    });
    expect((await login(user.email, '')).code).toBe('INVALID_CREDENTIALS');
    expect((await login(user.email, 'x'.repeat(50_000))).code).toBe('INVALID_CREDENTIALS');
  });
});

describe('by a code', () => {
  test('opens a session, by the code or by the token of verifyOtp', async () => {
    const { phone } = await registerUser(server);
    const otpCode = await loginCode(phone);
    const byCode = await server.run(LoginWithOtpDocument, { input: { to: phone, otpCode } });
    expect(claimsOf(tokenOf(byCode.data?.loginWithOtp)!)).toMatchObject({ amr: ['otp'] });

    server.clock.advance(31_000);
    const code = await loginCode(phone);
    const verified = await server.run(VerifyOtpDocument, { input: { to: phone, code, purpose: 'LOGIN' } });
    const { verificationToken } = verified.data!.verifyOtp;
    const byToken = await server.run(LoginWithOtpDocument, { input: { to: phone, verificationToken } });
    expect(tokenOf(byToken.data?.loginWithOtp)).not.toBeNull();
  });

  test('works by a verified e-mail address, and sends nothing to one that is not verified', async () => {
    const verified = await registerUser(server, { verifiedEmail: true });
    const otpCode = await loginCode(verified.email, 'EMAIL');
    const answer = await server.run(LoginWithOtpDocument, { input: { to: verified.email, otpCode } });
    expect(tokenOf(answer.data?.loginWithOtp)).not.toBeNull();

    const { email } = await registerUser(server);
    expect((await server.run(SendOtpDocument, { input: { to: email, channel: 'EMAIL', purpose: 'LOGIN' } })).code).toBe(
      null,
    );
    // The next message to the other destination is behind it in the same queue of work.
    server.clock.advance(31_000);
    await loginCode(verified.email, 'EMAIL');
    expect(await server.inbox(email)).toEqual([]);
  });

  test('answers unknown and known destinations alike: send, wrong code, and a suspended account', async () => {
    const known = await registerUser(server);
    const suspended = await registerUser(server);
    await suspend(suspended.email);
    const seen = [];
    for (const to of [known.phone, freshPhone(), suspended.phone]) {
      const sent = await server.run(SendOtpDocument, { input: { to, purpose: 'LOGIN' } });
      const wrong = await server.run(LoginWithOtpDocument, { input: { to, otpCode: '000000' } });
      const { challengeId: _id, to: _to, ...shape } = sent.data!.sendOtp;
      const { requestId: _request, ...extensions } = wrong.errors[0]!.extensions;
      seen.push({ shape, extensions, status: [sent.status, wrong.status] });
    }
    expect(seen[0]!.extensions.code).toBe('OTP_INVALID');
    expect(seen[1]).toEqual(seen[0]);
    expect(seen[2]).toEqual(seen[0]);
    expect(await server.inbox(suspended.phone)).toHaveLength(1);
  });

  test('a code for another purpose does not sign in, nor the reverse', async () => {
    const { phone, email } = await registerUser(server);
    await server.run(SendOtpDocument, { input: { to: phone, purpose: 'PASSWORD_RESET' } });
    const reset = await nextCode(server, phone, 1);
    expect((await server.run(LoginWithOtpDocument, { input: { to: phone, otpCode: reset } })).code).toBe('OTP_EXPIRED');
    const code = await loginCode(phone);
    const query = 'mutation($i: ResetPasswordWithOtpInput!) { resetPasswordWithOtp(input: $i) { message } }';
    const i = { email, phone, newPassword: 'another good one', otpCode: code === reset ? wrongCode(code) : code };
    expect((await server.query(query, { i })).code).toBe('OTP_INVALID');
  });

  test.each([
    [{}, 'to'],
    [{ to: '+12025550100', loginTicket: 'x', otpCode: '123456' }, 'to'],
    [{ to: '+12025550100' }, 'otpCode'],
    [{ to: '+12025550100', otpCode: '12345' }, 'otpCode'],
    [{ to: '+12025550100', otpCode: '123456', verificationToken: 'x' }, 'otpCode'],
    [{ loginTicket: 'x' }, 'otpCode'],
    [{ loginTicket: 'x', verificationToken: 'y' }, 'verificationToken'],
    [{ to: { $ne: null }, otpCode: '123456' }, 'to'],
    [{ loginTicket: ['x'], otpCode: '123456' }, 'loginTicket'],
  ])('refuses %j naming %s', async (input, field) => {
    const query = 'mutation($i: LoginWithOtpInput!) { loginWithOtp(input: $i) { __typename } }';
    const answer = await server.query(query, { i: input });
    expect(answer.errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field });
  });
});

describe('with a second factor', () => {
  test('a password leads to a ticket and a code on the phone, both together to a session', async () => {
    const user = await userWithFactor(server);
    const before = (await server.inbox(user.phone)).length;
    const pending = await firstStep(server, user);
    expect(pending).toMatchObject({ method: 'CODE', channel: 'SMS', to: expect.stringMatching(/^\+12\*+\d\d$/) });
    expect(new Date(pending.expiresAt).getTime()).toBe(server.clock.now() + 300_000);
    const otpCode = await nextCode(server, user.phone, before);
    const done = await complete(pending.loginTicket, otpCode);
    const token = tokenOf(done.data?.loginWithOtp)!;
    expect(claimsOf(token)).toMatchObject({ amr: ['pwd', 'otp', 'mfa'] });
    expect((await me(token)).data?.me?.twoFactorEnabled).toBe(true);
    expect((await complete(pending.loginTicket, otpCode)).code).toBe('UNAUTHENTICATED');
  });

  test('a code first is never completed on the same channel: phone asks for e-mail, e-mail for phone', async () => {
    const user = await userWithFactor(server);
    server.clock.advance(31_000);
    const mails = (await server.inbox(user.email)).length;
    const byPhone = await server.run(LoginWithOtpDocument, {
      input: { to: user.phone, otpCode: await loginCode(user.phone) },
    });
    const first = pendingOf(byPhone.data?.loginWithOtp);
    expect(first).toMatchObject({ channel: 'EMAIL', to: expect.stringMatching(/^p\*\*\*@example\.com$/) });
    const done = await complete(first.loginTicket, await nextCode(server, user.email, mails));
    expect(claimsOf(tokenOf(done.data?.loginWithOtp)!)).toMatchObject({ amr: ['otp'] });

    server.clock.advance(31_000);
    const byMail = await server.run(LoginWithOtpDocument, {
      input: { to: user.email, otpCode: await loginCode(user.email, 'EMAIL') },
    });
    expect(pendingOf(byMail.data?.loginWithOtp).channel).toBe('SMS');
  });

  test('no other code of the same phone completes it: VERIFICATION, passwordless LOGIN, another ticket', async () => {
    const user = await userWithFactor(server);
    server.clock.advance(31_000);
    const before = (await server.inbox(user.phone)).length;
    const one = await firstStep(server, user);
    const right = await nextCode(server, user.phone, before);
    const other = await firstStep(server, user);
    const othersCode = await nextCode(server, user.phone, before + 1);
    const codes = [othersCode, await loginCode(user.phone)].filter((code) => code !== right);
    for (const code of codes) expect((await complete(one.loginTicket, code)).code).toBe('OTP_INVALID');
    expect(other.loginTicket).not.toBe(one.loginTicket);
    expect(tokenOf((await complete(one.loginTicket, right)).data?.loginWithOtp)).not.toBeNull();
  });

  test('the code can be sent again after the cool-down; within it the same answer comes and no message', async () => {
    const user = await userWithFactor(server);
    server.clock.advance(31_000);
    const before = (await server.inbox(user.phone)).length;
    const pending = await firstStep(server, user);
    const code = await nextCode(server, user.phone, before);
    const resend = () => server.run(ResendSecondFactorDocument, { loginTicket: pending.loginTicket });
    const { message: _first, ...same } = pending;
    expect((await resend()).data?.resendSecondFactor).toMatchObject(same);
    server.clock.advance(30_000);
    expect((await resend()).code).toBeNull();
    expect(await nextCode(server, user.phone, before + 1)).toBe(code);
    expect(await server.inbox(user.phone)).toHaveLength(before + 2);
    expect((await server.run(ResendSecondFactorDocument, { loginTicket: 'unknown' })).code).toBe('UNAUTHENTICATED');
  });

  test('a wrong code can be corrected; three are the most', async () => {
    const user = await userWithFactor(server);
    server.clock.advance(31_000);
    const before = (await server.inbox(user.phone)).length;
    const { loginTicket } = await firstStep(server, user);
    const code = await nextCode(server, user.phone, before);
    const wrong = await complete(loginTicket, wrongCode(code));
    expect(wrong.errors[0]?.extensions).toMatchObject({
      code: 'OTP_INVALID',
      field: 'otpCode',
      attemptsRemaining: 2,
    });
    await complete(loginTicket, wrongCode(code));
    await complete(loginTicket, wrongCode(code));
    expect((await complete(loginTicket, code)).code).toBe('MAX_ATTEMPTS_REACHED');
  });

  test.each([
    [-1, null],
    [0, 'UNAUTHENTICATED'],
    [1, 'UNAUTHENTICATED'],
  ])('a ticket at its expiry %i ms answers %s', async (beside, code) => {
    const user = await userWithFactor(server);
    server.clock.advance(31_000);
    const before = (await server.inbox(user.phone)).length;
    const { loginTicket, expiresAt } = await firstStep(server, user);
    const otpCode = await nextCode(server, user.phone, before);
    server.clock.set(new Date(expiresAt).getTime() + beside);
    expect((await complete(loginTicket, otpCode)).code).toBe(code);
  });

  test('with an authenticator app nothing is sent, and a code of the app completes it', async () => {
    const user = await userWithAuthenticator(server);
    const before = (await server.inbox(user.phone)).length;
    const pending = await firstStep(server, user);
    expect(pending.method).toBe('AUTHENTICATOR');
    expect((await server.run(ResendSecondFactorDocument, { loginTicket: pending.loginTicket })).code).toBe('FORBIDDEN');
    expect((await complete(pending.loginTicket, wrongCode(user.app.code()))).code).toBe('OTP_INVALID');
    const done = await complete(pending.loginTicket, user.app.code());
    expect(claimsOf(tokenOf(done.data?.loginWithOtp)!)).toMatchObject({ amr: ['pwd', 'otp', 'mfa'] });
    expect(await server.inbox(user.phone)).toHaveLength(before);
  });

  test('a recovery code completes it once, typed in any spelling', async () => {
    const user = await userWithAuthenticator(server);
    const [code] = user.recoveryCodes;
    const first = await firstStep(server, user);
    const done = await complete(first.loginTicket, ` ${code!.toUpperCase().replaceAll('-', ' ')} `);
    expect(tokenOf(done.data?.loginWithOtp)).not.toBeNull();
    const second = await firstStep(server, user);
    expect((await complete(second.loginTicket, code!)).code).toBe('OTP_INVALID');
    const notices = await fetch(`${server.url}/dev/notices.json?to=${encodeURIComponent(user.email)}`);
    expect(JSON.stringify(await notices.json())).toContain('RECOVERY_CODE_USED');
  });
});

describe('an authenticator app needs no channel', () => {
  test.each(['EMAIL', 'SMS'])('where %s is the only one that is configured', async (channels) => {
    const everything = await startServer({ RATE_LIMIT_SCALE: '1000' });
    const secrets = { OTP_SECRET: 'o'.repeat(40), JWT_SECRET_KEY: 'j'.repeat(40) };
    const uri = sharedMongodUri(everything.db.databaseName);
    const wide = await startServer({ RATE_LIMIT_SCALE: '1000', MONGODB_URI: uri, ...secrets });
    const user = await userWithAuthenticator(wide);
    const clock = wide.clock;
    const narrow = await startServer({ MONGODB_URI: uri, OTP_CHANNELS: channels, ...secrets }, clock);
    const [to, channel] = channels === 'EMAIL' ? [user.email, 'EMAIL' as const] : [user.phone, 'SMS' as const];
    const before = (await narrow.inbox(to)).length;
    await narrow.run(SendOtpDocument, { input: { to, channel, purpose: 'LOGIN' } });
    const otpCode = await nextCode(narrow, to, before);
    const first = await narrow.run(LoginWithOtpDocument, { input: { to, otpCode } });
    const { loginTicket, method } = pendingOf(first.data?.loginWithOtp);
    expect(method).toBe('AUTHENTICATOR');
    const done = await narrow.run(LoginWithOtpDocument, { input: { loginTicket, otpCode: user.app.code() } });
    expect(tokenOf(done.data?.loginWithOtp)).not.toBeNull();
    await Promise.all([narrow.close(), wide.close()]);
    await everything.close();
  });
});
