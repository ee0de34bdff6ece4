// A phone number is lent, not owned (docs/adr/0046-recycled-numbers.md): networks give it to somebody else. It stands for its
// owner for PHONE_TRUST_DAYS after a code that was read there has served the account; later a code at the phone alone neither
// signs in nor resets nor recovers, and nothing that a stranger is answered tells of it (invariant 8). Who proves a number
// whose account has not been used for as long can register with it, and takes nothing of that account but the number.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  ChangePasswordDocument,
  LoginDocument,
  LoginWithOtpDocument,
  MeDocument,
  RecoverAccountWithOtpDocument,
  RegisterWithOtpDocument,
  RequestPasswordResetLinkDocument,
  ResetPasswordWithOtpDocument,
  SendOtpDocument,
  VerifyOtpDocument,
  type OtpPurpose,
} from '../../web/generated/operations.ts';
import {
  bearer,
  claimsOf,
  firstStep,
  nextCode,
  pendingOf,
  stepUpCode,
  tokenOf,
  userWithFactor,
} from '../support/accounts.ts';
import { freshEmail, freshPhone, registerUser, wrongCode } from '../support/codes.ts';
import { noticesTo } from '../support/notices.ts';
import { codeFor, confirm, payer } from '../support/payments.ts';
import { startServer, type TestServer } from '../support/server.ts';

const DAY_MS = 86_400_000;
const TRUST_MS = 180 * DAY_MS;
const password = 'securepassword';

let server: TestServer;
let forEver: TestServer;
let withoutPhone: TestServer;
beforeAll(async () => {
  const start = (environment: Record<string, string> = {}) => startServer({ RATE_LIMIT_SCALE: '1000', ...environment });
  server = await start();
  forEver = await start({ PHONE_TRUST_DAYS: '0' });
  withoutPhone = await start({ PHONE_LOGIN: 'false' });
});
afterAll(() => Promise.all([server.close(), forEver.close(), withoutPhone.close()]));

/** A code of this purpose at the destination, read by whoever has it. */
async function codeAt(to: string, purpose: OtpPurpose, at = server): Promise<string> {
  at.clock.advance(31_000);
  const before = (await at.inbox(to)).length;
  const channel = to.includes('@') ? ('EMAIL' as const) : ('SMS' as const);
  const sent = await at.run(SendOtpDocument, { input: { to, purpose, channel } });
  if (sent.code) throw new Error(`sendOtp answered ${sent.code}`);
  return nextCode(at, to, before);
}
const signIn = (input: { to: string; otpCode: string; password?: string }, at = server) =>
  at.run(LoginWithOtpDocument, { input });
const byPhone = async (phone: string, at = server) =>
  signIn({ to: phone, otpCode: await codeAt(phone, 'LOGIN', at) }, at);
const reset = async (user: { email: string; phone: string }, newPassword: string) =>
  server.run(ResetPasswordWithOtpDocument, {
    input: { email: user.email, phone: user.phone, otpCode: await codeAt(user.phone, 'PASSWORD_RESET'), newPassword },
  });
const storedUser = (email: string) => server.db.collection('users').findOne({ email });

