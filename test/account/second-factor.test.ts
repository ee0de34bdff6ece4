// Switching second factors on and off: what each needs, what it ends, and whom it tells (DESIGN sections 3 and 7).
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  ConfirmAuthenticatorDocument,
  DisableSecondFactorWithOtpDocument,
  EnableSecondFactorWithOtpDocument,
  EnrollAuthenticatorDocument,
  LoginDocument,
  LoginWithOtpDocument,
  MeDocument,
  VerifyOtpDocument,
} from '../../web/generated/operations.ts';
import {
  authenticatorApp,
  bearer,
  firstStep,
  nextCode,
  tokenOf,
  userWithAuthenticator,
  stepUpCode,
  userWithFactor,
  type Registered,
} from '../support/accounts.ts';
import { registerUser, sendCode, wrongCode } from '../support/codes.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '1000' });
});
afterAll(() => server.close());

type Input = { password: string; otpCode?: string; verificationToken?: string };
const enable = (token: string, input: Input) => server.run(EnableSecondFactorWithOtpDocument, { input }, bearer(token));
const disable = (token: string, input: Input) =>
  server.run(DisableSecondFactorWithOtpDocument, { input }, bearer(token));
const enroll = (token: string, input: Input) => server.run(EnrollAuthenticatorDocument, { input }, bearer(token));
const confirm = (token: string, otpCode: string) =>
  server.run(ConfirmAuthenticatorDocument, { otpCode }, bearer(token));
const me = async (token: string) => (await server.run(MeDocument, {}, bearer(token))).data?.me ?? null;
const stored = (email: string) => server.db.collection('users').findOne({ email });
const notices = async (to: string) =>
  JSON.stringify(await (await fetch(`${server.url}/dev/notices.json?to=${encodeURIComponent(to)}`)).json());

/** A code to the user's own phone, after the cool-down of the one that registered it. */
async function phoneCode(user: Registered): Promise<string> {
  server.clock.advance(31_000);
  return sendCode(server, user.phone);
}

async function otherSession({ email, password }: Registered): Promise<string> {
  return tokenOf((await server.run(LoginDocument, { input: { email, password } })).data?.login)!;
}

describe('codes by message', () => {
  test('are switched on by password and code: ten recovery codes, other sessions end, the owner is told', async () => {
    const user = await registerUser(server, { verifiedEmail: true });
    const other = await otherSession(user);
    const answer = await enable(user.token, { password: user.password, otpCode: await phoneCode(user) });
    const { recoveryCodes, user: after } = answer.data!.enableSecondFactorWithOtp;
    expect(after.twoFactorEnabled).toBe(true);
    expect(new Set(recoveryCodes).size).toBe(10);
    for (const code of recoveryCodes) expect(code).toMatch(/^([0-9a-hjkmnp-tv-z]{4}-){3}[0-9a-hjkmnp-tv-z]{4}$/);
    expect(await me(user.token)).not.toBeNull();
    expect(await me(other)).toBeNull();
    for (const to of [user.email, user.phone]) expect(await notices(to)).toContain('SECOND_FACTOR_ENABLED');
    const dump = JSON.stringify(await stored(user.email));
    for (const code of recoveryCodes) expect(dump).not.toContain(code.replaceAll('-', ''));
  });

  test('take the token of verifyOtp in place of the code', async () => {
    const user = await registerUser(server, { verifiedEmail: true });
    const verified = await server.run(VerifyOtpDocument, { input: { to: user.phone, code: await phoneCode(user) } });
    const verificationToken = verified.data!.verifyOtp.verificationToken!;
    expect((await enable(user.token, { password: user.password, verificationToken })).code).toBeNull();
  });

  test('need a verified e-mail address, the password, and the right code; a refusal costs nothing', async () => {
    const unverified = await registerUser(server);
    const code = await phoneCode(unverified);
    expect((await enable(unverified.token, { password: unverified.password, otpCode: code })).code).toBe('FORBIDDEN');

    const user = await registerUser(server, { verifiedEmail: true });
    const otpCode = await phoneCode(user);
    const wrongPassword = await enable(user.token, { password: 'not the password', otpCode });
    expect(wrongPassword.errors[0]?.extensions).toMatchObject({ code: 'INVALID_CREDENTIALS', field: 'password' });
    const wrong = await enable(user.token, { password: user.password, otpCode: wrongCode(otpCode) });
    expect(wrong.errors[0]?.extensions).toMatchObject({ code: 'OTP_INVALID', field: 'otpCode' });
    expect((await enable(user.token, { password: user.password })).errors[0]?.extensions.field).toBe('otpCode');
    expect((await me(user.token))?.twoFactorEnabled).toBe(false);
    expect((await enable(user.token, { password: user.password, otpCode })).code).toBeNull();
  });

  test('need a session', async () => {
    for (const answer of [
      await enable('no.good.token', { password: 'x', otpCode: '123456' }),
      await disable('no.good.token', { password: 'x', otpCode: '123456' }),
      await enroll('no.good.token', { password: 'x' }),
      await confirm('no.good.token', '123456'),
    ])
      expect(answer.code).toBe('UNAUTHENTICATED');
  });

  test('once on, asked for again, make new recovery codes and void the old', async () => {
    const user = await userWithFactor(server);
    const again = await enable(user.token, { password: user.password, otpCode: await stepUpCode(server, user) });
    const fresh = again.data!.enableSecondFactorWithOtp.recoveryCodes;
    const use = async (otpCode: string) => {
      const { loginTicket } = await firstStep(server, user);
      return (await server.run(LoginWithOtpDocument, { input: { loginTicket, otpCode } })).code;
    };
    expect(await use(user.recoveryCodes[0]!)).toBe('OTP_INVALID');
    expect(await use(fresh[0]!)).toBeNull();
  });

  test('are switched off by password and code, or by a recovery code', async () => {
    const user = await userWithFactor(server);
    expect((await disable(user.token, { password: user.password })).errors[0]?.extensions.field).toBe('otpCode');
    expect((await disable(user.token, { password: 'not it', otpCode: user.recoveryCodes[0]! })).code).toBe(
      'INVALID_CREDENTIALS',
    );
    const answer = await disable(user.token, { password: user.password, otpCode: user.recoveryCodes[0]! });
    expect(answer.data?.disableSecondFactorWithOtp).toMatchObject({
      recoveryCodes: [],
      user: { twoFactorEnabled: false },
    });
    expect(await otherSession(user)).not.toBeNull();
    expect(await notices(user.email)).toContain('SECOND_FACTOR_DISABLED');
    expect((await disable(user.token, { password: user.password, otpCode: '123456' })).code).toBe('FORBIDDEN');
  });
});

