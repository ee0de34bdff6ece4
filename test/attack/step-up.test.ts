// Invariants 12 and 13 (DESIGN section 4): whatever changes how an account is entered, and its deletion, asks for what the
// login takes: the password and, where one is on, the second factor. A session alone, however young, moves nothing. The
// factor's code is a STEP_UP code: it goes only to where the factor's codes go, fits only the session that asked for it, and
// is spent by such a change alone; a VERIFICATION code, which anybody can have sent, is no second factor.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  ChangeEmailWithOtpDocument,
  ChangePasswordDocument,
  ChangePhoneWithOtpDocument,
  DeleteAccountDocument,
  DisableSecondFactorWithOtpDocument,
  EnableSecondFactorWithOtpDocument,
  EnrollAuthenticatorDocument,
  LoginWithOtpDocument,
  MeDocument,
  RevokeAllSessionsDocument,
  SendOtpDocument,
  VerifyOtpDocument,
} from '../../web/generated/operations.ts';
import {
  bearer,
  firstStep,
  nextCode,
  stepUpCode,
  tokenOf,
  userWithAuthenticator,
  userWithFactor,
} from '../support/accounts.ts';
import { freshEmail, freshPhone, registerUser, sendCode } from '../support/codes.ts';
import { from, startServer, type TestServer } from '../support/server.ts';
import { freshIp, tally, volley } from './volley.ts';

let server: TestServer;
let scaled: TestServer;
beforeAll(async () => {
  [server, scaled] = [await startServer({ RATE_LIMIT_SCALE: '1000' }), await startServer()];
});
afterAll(() => Promise.all([server.close(), scaled.close()]));

const password = 'securepassword';
const newPassword = 'another password';
interface SignedIn {
  readonly token: string;
  readonly phone: string;
  readonly email: string;
}

/** Each change, with the second factor's code or without. */
const CHANGES = {
  changePhoneWithOtp: async ({ token }: SignedIn, pwd: string, factorCode?: string) => {
    const newPhone = freshPhone();
    const otpCode = await sendCode(server, newPhone, { purpose: 'PHONE_CHANGE', headers: bearer(token) });
    const input = { newPhone, password: pwd, otpCode, factorCode };
    return server.run(ChangePhoneWithOtpDocument, { input }, bearer(token));
  },
  changeEmailWithOtp: async ({ token }: SignedIn, pwd: string, factorCode?: string) => {
    const newEmail = freshEmail();
    const otpCode = await sendCode(server, newEmail, { channel: 'EMAIL' });
    const input = { newEmail, password: pwd, otpCode, factorCode };
    return server.run(ChangeEmailWithOtpDocument, { input }, bearer(token));
  },
  changePassword: ({ token }: SignedIn, currentPassword: string, otpCode?: string) =>
    server.run(ChangePasswordDocument, { input: { currentPassword, newPassword, otpCode } }, bearer(token)),
  enableSecondFactorWithOtp: ({ token }: SignedIn, pwd: string, otpCode?: string) =>
    server.run(EnableSecondFactorWithOtpDocument, { input: { password: pwd, otpCode } }, bearer(token)),
  disableSecondFactorWithOtp: ({ token }: SignedIn, pwd: string, otpCode?: string) =>
    server.run(DisableSecondFactorWithOtpDocument, { input: { password: pwd, otpCode } }, bearer(token)),
  enrollAuthenticator: ({ token }: SignedIn, pwd: string, otpCode?: string) =>
    server.run(EnrollAuthenticatorDocument, { input: { password: pwd, otpCode } }, bearer(token)),
  deleteAccount: ({ token }: SignedIn, pwd: string, otpCode?: string) =>
    server.run(DeleteAccountDocument, { input: { password: pwd, otpCode } }, bearer(token)),
};
type ChangeName = keyof typeof CHANGES;
const names = Object.keys(CHANGES) as ChangeName[];
const me = async ({ token }: SignedIn) => (await server.run(MeDocument, {}, bearer(token))).data?.me;
const storedUser = ({ email }: SignedIn) => server.db.collection('users').findOne({ email });

test.each(names)('%s: a session of this moment without the password changes nothing', async (name) => {
  const user = await userWithFactor(server);
  const before = await storedUser(user);
  const right = await stepUpCode(server, user);
  expect((await CHANGES[name](user, 'not the password', right)).code).toBe('INVALID_CREDENTIALS');
  expect(await storedUser(user)).toEqual(before);
});

test.each(names)(
  '%s: the password without the second factor changes nothing, nor with codes of others',
  async (name) => {
    const user = await userWithFactor(server);
    const before = await storedUser(user);
    const missing = await CHANGES[name](user, password);
    expect(missing.errors[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      field: expect.stringMatching(/Code$/),
    });
    server.clock.advance(31_000);
    const verification = await sendCode(server, user.phone);
    expect((await CHANGES[name](user, password, verification)).code).toBe('OTP_EXPIRED');
    const login = await sendCode(server, user.phone, { purpose: 'LOGIN' });
    expect((await CHANGES[name](user, password, login)).code).toBe('OTP_EXPIRED');
    expect(await storedUser(user)).toEqual(before);
  },
);

test.each(names)('%s: password and a STEP_UP code of this session do it, once', async (name) => {
  const user = await userWithFactor(server);
  const code = await stepUpCode(server, user);
  const answer = await CHANGES[name](user, password, code);
  expect(answer.code).toBeNull();
  const factor = await server.run(
    DisableSecondFactorWithOtpDocument,
    { input: { password: name === 'changePassword' ? newPassword : password, otpCode: code } },
    bearer(user.token),
  );
  const gone = { deleteAccount: 'UNAUTHENTICATED', disableSecondFactorWithOtp: 'FORBIDDEN' };
  expect(factor.code).toBe(name in gone ? gone[name as keyof typeof gone] : 'OTP_EXPIRED');
});