describe('a code at a phone whose trust has lapsed', () => {
  test('signs nobody in alone: a code at the proven address completes it, and the phone is trusted again', async () => {
    const user = await registerUser(server, { verifiedEmail: true });
    server.clock.advance(TRUST_MS);
    const before = (await server.inbox(user.email)).length;
    const pending = pendingOf((await byPhone(user.phone)).data?.loginWithOtp);
    expect(pending).toMatchObject({ method: 'CODE', channel: 'EMAIL' });
    expect(pending.to).not.toBe(user.email);
    expect(pending.to).toContain('*');
    const otpCode = await nextCode(server, user.email, before);
    const { loginTicket } = pending;
    const wrong = await server.run(LoginWithOtpDocument, { input: { loginTicket, otpCode: wrongCode(otpCode) } });
    expect(wrong.code).toBe('OTP_INVALID');
    const done = await server.run(LoginWithOtpDocument, { input: { loginTicket, otpCode } });
    expect(tokenOf(done.data?.loginWithOtp)).not.toBeNull();
    expect(tokenOf((await byPhone(user.phone)).data?.loginWithOtp)).not.toBeNull();
  });

  test('and a password that was reset by a code there are no two factors', async () => {
    const user = await registerUser(server, { verifiedEmail: true });
    expect((await reset(user, 'another password')).code).toBeNull();
    const sign = async (to: string) => {
      const answer = await signIn({ to, otpCode: await codeAt(to, 'LOGIN'), password: 'another password' });
      return claimsOf(tokenOf(answer.data?.loginWithOtp)!)['amr'];
    };
    expect(await sign(user.phone)).toEqual(['pwd', 'otp']);
    expect(await sign(user.email)).toEqual(['pwd', 'otp', 'mfa']);
  });

  test('signs in with the password beside it; a wrong one leaves the code', async () => {
    const user = await registerUser(server, { verifiedEmail: true });
    server.clock.advance(TRUST_MS);
    const otpCode = await codeAt(user.phone, 'LOGIN');
    const to = user.phone;
    expect((await signIn({ to, otpCode, password: 'wrong password' })).errors[0]?.extensions).toMatchObject({
      code: 'INVALID_CREDENTIALS',
      field: 'password',
    });
    expect(tokenOf((await signIn({ to, otpCode, password })).data?.loginWithOtp)).not.toBeNull();
    expect(tokenOf((await byPhone(user.phone)).data?.loginWithOtp)).not.toBeNull();
  });

  test('needs the password where no address is proven, and says so to whoever reads there', async () => {
    const { phone: to } = await registerUser(server);
    server.clock.advance(TRUST_MS);
    const otpCode = await codeAt(to, 'LOGIN');
    const answer = await signIn({ to, otpCode });
    expect(answer.errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'password' });
    expect(tokenOf((await signIn({ to, otpCode, password })).data?.loginWithOtp)).not.toBeNull();
  });

  test('lapses after 180 days, to the millisecond', async () => {
    const user = await registerUser(server, { verifiedEmail: true });
    const { phoneVerifiedAt } = (await storedUser(user.email)) as unknown as { phoneVerifiedAt: Date };
    server.clock.set(phoneVerifiedAt.getTime() + TRUST_MS - 1 - 31_000);
    const otpCode = await codeAt(user.phone, 'LOGIN');
    server.clock.advance(1);
    pendingOf((await signIn({ to: user.phone, otpCode })).data?.loginWithOtp);
    const other = await registerUser(server, { verifiedEmail: true });
    const since = ((await storedUser(other.email)) as unknown as { phoneVerifiedAt: Date }).phoneVerifiedAt;
    server.clock.set(since.getTime() + TRUST_MS - 1 - 31_000);
    expect(tokenOf((await byPhone(other.phone)).data?.loginWithOtp)).not.toBeNull();
  });

  test('resets and recovers nothing: none is sent; the address still resets', async () => {
    const user = await registerUser(server, { verifiedEmail: true });
    const early = await codeAt(user.phone, 'PASSWORD_RESET');
    server.clock.advance(TRUST_MS);
    const before = (await server.inbox(user.phone)).length;
    for (const purpose of ['PASSWORD_RESET', 'ACCOUNT_RECOVERY'] as const)
      expect((await server.run(SendOtpDocument, { input: { to: user.phone, purpose } })).code).toBeNull();
    expect((await server.inbox(user.phone)).length).toBe(before);
    const { email, phone } = user;
    const byPhoneCode = { email, phone, otpCode: early, newPassword: 'another password' };
    // It expired long ago, and what stands there now is a decoy.
    expect((await server.run(ResetPasswordWithOtpDocument, { input: byPhoneCode })).code).toBe('OTP_INVALID');
    const otpCode = await codeAt(email, 'PASSWORD_RESET');
    const byEmail = { email, otpCode, newPassword: 'another password' };
    expect((await server.run(ResetPasswordWithOtpDocument, { input: byEmail })).code).toBeNull();
  });

  test('recovers nothing by a code of just before, which the password stands beside', async () => {
    const user = await registerUser(server);
    const { phoneVerifiedAt } = (await storedUser(user.email)) as unknown as { phoneVerifiedAt: Date };
    server.clock.set(phoneVerifiedAt.getTime() + TRUST_MS - 60_000 - 31_000);
    const otpCode = await codeAt(user.phone, 'ACCOUNT_RECOVERY');
    const newPhone = freshPhone();
    const newPhoneOtpCode = await codeAt(newPhone, 'VERIFICATION');
    const input = { email: user.email, password, to: user.phone, otpCode, newPhone, newPhoneOtpCode };
    server.clock.advance(29_000);
    expect((await server.run(RecoverAccountWithOtpDocument, { input })).code).toBe('OTP_INVALID');
    expect(await storedUser(user.email)).toMatchObject({ phone: user.phone });
  });

  test('a reset code of just before, too: what counts is when it is spent', async () => {
    const user = await registerUser(server);
    const { phoneVerifiedAt } = (await storedUser(user.email)) as unknown as { phoneVerifiedAt: Date };
    server.clock.set(phoneVerifiedAt.getTime() + TRUST_MS - 60_000 - 31_000);
    const otpCode = await codeAt(user.phone, 'PASSWORD_RESET');
    server.clock.advance(60_000);
    const { email, phone } = user;
    const input = { email, phone, otpCode, newPassword: 'another password' };
    expect((await server.run(ResetPasswordWithOtpDocument, { input })).code).toBe('OTP_INVALID');
    expect((await server.run(LoginDocument, { input: { email, password } })).code).toBeNull();
  });
});