describe('an authenticator app', () => {
  test('is enrolled with a URI, a QR code and a secret, which is kept sealed', async () => {
    const user = await registerUser(server, { verifiedEmail: true });
    const { otpauthUri, qrCodeSvg, secret } = (await enroll(user.token, { password: user.password })).data!
      .enrollAuthenticator;
    const uri = new URL(otpauthUri);
    expect([uri.protocol, uri.host]).toEqual(['otpauth:', 'totp']);
    expect(decodeURIComponent(uri.pathname)).toContain(user.email);
    expect(uri.searchParams.get('secret')).toBe(secret);
    expect(qrCodeSvg).toMatch(/^<svg[\s\S]*<\/svg>$/);
    expect(JSON.stringify(await stored(user.email))).not.toContain(secret);
    expect((await me(user.token))?.twoFactorEnabled).toBe(false);
  });

  test('counts from its first code on; then codes by message do not complete a sign-in', async () => {
    const user = await registerUser(server, { verifiedEmail: true });
    expect((await confirm(user.token, '123456')).code).toBe('OTP_EXPIRED');
    const { secret } = (await enroll(user.token, { password: user.password })).data!.enrollAuthenticator;
    const app = authenticatorApp(server, secret);
    const wrong = await confirm(user.token, wrongCode(app.code()));
    expect(wrong.errors[0]?.extensions).toMatchObject({ code: 'OTP_INVALID', field: 'otpCode' });
    const confirmed = await confirm(user.token, app.code());
    expect(confirmed.data?.confirmAuthenticator.recoveryCodes).toHaveLength(10);
    const { loginTicket } = await firstStep(server, user);
    const replayed = await server.run(LoginWithOtpDocument, { input: { loginTicket, otpCode: app.code() } });
    expect(replayed.code).toBe('OTP_INVALID');
  });

  test('takes its first code for ten minutes', async () => {
    const user = await registerUser(server, { verifiedEmail: true });
    const enrolled = (await enroll(user.token, { password: user.password })).data!.enrollAuthenticator;
    const app = authenticatorApp(server, enrolled.secret);
    server.clock.set(new Date(enrolled.expiresAt).getTime());
    expect((await confirm(user.token, app.code())).code).toBe('OTP_EXPIRED');
    server.clock.advance(-1);
    expect((await confirm(user.token, app.code())).code).toBeNull();
  });

  test.each([
    [-60_000, 'OTP_INVALID'],
    [-30_000, null],
    [0, null],
    [30_000, null],
    [60_000, 'OTP_INVALID'],
  ])('a code of a clock that is %i ms off answers %s', async (shift, code) => {
    const user = await userWithAuthenticator(server);
    // Two steps on, so that the step of the confirmation is none of those tried.
    server.clock.advance(60_000);
    const { loginTicket } = await firstStep(server, user);
    const answer = await server.run(LoginWithOtpDocument, { input: { loginTicket, otpCode: user.app.code(shift) } });
    expect(answer.code).toBe(code);
  });

  test('replaces codes by message only with such a code, and is switched off by its own', async () => {
    const user = await userWithFactor(server);
    expect((await enroll(user.token, { password: user.password })).errors[0]?.extensions.field).toBe('otpCode');
    const enrolled = await enroll(user.token, { password: user.password, otpCode: await stepUpCode(server, user) });
    const app = authenticatorApp(server, enrolled.data!.enrollAuthenticator.secret);
    expect((await confirm(user.token, app.code())).code).toBeNull();
    server.clock.advance(30_000);
    const byMessage = await disable(user.token, { password: user.password, otpCode: await phoneCode(user) });
    expect(byMessage.code).toBe('OTP_INVALID');
    expect((await disable(user.token, { password: user.password, otpCode: app.code() })).code).toBeNull();
    expect(await otherSession(user)).not.toBeNull();
  });

  test('enrolled by a recovery code tells the owner of it', async () => {
    const user = await userWithFactor(server);
    expect((await enroll(user.token, { password: user.password, otpCode: user.recoveryCodes[0]! })).code).toBeNull();
    expect(await notices(user.email)).toContain('RECOVERY_CODE_USED');
  });

  test('ends sign-ins that were begun before', async () => {
    const user = await userWithFactor(server);
    server.clock.advance(31_000);
    const before = (await server.inbox(user.phone)).length;
    const { loginTicket } = await firstStep(server, user);
    const otpCode = await nextCode(server, user.phone, before);
    await disable(user.token, { password: user.password, otpCode: user.recoveryCodes[0]! });
    const answer = await server.run(LoginWithOtpDocument, { input: { loginTicket, otpCode } });
    expect(answer.code).toBe('UNAUTHENTICATED');
  });
});
