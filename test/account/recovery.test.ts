// A lost phone (DESIGN section 7): password, one more proof, and a new phone that is proven by its own code. SECURITY.md
// says what proves what; docs/adr/0029-recovery.md says why.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  LoginDocument,
  MeDocument,
  RecoverAccountWithOtpDocument,
  VerifyOtpDocument,
  type RecoverAccountWithOtpInput,
} from '../../web/generated/operations.ts';
import {
  bearer,
  claimsOf,
  firstStep,
  nextCode,
  userWithAuthenticator,
  userWithFactor,
  type Registered,
} from '../support/accounts.ts';
import { freshPhone, proveDestination, registerUser, sendCode, wrongCode } from '../support/codes.ts';
import { noticesTo } from '../support/notices.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { sendRecovery } from '../support/recovery.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '1000' });
});
afterAll(() => server.close());

const recover = (input: RecoverAccountWithOtpInput) => server.run(RecoverAccountWithOtpDocument, { input });
const isAlive = async (token: string) => (await server.run(MeDocument, {}, bearer(token))).code === null;
/** Password and new phone, proven; the second proof is for the test to add. */
async function lostPhone({ email, password }: Pick<Registered, 'email' | 'password'>) {
  const newPhone = freshPhone();
  return { email, password, newPhone, newPhoneOtpCode: await sendCode(server, newPhone) };
}

test('password, e-mail code and a new phone let the owner in; every session ends, all are told', async () => {
  const user = await registerUser(server, { verifiedEmail: true });
  const otpCode = await sendRecovery(server, user.email);
  const input = { ...(await lostPhone(user)), otpCode };
  const answer = await recover(input);
  const { message, token, user: after } = answer.data!.recoverAccountWithOtp;
  expect(message).toBe('Account recovered');
  expect(after).toEqual({ ...user.user, phone: input.newPhone });
  expect(claimsOf(token)).toMatchObject({ sub: after.id, amr: ['pwd', 'otp', 'mfa'] });
  expect([await isAlive(token), await isAlive(user.token)]).toEqual([true, false]);
  for (const to of [user.email, user.phone, input.newPhone])
    expect(await noticesTo(server, to, 1)).toEqual(['ACCOUNT_RECOVERED']);
  expect((await recover(input)).code).toBe('OTP_EXPIRED');
  expect((await registerUser(server, { phone: user.phone })).user.phone).toBe(user.phone);
});

test('verification tokens prove both, and the code may have gone to the old phone', async () => {
  const user = await registerUser(server);
  const code = await sendRecovery(server, user.phone);
  const check = { to: user.phone, code, purpose: 'ACCOUNT_RECOVERY' as const };
  const verified = await server.run(VerifyOtpDocument, { input: check });
  const { verificationToken } = verified.data!.verifyOtp;
  const { email, password } = user;
  const newPhone = freshPhone();
  const newPhoneVerificationToken = await proveDestination(server, newPhone);
  const proofs = { verificationToken, to: user.phone, newPhone, newPhoneVerificationToken };
  expect((await recover({ email, password, ...proofs })).data?.recoverAccountWithOtp.user.phone).toBe(newPhone);
});

test('a new SIM with the same number, or a phone kept and an authenticator lost: the number stays', async () => {
  const user = await userWithAuthenticator(server);
  server.clock.advance(31_000);
  const newPhoneOtpCode = await sendCode(server, user.phone);
  const { email, password, phone } = user;
  const input = { email, password, newPhone: phone, newPhoneOtpCode, recoveryCode: user.recoveryCodes[0]! };
  expect((await recover(input)).data?.recoverAccountWithOtp.user.phone).toBe(phone);
  expect((await noticesTo(server, phone, 2)).slice(1)).toEqual(['ACCOUNT_RECOVERED']);
});

