// Invariants 5, 9, 10 and 11 (DESIGN section 4): every expiry is decided by the clock of the server to the millisecond, not
// by when MongoDB's TTL index cleans up (GHSA-xmmm-jw76-q7vg): valid at expiry - 1 ms, dead at expiry and after it. A
// resend repeats the code, never lengthens its life, and no challenge sends more than five messages.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  MeDocument,
  RegisterWithOtpDocument,
  SendOtpDocument,
  VerifyOtpDocument,
} from '../../web/generated/operations.ts';
import { freshEmail, freshPhone, proveDestination, registerUser, sendCode, wrongCode } from '../support/codes.ts';
import { from, startServer, type TestServer } from '../support/server.ts';
import { freshIp } from './volley.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '1000' });
});
afterAll(() => server.close());

const AROUND = [
  { at: '1 ms before', offset: -1, alive: true },
  { at: 'at', offset: 0, alive: false },
  { at: '1 ms after', offset: 1, alive: false },
];

async function send(to: string, headers?: Record<string, string>) {
  const answer = await server.run(SendOtpDocument, { input: { to } }, headers);
  if (!answer.data) return { code: answer.code, extensions: answer.errors[0]!.extensions, payload: null };
  return { code: null, extensions: null, payload: answer.data.sendOtp };
}
/** A code that was just sent, with its payload. */
async function sent(to: string) {
  const { payload } = await send(to);
  const [message] = await server.inbox(to);
  return { ...payload!, code: message!.code };
}
const instant = (date: unknown) => new Date(String(date)).getTime();
const register = (phone: string, proof: { otpCode: string } | { verificationToken: string }) =>
  server.run(RegisterWithOtpDocument, { input: { email: freshEmail(), phone, password: 'securepassword', ...proof } });

test('a code lives for ten minutes', async () => {
  const { expiresAt } = await sent(freshPhone());
  expect(instant(expiresAt) - server.clock.now()).toBe(10 * MINUTE);
});

test.each(AROUND)('$at its expiry a code is accepted by verifyOtp: $alive', async ({ offset, alive }) => {
  const to = freshPhone();
  const { code, expiresAt } = await sent(to);
  server.clock.set(instant(expiresAt) + offset);
  const answer = await server.run(VerifyOtpDocument, { input: { to, code } });
  if (alive) expect(answer.data?.verifyOtp.valid).toBe(true);
  else expect(answer.code).toBe('OTP_EXPIRED');
});

test.each(AROUND)('$at its expiry a code is accepted by registerWithOtp: $alive', async ({ offset, alive }) => {
  const phone = freshPhone();
  const { code, expiresAt } = await sent(phone);
  server.clock.set(instant(expiresAt) + offset);
  expect((await register(phone, { otpCode: code })).code).toBe(alive ? null : 'OTP_EXPIRED');
});

test.each(AROUND)('$at its expiry an approval is accepted by its token and by its code: $alive', async (around) => {
  for (const by of ['token', 'code'] as const) {
    const phone = freshPhone();
    const otpCode = await sendCode(server, phone);
    server.clock.advance(9 * MINUTE);
    const { data } = await server.run(VerifyOtpDocument, { input: { to: phone, code: otpCode } });
    const { verificationToken, verificationTokenExpiresAt } = data!.verifyOtp;
    expect(instant(verificationTokenExpiresAt) - server.clock.now()).toBe(10 * MINUTE);
    server.clock.set(instant(verificationTokenExpiresAt) + around.offset);
    const proof = by === 'token' ? { verificationToken: verificationToken! } : { otpCode };
    expect((await register(phone, proof)).code).toBe(around.alive ? null : 'OTP_EXPIRED');
  }
});

test.each(AROUND)('$at its expiry an access token is accepted: $alive', async ({ offset, alive }) => {
  const { token, expiresAt } = await registerUser(server);
  const lifetime = instant(expiresAt) - server.clock.now();
  expect(lifetime).toBeGreaterThan(15 * MINUTE - SECOND);
  expect(lifetime).toBeLessThanOrEqual(15 * MINUTE);
  server.clock.set(instant(expiresAt) + offset);
  const answer = await server.run(MeDocument, {}, { authorization: `Bearer ${token}` });
  expect(answer.code).toBe(alive ? null : 'UNAUTHENTICATED');
});

