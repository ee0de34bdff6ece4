// Invariants 7 and 9 (DESIGN section 4): a destination belongs to an account only once verified. Whoever proves an e-mail
// address gets it although another account named it first without proof (squatting); that account loses nothing else. An
// approval survives ACCOUNT_EXISTS for another try, but gives no more than three such answers: it is no account oracle.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  MeDocument,
  RegisterWithOtpDocument,
  ResetPasswordWithOtpDocument,
  SendOtpDocument,
  type RegisterWithOtpInput,
} from '../../web/generated/operations.ts';
import { freshEmail, freshPhone, proveDestination, registerUser, sendCode } from '../support/codes.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '1000' });
});
afterAll(() => server.close());

const register = (input: Omit<RegisterWithOtpInput, 'password'>) =>
  server.run(RegisterWithOtpDocument, { input: { password: 'securepassword', ...input } });
const me = (token: string) => server.run(MeDocument, {}, { authorization: `Bearer ${token}` });

test('after ACCOUNT_EXISTS the same code works with another e-mail address', async () => {
  const { email: taken } = await registerUser(server);
  const phone = freshPhone();
  const otpCode = await sendCode(server, phone);
  expect((await register({ email: taken, phone, otpCode })).code).toBe('ACCOUNT_EXISTS');
  const email = freshEmail();
  const registered = await register({ email, phone, otpCode });
  expect(registered.data?.registerWithOtp.user).toMatchObject({ email, phone });
});

test('after ACCOUNT_EXISTS the same verification token works with another e-mail address', async () => {
  const { email: taken } = await registerUser(server);
  const phone = freshPhone();
  const verificationToken = await proveDestination(server, phone);
  expect((await register({ email: taken, phone, verificationToken })).code).toBe('ACCOUNT_EXISTS');
  expect((await register({ email: freshEmail(), phone, verificationToken })).code).toBeNull();
});

test('a third ACCOUNT_EXISTS ends the approval', async () => {
  const { email: taken } = await registerUser(server);
  const phone = freshPhone();
  const otpCode = await sendCode(server, phone);
  for (let answer = 0; answer < 3; answer += 1)
    expect((await register({ email: taken, phone, otpCode })).code).toBe('ACCOUNT_EXISTS');
  expect((await register({ email: taken, phone, otpCode })).code).toBe('OTP_EXPIRED');
  expect((await register({ email: freshEmail(), phone, otpCode })).code).toBe('OTP_EXPIRED');
});

test('two ACCOUNT_EXISTS leave the approval for the third try', async () => {
  const { email: taken } = await registerUser(server);
  const phone = freshPhone();
  const otpCode = await sendCode(server, phone);
  for (let answer = 0; answer < 2; answer += 1)
    expect((await register({ email: taken, phone, otpCode })).code).toBe('ACCOUNT_EXISTS');
  expect((await register({ email: freshEmail(), phone, otpCode })).code).toBeNull();
});

test('the number of an account is refused for a second account', async () => {
  const { phone } = await registerUser(server);
  const otpCode = await sendCode(server, phone);
  expect((await register({ email: freshEmail(), phone, otpCode })).code).toBe('ACCOUNT_EXISTS');
});

test('an account exists for every spelling of its e-mail address', async () => {
  const { email } = await registerUser(server);
  const phone = freshPhone();
  const otpCode = await sendCode(server, phone);
  expect((await register({ email: ` ${email.toUpperCase()} `, phone, otpCode })).code).toBe('ACCOUNT_EXISTS');
});

test('whoever proves an e-mail address gets it from an account that never did, and that account works on by phone', async () => {
  const squatter = await registerUser(server);
  const email = squatter.email;
  const owner = await registerUser(server, { email, verifiedEmail: true });
  expect(owner.user).toMatchObject({ email, emailVerified: true });

  const stillThere = await me(squatter.token);
  expect(stillThere.data?.me).toMatchObject({ id: squatter.user.id, phone: squatter.phone, emailVerified: false });
  expect(stillThere.data?.me?.email).not.toBe(email);

  const otpCode = await sendCode(server, squatter.phone, { purpose: 'PASSWORD_RESET' });
  const wanted = { phone: squatter.phone, newPassword: 'newpassword123', otpCode };
  const asOwner = await server.run(ResetPasswordWithOtpDocument, { input: { ...wanted, email } });
  expect(asOwner.code).toBe('OTP_INVALID');
  const asThemself = await server.run(ResetPasswordWithOtpDocument, {
    input: { ...wanted, email: stillThere.data!.me!.email },
  });
  expect(asThemself.data?.resetPasswordWithOtp.sessionsRevoked).toBe(1);
  expect((await me(owner.token)).data?.me).toEqual(owner.user);
});

test('a verified e-mail address is not given up, not even to somebody who proves it too', async () => {
  const { email, token, user } = await registerUser(server, { verifiedEmail: true });
  const phone = freshPhone();
  const emailVerificationToken = await proveDestination(server, email, 'EMAIL');
  const otpCode = await sendCode(server, phone);
  expect((await register({ email, phone, otpCode, emailVerificationToken })).code).toBe('ACCOUNT_EXISTS');
  expect((await me(token)).data?.me).toEqual(user);
});

test('a registration that fails takes no e-mail address away', async () => {
  const squatter = await registerUser(server);
  const other = await registerUser(server);
  const emailVerificationToken = await proveDestination(server, squatter.email, 'EMAIL');
  const otpCode = await sendCode(server, other.phone);
  const refused = await register({ email: squatter.email, phone: other.phone, otpCode, emailVerificationToken });
  expect(refused.code).toBe('ACCOUNT_EXISTS');
  expect((await me(squatter.token)).data?.me?.email).toBe(squatter.email);
});

test('an unverified e-mail address gets no reset code, and a verified one does', async () => {
  const unverified = await registerUser(server);
  const verified = await registerUser(server, { verifiedEmail: true });
  for (const { email } of [unverified, verified]) {
    server.clock.advance(60_000);
    const input = { to: email, channel: 'EMAIL' as const, purpose: 'PASSWORD_RESET' as const };
    expect((await server.run(SendOtpDocument, { input })).code).toBeNull();
  }
  const resets = async (to: string) =>
    (await server.inbox(to)).filter(({ purpose }) => purpose === 'PASSWORD_RESET').length;
  expect(await resets(verified.email)).toBe(1);
  expect(await resets(unverified.email)).toBe(0);
});

test('an account with a verified e-mail address resets its password by it', async () => {
  const { email, token } = await registerUser(server, { verifiedEmail: true });
  const otpCode = await sendCode(server, email, { channel: 'EMAIL', purpose: 'PASSWORD_RESET' });
  const input = { email, newPassword: 'newpassword123', otpCode };
  const answer = await server.run(ResetPasswordWithOtpDocument, { input });
  expect(answer.data?.resetPasswordWithOtp.sessionsRevoked).toBe(1);
  expect((await me(token)).code).toBe('UNAUTHENTICATED');
});