test('a recovery code works once, however it is typed, and takes the authenticator with it', async () => {
  const user = await userWithAuthenticator(server);
  const recoveryCode = user.recoveryCodes[3]!;
  const byMail = await recover({ ...(await lostPhone(user)), otpCode: '000000' });
  expect([byMail.code, byMail.errors[0]?.extensions.field]).toEqual(['BAD_USER_INPUT', 'recoveryCode']);
  const input = { ...(await lostPhone(user)), recoveryCode: recoveryCode.toUpperCase().replaceAll('-', ' ') };
  expect((await recover(input)).data?.recoverAccountWithOtp.user.twoFactorEnabled).toBe(true);
  const again = await recover({ ...(await lostPhone(user)), recoveryCode });
  expect([again.code, again.errors[0]?.extensions.field]).toEqual(['OTP_INVALID', 'recoveryCode']);
  // The second factor is a code by message now, to the new phone.
  expect(await firstStep(server, user)).toMatchObject({ method: 'CODE', channel: 'SMS' });
  expect(await nextCode(server, input.newPhone, 1)).toMatch(/^\d{6}$/);
});

test('with codes by message as second factor, password and e-mail code are enough', async () => {
  const user = await userWithFactor(server);
  const otpCode = await sendRecovery(server, user.email);
  const answer = await recover({ ...(await lostPhone(user)), otpCode });
  expect(answer.data?.recoverAccountWithOtp.user.twoFactorEnabled).toBe(true);
});

test('a mistyped password or new phone code costs neither of the right codes', async () => {
  const user = await registerUser(server, { verifiedEmail: true });
  const otpCode = await sendRecovery(server, user.email);
  const right = { ...(await lostPhone(user)), otpCode };
  expect((await recover({ ...right, password: 'mistyped' })).code).toBe('INVALID_CREDENTIALS');
  const wrong = await recover({ ...right, newPhoneOtpCode: wrongCode(right.newPhoneOtpCode) });
  expect([wrong.code, wrong.errors[0]?.extensions.field]).toEqual(['OTP_INVALID', 'newPhoneOtpCode']);
  expect((await recover(right)).code).toBeNull();
});

test('the phone of another account is answered at most three times, and nothing is moved', async () => {
  const user = await registerUser(server, { verifiedEmail: true });
  const { phone: taken } = await registerUser(server);
  const otpCode = await sendRecovery(server, user.email);
  server.clock.advance(31_000);
  const { email, password } = user;
  const input = { email, password, otpCode, newPhone: taken, newPhoneOtpCode: await sendCode(server, taken) };
  for (let answer = 0; answer < 3; answer += 1) expect((await recover(input)).code).toBe('ACCOUNT_EXISTS');
  expect((await recover(input)).code).toBe('OTP_EXPIRED');
  expect((await server.run(MeDocument, {}, bearer(user.token))).data?.me?.phone).toBe(user.phone);
});

test('what is missing or too much is named', async () => {
  const base = { email: 'a@example.com', password: 'securepassword', newPhone: '+12025550100' };
  const phoneProof = { newPhoneOtpCode: '000000' };
  const wrong: [Partial<RecoverAccountWithOtpInput>, string][] = [
    [{ ...phoneProof }, 'otpCode'],
    [{ ...phoneProof, otpCode: '000000', verificationToken: 'x' }, 'otpCode'],
    [{ ...phoneProof, otpCode: '000000', recoveryCode: 'x' }, 'recoveryCode'],
    [{ ...phoneProof, to: '+12025550101', recoveryCode: 'x' }, 'recoveryCode'],
    [{ otpCode: '000000' }, 'newPhoneOtpCode'],
    [{ otpCode: '000000', newPhoneOtpCode: '12' }, 'newPhoneOtpCode'],
    [{ otpCode: '000000', ...phoneProof, newPhoneVerificationToken: 'x' }, 'newPhoneOtpCode'],
  ];
  for (const [input, field] of wrong) {
    const answer = await recover({ ...base, ...input });
    expect([answer.code, answer.errors[0]?.extensions.field]).toEqual(['BAD_USER_INPUT', field]);
  }
});

test('login works with the new phone, and the password is still the same', async () => {
  const user = await registerUser(server, { verifiedEmail: true });
  const otpCode = await sendRecovery(server, user.email);
  expect((await recover({ ...(await lostPhone(user)), otpCode })).code).toBeNull();
  const { email, password } = user;
  expect((await server.run(LoginDocument, { input: { email, password } })).code).toBeNull();
});