test.each([
  { at: '1 ms before', offset: -1, messages: 1 },
  { at: 'at', offset: 0, messages: 2 },
  { at: '1 ms after', offset: 1, messages: 2 },
])('$at resendAfter the same requester asking again makes $messages messages', async ({ offset, messages }) => {
  const to = freshPhone();
  const first = await sent(to);
  expect(instant(first.resendAfter) - server.clock.now()).toBe(30 * SECOND);
  server.clock.set(instant(first.resendAfter) + offset);
  const { payload } = await send(to);
  expect(await server.inbox(to)).toHaveLength(messages);
  expect(payload).toMatchObject({ challengeId: first.challengeId, expiresAt: first.expiresAt });
  const resent = { resendAfter: new Date(server.clock.now() + 30 * SECOND).toISOString() };
  const { code: _code, ...same } = first;
  expect(payload).toEqual(messages === 1 ? same : { ...same, ...resent });
});

test.each([
  { at: '1 ms before', offset: -1, refused: 'RESEND_TOO_SOON' },
  { at: 'at', offset: 0, refused: null },
  { at: '1 ms after', offset: 1, refused: null },
])('$at resendAfter another requester is told: $refused', async ({ offset, refused }) => {
  const to = freshPhone();
  const { resendAfter } = await sent(to);
  server.clock.set(instant(resendAfter) + offset);
  const answer = await send(to, from(freshIp()));
  expect(answer.code).toBe(refused);
  expect(answer.extensions?.retryAfterSeconds).toBe(refused ? 1 : undefined);
  expect(await server.inbox(to)).toHaveLength(refused ? 1 : 2);
});

test('a resend sends the same code and moves neither the expiry nor the attempts', async () => {
  const to = freshPhone();
  const first = await sent(to);
  await server.run(VerifyOtpDocument, { input: { to, code: wrongCode(first.code) } });
  for (let resend = 0; resend < 3; resend += 1) {
    server.clock.advance(30 * SECOND);
    const again = await sent(to);
    expect([again.code, again.challengeId, again.expiresAt]).toEqual([first.code, first.challengeId, first.expiresAt]);
  }
  expect(await server.inbox(to)).toHaveLength(4);
  const wrong = await server.run(VerifyOtpDocument, { input: { to, code: wrongCode(first.code) } });
  expect(wrong.data?.verifyOtp.attemptsRemaining).toBe(1);
  server.clock.set(instant(first.expiresAt));
  expect((await server.run(VerifyOtpDocument, { input: { to, code: first.code } })).code).toBe('OTP_EXPIRED');
});

test.each([
  { left: '60 s', leftMs: MINUTE, fresh: false },
  { left: '59.999 s', leftMs: MINUTE - 1, fresh: true },
])('with $left left a resend starts a new challenge: $fresh', async ({ leftMs, fresh }) => {
  const to = freshPhone();
  const first = await sent(to);
  server.clock.set(instant(first.expiresAt) - leftMs);
  const again = await sent(to);
  expect(again.challengeId === first.challengeId).toBe(!fresh);
  expect(instant(again.expiresAt)).toBe(fresh ? server.clock.now() + 10 * MINUTE : instant(first.expiresAt));
  const old = await server.run(VerifyOtpDocument, {
    input: { to, code: first.code, challengeId: first.challengeId },
  });
  expect(old.code).toBe(fresh ? 'OTP_EXPIRED' : null);
});

test('a challenge sends five messages and says when the next can be asked for', async () => {
  const to = freshPhone();
  const first = await sent(to);
  for (let resend = 0; resend < 4; resend += 1) {
    server.clock.advance(30 * SECOND);
    expect((await send(to)).code).toBeNull();
  }
  server.clock.advance(30 * SECOND);
  const refused = await send(to);
  expect(refused.code).toBe('RATE_LIMITED');
  expect(await server.inbox(to)).toHaveLength(5);
  const retryAt = server.clock.now() + refused.extensions!.retryAfterSeconds! * SECOND;
  expect(Math.abs(retryAt - instant(first.expiresAt))).toBeLessThanOrEqual(SECOND);
  server.clock.set(retryAt);
  expect((await send(to)).code).toBeNull();
  const verified = await server.run(VerifyOtpDocument, { input: { to, code: first.code } });
  expect(verified.data?.verifyOtp.valid).toBe(false);
});

test('an expired verification token is refused although its document is still stored', async () => {
  const phone = freshPhone();
  const verificationToken = await proveDestination(server, phone);
  server.clock.advance(10 * MINUTE);
  expect((await register(phone, { verificationToken })).code).toBe('OTP_EXPIRED');
  expect(await server.db.collection('users').countDocuments({ phone })).toBe(0);
});
