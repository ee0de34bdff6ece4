// Invariant 13 (DESIGN section 4): with a second factor on, a password reset goes to the verified e-mail address only. A
// suspended account gets no code, and none completes it (CVE-2026-9798: locked between start and completion).
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  LoginDocument,
  ResetPasswordWithOtpDocument,
  SendOtpDocument,
  type ResetPasswordWithOtpInput,
} from '../../web/generated/operations.ts';
import { firstStep, nextCode, userWithFactor } from '../support/accounts.ts';
import { registerUser } from '../support/codes.ts';
import { startServer, type TestServer } from '../support/server.ts';

const newPassword = 'a brand new passphrase';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '1000' });
});
afterAll(() => server.close());

const send = (to: string) => {
  const channel = to.includes('@') ? ('EMAIL' as const) : ('SMS' as const);
  return server.run(SendOtpDocument, { input: { to, channel, purpose: 'PASSWORD_RESET' } });
};
async function sent(to: string): Promise<string> {
  const before = (await server.inbox(to)).length;
  expect((await send(to)).code).toBeNull();
  return nextCode(server, to, before);
}
const reset = (input: Omit<ResetPasswordWithOtpInput, 'newPassword'>) =>
  server.run(ResetPasswordWithOtpDocument, { input: { ...input, newPassword } });
const set = (email: string, fields: Record<string, unknown>) =>
  server.db.collection('users').updateOne({ email }, { $set: fields });

test('with a second factor on the phone gets no reset code, and the e-mail address does', async () => {
  const { email, phone } = await userWithFactor(server);
  const before = (await server.inbox(phone)).length;
  expect((await send(phone)).code).toBeNull();
  const otpCode = await sent(email);
  expect(await server.inbox(phone)).toHaveLength(before);
  expect((await reset({ email, phone, otpCode })).code).toBe('OTP_INVALID');
  expect((await reset({ email, otpCode })).code).toBeNull();
  expect(await firstStep(server, { email, password: newPassword })).toMatchObject({ channel: 'SMS' });
});

test('a code that went to the phone before the second factor was on resets nothing', async () => {
  const { email, phone, password } = await registerUser(server, { verifiedEmail: true });
  const otpCode = await sent(phone);
  await set(email, { twoFactorEnabled: true });
  expect((await reset({ email, phone, otpCode })).code).toBe('OTP_INVALID');
  expect((await server.run(LoginDocument, { input: { email, password } })).code).toBeNull();
});

test('a suspended account gets no code, and one of before completes nothing', async () => {
  const { email, phone } = await registerUser(server);
  const otpCode = await sent(phone);
  await set(email, { suspendedAt: new Date() });
  expect((await reset({ email, phone, otpCode })).code).toBe('OTP_INVALID');
  server.clock.advance(31_000);
  const before = (await server.inbox(phone)).length;
  expect((await send(phone)).code).toBeNull();
  expect(await server.inbox(phone)).toHaveLength(before);
  await set(email, { suspendedAt: null });
  expect((await server.run(LoginDocument, { input: { email, password: newPassword } })).code).toBe(
    'INVALID_CREDENTIALS',
  );
});