test.each(names)('%s: a recovery code and an authenticator do as well', async (name) => {
  const withMessages = await userWithFactor(server);
  expect((await CHANGES[name](withMessages, password, withMessages.recoveryCodes[0])).code).toBeNull();
  const withApp = await userWithAuthenticator(server);
  expect((await CHANGES[name](withApp, password, withApp.app.code())).code).toBeNull();
});

test.each(['changePhoneWithOtp', 'changeEmailWithOtp', 'changePassword', 'deleteAccount'] as const)(
  '%s: without a second factor the password is enough',
  async (name) => {
    expect((await CHANGES[name](await registerUser(server), password)).code).toBeNull();
  },
);

describe('a STEP_UP code', () => {
  /** A second session of the same user. */
  async function otherSession(user: SignedIn): Promise<SignedIn> {
    const before = (await server.inbox(user.phone)).length;
    const { loginTicket } = await firstStep(server, { email: user.email, password });
    const otpCode = await nextCode(server, user.phone, before);
    const done = await server.run(LoginWithOtpDocument, { input: { loginTicket, otpCode } });
    return { ...user, token: tokenOf(done.data?.loginWithOtp)! };
  }

  test('needs a session, a second factor, and goes only to where its codes go', async () => {
    const user = await userWithFactor(server);
    const send = (to: string, token?: string) =>
      server.run(
        SendOtpDocument,
        { input: { to, purpose: 'STEP_UP', channel: to.includes('@') ? 'EMAIL' : 'SMS' } },
        token === undefined ? {} : bearer(token),
      );
    const before = [await server.inbox(user.phone), await server.inbox(user.email)].map(({ length }) => length);
    expect((await send(user.phone)).code).toBe('UNAUTHENTICATED');
    const elsewhere = freshPhone();
    for (const to of [elsewhere, user.email])
      expect((await send(to, user.token)).errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', field: 'to' });
    const plain = await registerUser(server);
    expect((await send(plain.phone, plain.token)).code).toBe('FORBIDDEN');
    const app = await userWithAuthenticator(server);
    expect((await send(app.phone, app.token)).code).toBe('FORBIDDEN');
    expect(await server.inbox(elsewhere)).toEqual([]);
    const after = [await server.inbox(user.phone), await server.inbox(user.email)].map(({ length }) => length);
    expect(after).toEqual(before);
    expect((await send(user.phone, user.token)).code).toBeNull();
  });

  test('fits the session that asked for it and no other, and no other user', async () => {
    const user = await userWithFactor(server);
    const thief = await otherSession(user);
    const code = await stepUpCode(server, user);
    expect((await CHANGES.deleteAccount(thief, password, code)).code).toBe('OTP_EXPIRED');
    expect(await stepUpCode(server, thief)).not.toBe(code);
    expect((await CHANGES.deleteAccount(thief, password, code)).code).toBe('OTP_INVALID');
    const stranger = await userWithFactor(server);
    expect((await CHANGES.deleteAccount(stranger, password, code)).code).toBe('OTP_EXPIRED');
    expect((await CHANGES.changePassword(user, password, code)).code).toBeNull();
  });

  test('is taken by no verifyOtp and no sign-in', async () => {
    const user = await userWithFactor(server);
    const code = await stepUpCode(server, user);
    const check = { to: user.phone, code, purpose: 'STEP_UP' as const };
    expect((await server.run(VerifyOtpDocument, { input: check }, bearer(user.token))).code).toBe('BAD_USER_INPUT');
    expect((await server.run(LoginWithOtpDocument, { input: { to: user.phone, otpCode: code } })).code).not.toBeNull();
    expect((await CHANGES.changePassword(user, password, code)).code).toBeNull();
  });

  test('is void once the account was contained', async () => {
    const user = await userWithFactor(server);
    const code = await stepUpCode(server, user);
    await server.run(RevokeAllSessionsDocument, {}, bearer(user.token));
    const again = await otherSession(user);
    expect((await CHANGES.deleteAccount(again, password, code)).code).toBe('OTP_EXPIRED');
  });

  test('is left for another try where the code of the new destination is wrong', async () => {
    const user = await userWithFactor(server);
    const factorCode = await stepUpCode(server, user);
    const newEmail = freshEmail();
    const otpCode = await sendCode(server, newEmail, { channel: 'EMAIL' });
    const wrong = String((Number(otpCode) + 1) % 1_000_000).padStart(6, '0');
    const change = (code: string) =>
      server.run(
        ChangeEmailWithOtpDocument,
        { input: { newEmail, password, otpCode: code, factorCode } },
        bearer(user.token),
      );
    expect((await change(wrong)).code).toBe('OTP_INVALID');
    expect((await change(otpCode)).code).toBeNull();
    expect((await me(user))?.email).toBe(newEmail);
  });
});

test('guesses of the password at changePhoneWithOtp are limited for the user, whatever address they come from', async () => {
  const user = await registerUser(scaled);
  const guess = (index: number) =>
    scaled.run(
      ChangePhoneWithOtpDocument,
      { input: { newPhone: freshPhone(), password: `guess ${index}`, otpCode: '000000' } },
      { ...bearer(user.token), ...from(freshIp()) },
    );
  expect(tally(await volley(30, guess))).toEqual({ INVALID_CREDENTIALS: 20, RATE_LIMITED: 10 });
});
