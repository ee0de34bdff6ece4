// Containment contains (DESIGN section 7): a code belongs to its user as the user was when it was asked for. Whoever has
// phished a code and given it to verifyOtp holds an authorisation for ten minutes; whatever ends the other sessions of the
// user ends that too, for every action that takes it, and the codes that were not given yet.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  ChangePasswordDocument,
  LoginDocument,
  LoginWithOtpDocument,
  RecoverAccountWithOtpDocument,
  ResetPasswordWithOtpDocument,
  RevokeAllSessionsDocument,
  VerifyOtpDocument,
  type OtpPurpose,
} from '../../web/generated/operations.ts';
import { bearer, type Registered } from '../support/accounts.ts';
import { freshPhone, proveDestination, registerUser, sendCode } from '../support/codes.ts';
import { from, startServer, type TestServer } from '../support/server.ts';
import { freshIp } from './volley.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '1000' });
});
afterAll(() => server.close());

const thief = from('203.0.113.66');
const STOLEN = 'the password of the thief';

type Purpose = Extract<OtpPurpose, 'LOGIN' | 'PASSWORD_RESET' | 'ACCOUNT_RECOVERY'>;
type Stolen = { otpCode: string } | { verificationToken: string };

/** What ends the sessions of an account, and the account's password after it. */
const CONTAINMENTS: Record<string, (owner: Registered) => Promise<string>> = {
  changePassword: async ({ token, password }) => {
    const input = { currentPassword: password, newPassword: 'the password after it' };
    expect((await server.run(ChangePasswordDocument, { input }, bearer(token))).code).toBeNull();
    return input.newPassword;
  },
  revokeAllSessions: async ({ token, password }) => {
    expect((await server.run(RevokeAllSessionsDocument, {}, bearer(token))).code).toBeNull();
    return password;
  },
  'a reset by the other destination': async ({ email }) => {
    const otpCode = await sendCode(server, email, { purpose: 'PASSWORD_RESET', channel: 'EMAIL' });
    const input = { email, otpCode, newPassword: 'the password after it' };
    expect((await server.run(ResetPasswordWithOtpDocument, { input }, from(freshIp()))).code).toBeNull();
    return input.newPassword;
  },
};

/** What a thief does with a code or its token. */
const ACTIONS: Record<Purpose, (owner: Registered, stolen: Stolen, password: string) => Promise<string | null>> = {
  LOGIN: async ({ phone }, stolen) =>
    (await server.run(LoginWithOtpDocument, { input: { to: phone, ...stolen } }, thief)).code,
  PASSWORD_RESET: async ({ email, phone }, stolen) => {
    const input = { email, phone, newPassword: STOLEN, ...stolen };
    return (await server.run(ResetPasswordWithOtpDocument, { input }, thief)).code;
  },
  ACCOUNT_RECOVERY: async ({ email, phone }, stolen, password) => {
    const newPhone = freshPhone();
    const newPhoneVerificationToken = await proveDestination(server, newPhone);
    const input = { email, password, to: phone, newPhone, newPhoneVerificationToken, ...stolen };
    return (await server.run(RecoverAccountWithOtpDocument, { input }, thief)).code;
  },
};

const cases = Object.keys(CONTAINMENTS).flatMap((containment) =>
  (Object.keys(ACTIONS) as Purpose[]).map((purpose) => [containment, purpose] as const),
);

describe.each(cases)('after %s', (containment, purpose) => {
  test.each(['an approved', 'a sent'])(`%s ${purpose} code of before does nothing`, async (kind) => {
    const owner = await registerUser(server, { verifiedEmail: true });
    const code = await sendCode(server, owner.phone, { purpose, headers: thief });
    const phished = kind === 'a sent' ? { otpCode: code } : { verificationToken: await approve(owner, code) };
    const password = await CONTAINMENTS[containment]!(owner);

    expect(await ACTIONS[purpose](owner, phished, password)).toBe('otpCode' in phished ? 'OTP_INVALID' : 'OTP_EXPIRED');
    expect((await server.run(LoginDocument, { input: { email: owner.email, password } })).code).toBeNull();
    expect((await server.run(LoginDocument, { input: { email: owner.email, password: STOLEN } })).code).toBe(
      'INVALID_CREDENTIALS',
    );
  });

  async function approve({ phone }: Registered, code: string): Promise<string> {
    const { data } = await server.run(VerifyOtpDocument, { input: { to: phone, code, purpose } }, thief);
    return data!.verifyOtp.verificationToken!;
  }
});

test('the owner has a code of today as soon as a code may be sent again', async () => {
  const owner = await registerUser(server, { verifiedEmail: true });
  const phished = await sendCode(server, owner.phone, { purpose: 'LOGIN', headers: thief });
  await CONTAINMENTS['revokeAllSessions']!(owner);
  server.clock.advance(30_000);
  const headers = from(freshIp());
  const otpCode = await sendCode(server, owner.phone, { purpose: 'LOGIN', headers });
  expect(otpCode).not.toBe(phished);
  expect((await server.run(LoginWithOtpDocument, { input: { to: owner.phone, otpCode } }, headers)).code).toBeNull();
});

test('logout and revokeSession end their session alone: a code that was asked for before still signs in', async () => {
  const owner = await registerUser(server);
  const otpCode = await sendCode(server, owner.phone, { purpose: 'LOGIN' });
  await server.query('mutation { logout { message } }', {}, bearer(owner.token));
  expect((await server.run(LoginWithOtpDocument, { input: { to: owner.phone, otpCode } })).code).toBeNull();
});
