// Invariants 4 and 11 over Twilio: a resend is the same verification; a new challenge ends the old verification first, or
// Twilio would repeat its code, or refuse to start another while an exhausted one lasts.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SendOtpDocument, VerifyOtpDocument } from '../../web/generated/operations.ts';
import { freshPhone, wrongCode } from '../support/codes.ts';
import { from } from '../support/server.ts';
import { startTwilioServer, type TwilioServer } from '../support/twilio-server.ts';

let server: TwilioServer;
beforeAll(async () => {
  server = await startTwilioServer();
});
afterAll(() => server.close());

const send = (to: string, headers?: Record<string, string>) => server.run(SendOtpDocument, { input: { to } }, headers);
const verify = (to: string, code: string, headers?: Record<string, string>) =>
  server.run(VerifyOtpDocument, { input: { to, code } }, headers);
const sids = (to: string) => new Set(server.messages(to).map(({ sid }) => sid)).size;

test('a code is sent five times under one verification, the sixth time is RATE_LIMITED', async () => {
  const to = freshPhone();
  server.forgetCalls();
  for (let sends = 0; sends < 5; sends++) {
    expect((await send(to)).errors).toEqual([]);
    server.clock.advance(31_000);
  }
  const sixth = await send(to);
  expect(sixth.errors[0]?.extensions).toMatchObject({ code: 'RATE_LIMITED', retryAfterSeconds: 445 });
  expect(server.calls()).toMatchObject({ start: 5, cancel: 0 });
  expect(sids(to)).toBe(1);
  expect((await verify(to, server.messages(to)[0]!.code)).data?.verifyOtp.valid).toBe(true);
});

test('within the cool-down the same answer comes and no message', async () => {
  const to = freshPhone();
  const first = await send(to);
  server.clock.advance(29_999);
  expect((await send(to)).data).toEqual(first.data);
  expect(server.messages(to)).toHaveLength(1);
});

test.each([
  [540_000, 0, 1],
  [540_001, 1, 2],
])('%i ms after its start a code is replaced %i times at Twilio', async (age, cancels, verifications) => {
  const to = freshPhone();
  await send(to);
  const old = server.code(to);
  server.clock.advance(age);
  server.forgetCalls();
  expect((await send(to)).errors).toEqual([]);
  expect(server.calls()).toMatchObject({ start: 1, cancel: cancels });
  expect(sids(to)).toBe(verifications);
  expect((await verify(to, old)).data?.verifyOtp.valid).toBe(cancels === 0);
});

test('a requester who used up the own attempts has a new code at once, and the old one is dead', async () => {
  const to = freshPhone();
  await send(to);
  const old = server.code(to);
  for (let tries = 0; tries < 3; tries++) await verify(to, wrongCode(old));
  expect((await verify(to, old)).code).toBe('MAX_ATTEMPTS_REACHED');
  server.forgetCalls();
  expect((await send(to)).errors).toEqual([]);
  expect(server.calls()).toMatchObject({ start: 1, cancel: 1 });
  expect(sids(to)).toBe(2);
  expect((await verify(to, old)).data?.verifyOtp.valid).toBe(false);
  expect((await verify(to, server.code(to))).data?.verifyOtp.valid).toBe(true);
});

test('a challenge exhausted by several requesters, here and at Twilio, is replaced at once', async () => {
  const to = freshPhone();
  await send(to);
  const old = server.code(to);
  for (let tries = 0; tries < 3; tries++) await verify(to, wrongCode(old), from('192.0.2.1'));
  for (let tries = 0; tries < 2; tries++) await verify(to, wrongCode(old));
  expect((await verify(to, old)).code).toBe('MAX_ATTEMPTS_REACHED');
  expect((await send(to)).errors).toEqual([]);
  expect(sids(to)).toBe(2);
  expect((await verify(to, server.code(to))).data?.verifyOtp.valid).toBe(true);
});

test.each([
  [-1, null],
  [0, 'OTP_EXPIRED'],
  [1, 'OTP_EXPIRED'],
])('%i ms from its expiry a right code answers %s', async (offset, code) => {
  const to = freshPhone();
  const sent = await send(to);
  server.clock.set(Date.parse(sent.data!.sendOtp.expiresAt) + offset);
  expect((await verify(to, server.code(to))).code).toBe(code);
});