test('strangers are answered alike whether a phone is trusted, has lapsed, or is unknown', async () => {
  const lapsed = await registerUser(server, { verifiedEmail: true });
  server.clock.advance(TRUST_MS);
  const trusted = await registerUser(server, { verifiedEmail: true });
  server.clock.advance(31_000);
  const shapes = [];
  for (const to of [lapsed.phone, trusted.phone, freshPhone()]) {
    const answers = [];
    for (const purpose of ['LOGIN', 'PASSWORD_RESET', 'ACCOUNT_RECOVERY'] as const) {
      const sent = await server.run(SendOtpDocument, { input: { to, purpose } });
      answers.push({ ...sent.data!.sendOtp, challengeId: '', to: '' });
      const { data, code } = await server.run(VerifyOtpDocument, { input: { to, purpose, code: '000000' } });
      answers.push(data, code);
    }
    const guess = await signIn({ to, otpCode: '000001', password });
    answers.push(guess.code, { ...guess.errors[0]?.extensions, requestId: '' });
    shapes.push(answers);
  }
  expect(shapes[0]).toEqual(shapes[1]);
  expect(shapes[0]).toEqual(shapes[2]);
});

describe('trust is renewed by a code that was read there and served the account:', () => {
  const uses: Record<string, (user: Awaited<ReturnType<typeof userWithFactor>>) => Promise<void>> = {
    'a second step': async (user) => {
      const before = (await server.inbox(user.phone)).length;
      const { loginTicket } = await firstStep(server, user);
      const otpCode = await nextCode(server, user.phone, before);
      expect((await server.run(LoginWithOtpDocument, { input: { loginTicket, otpCode } })).code).toBeNull();
    },
    'a step-up': async (user) => {
      const before = (await server.inbox(user.phone)).length;
      const { loginTicket } = await firstStep(server, user);
      const first = await nextCode(server, user.phone, before);
      const signedIn = await server.run(LoginWithOtpDocument, { input: { loginTicket, otpCode: first } });
      server.clock.advance(31_000);
      const token = tokenOf(signedIn.data?.loginWithOtp)!;
      const otpCode = await stepUpCode(server, { ...user, token });
      const input = { currentPassword: password, newPassword: 'another password', otpCode };
      expect((await server.run(ChangePasswordDocument, { input }, bearer(token))).code).toBeNull();
    },
  };
  test('a payment', async () => {
    const who = await payer(server);
    server.clock.advance(60_000);
    expect((await confirm(server, who, await codeFor(server, who))).code).toBeNull();
    expect((await storedUser(who.email))!['phoneVerifiedAt'].getTime()).toBe(server.clock.now());
  });

  test.each(Object.keys(uses))('%s', async (name) => {
    const user = await userWithFactor(server);
    server.clock.advance(TRUST_MS - DAY_MS);
    await uses[name]!(user);
    expect((await storedUser(user.email))!['phoneVerifiedAt'].getTime()).toBe(server.clock.now());
  });

  test('a sign-in, and a reset', async () => {
    const user = await registerUser(server);
    for (const use of [() => byPhone(user.phone), () => reset(user, 'another password'), () => byPhone(user.phone)]) {
      server.clock.advance(TRUST_MS - DAY_MS);
      expect((await use()).code).toBeNull();
    }
    expect(tokenOf((await byPhone(user.phone)).data?.loginWithOtp)).not.toBeNull();
  });

  test('not a sign-in by password, nor a code that was checked and not spent', async () => {
    const user = await registerUser(server, { verifiedEmail: true });
    server.clock.advance(TRUST_MS - DAY_MS);
    await server.run(LoginDocument, { input: { email: user.email, password } });
    const code = await codeAt(user.phone, 'VERIFICATION');
    expect((await server.run(VerifyOtpDocument, { input: { to: user.phone, code } })).data?.verifyOtp.valid).toBe(true);
    server.clock.advance(DAY_MS);
    pendingOf((await byPhone(user.phone)).data?.loginWithOtp);
  });
});

describe('a new holder of the number', () => {
  const register = async (phone: string, at = server) => {
    const input = { email: freshEmail(), phone, password, otpCode: await codeAt(phone, 'VERIFICATION', at) };
    return at.run(RegisterWithOtpDocument, { input });
  };

  test('registers with it when its account was not used for as long; that account keeps the rest, and is told', async () => {
    const old = await registerUser(server);
    server.clock.advance(TRUST_MS);
    const registered = await register(old.phone);
    expect(registered.data?.registerWithOtp.user.phone).toBe(old.phone);
    expect(await noticesTo(server, old.email, 1)).toEqual(['PHONE_RELEASED']);
    const login = await server.run(LoginDocument, { input: { email: old.email, password } });
    expect(login.data?.login).toMatchObject({ user: { id: old.user.id, phone: null } });
    const { token } = login.data!.login as { token: string };
    const me = await server.run(MeDocument, {}, bearer(token));
    expect(me.data?.me).toMatchObject({ phone: null, phoneVerified: false });
    // The address was never proven: whoever reads there gets in by no link.
    await server.run(RequestPasswordResetLinkDocument, { input: { email: old.email } });
    expect(await server.db.collection('resetLinks').countDocuments({ 'links.userId': old.user.id })).toBe(0);
  });

  test('does not when somebody signed in there since, by whatever means, or the account is suspended', async () => {
    const [inUse, suspended] = [await registerUser(server), await registerUser(server)];
    server.clock.advance(TRUST_MS - DAY_MS);
    await server.run(LoginDocument, { input: { email: inUse.email, password } });
    await server.db.collection('users').updateOne({ email: suspended.email }, { $set: { suspendedAt: new Date() } });
    server.clock.advance(DAY_MS);
    for (const { phone, email } of [inUse, suspended]) {
      expect((await register(phone)).code).toBe('ACCOUNT_EXISTS');
      expect((await storedUser(email))!['phone']).toBe(phone);
    }
  });

  test('and the old one who signs in at the same moment: one of them has the number', async () => {
    for (let round = 0; round < 5; round += 1) {
      const old = await registerUser(server);
      server.clock.advance(TRUST_MS);
      const [registered, login] = await Promise.all([
        register(old.phone),
        server.run(LoginDocument, { input: { email: old.email, password } }),
      ]);
      expect(await server.db.collection('users').countDocuments({ phone: old.phone })).toBe(1);
      const kept = (await storedUser(old.email))!['phone'] === old.phone;
      expect(registered.code).toBe(kept ? 'ACCOUNT_EXISTS' : null);
      expect([null, 'UNAUTHENTICATED', 'SERVICE_UNAVAILABLE']).toContain(login.code);
    }
  });

  test('takes nothing when the registration fails', async () => {
    const [old, other] = [await registerUser(server), await registerUser(server, { verifiedEmail: true })];
    server.clock.advance(TRUST_MS);
    const otpCode = await codeAt(old.phone, 'VERIFICATION');
    const input = { email: other.email, phone: old.phone, password, otpCode };
    expect((await server.run(RegisterWithOtpDocument, { input })).code).toBe('ACCOUNT_EXISTS');
    expect((await storedUser(old.email))!['phone']).toBe(old.phone);
    expect(await noticesTo(server, old.email)).toEqual([]);
  });

  test('never does with PHONE_TRUST_DAYS=0, where a phone signs in for ever', async () => {
    const old = await registerUser(forEver);
    forEver.clock.advance(20 * 365 * DAY_MS);
    expect((await register(old.phone, forEver)).code).toBe('ACCOUNT_EXISTS');
    expect(tokenOf((await byPhone(old.phone, forEver)).data?.loginWithOtp)).not.toBeNull();
  });
});

test('with PHONE_LOGIN=false no phone signs in alone, however young', async () => {
  const user = await registerUser(withoutPhone, { verifiedEmail: true });
  pendingOf((await byPhone(user.phone, withoutPhone)).data?.loginWithOtp);
  const otpCode = await codeAt(user.phone, 'LOGIN', withoutPhone);
  const withPassword = await signIn({ to: user.phone, otpCode, password }, withoutPhone);
  expect(tokenOf(withPassword.data?.loginWithOtp)).not.toBeNull();
  const byEmail = { to: user.email, otpCode: await codeAt(user.email, 'LOGIN', withoutPhone) };
  expect(tokenOf((await signIn(byEmail, withoutPhone)).data?.loginWithOtp)).not.toBeNull();
});
