// Invariants 1, 2 and 10 with a provider that compares the codes: an attempt is spent here before Twilio is asked, so
// however many calls come at once, Twilio is asked at most 3 times for one requester and 5 times for one challenge; one
// challenge gives one approval and one action; and simultaneous requests for a code are one message.
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { RegisterWithOtpDocument, SendOtpDocument, VerifyOtpDocument } from '../../web/generated/operations.ts';
import { freshEmail, freshPhone, wrongCode } from '../support/codes.ts';
import { from } from '../support/server.ts';
import { startTwilioServer, type TwilioServer } from '../support/twilio-server.ts';

let server: TwilioServer;
beforeAll(async () => {
  server = await startTwilioServer();
});
afterEach(() => void server.emulator.control.resetBehavior());
afterAll(() => server.close());

const times = <T>(count: number, run: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, index) => run(index)));
const address = (index: number) => from(`198.51.100.${index + 1}`);

async function sent(): Promise<{ to: string; code: string }> {
  const to = freshPhone();
  await server.run(SendOtpDocument, { input: { to } });
  server.forgetCalls();
  return { to, code: server.code(to) };
}

const register = (phone: string, otpCode: string) =>
  server.run(RegisterWithOtpDocument, {
    input: { phone, otpCode, email: freshEmail(), password: 'securepassword' },
  });
const users = (phone: string) => server.db.collection('users').countDocuments({ phone });

test.each([
  ['one requester', () => ({}), 3],
  ['a hundred requesters', address, 5],
] as const)('100 parallel right codes of %s are one approval', async (_who, headersOf, cap) => {
  const { to, code } = await sent();
  const answers = await times(100, (index) => server.run(VerifyOtpDocument, { input: { to, code } }, headersOf(index)));
  // Who gave the code is told the same as often as they ask; nobody else is told anything.
  const tokens = answers.flatMap(({ data }) => data?.verifyOtp.verificationToken ?? []);
  expect(new Set(tokens).size).toBe(1);
  expect(server.calls().check).toBeGreaterThan(0);
  expect(server.calls().check).toBeLessThanOrEqual(cap);
  expect((await register(to, code)).errors).toEqual([]);
  expect((await register(to, code)).code).not.toBeNull();
  expect(await users(to)).toBe(1);
});

test.each([
  ['one requester', () => ({}), 3],
  ['a hundred requesters', address, 3],
] as const)(
  '100 parallel wrong codes of %s reach Twilio as often as there are attempts',
  async (_who, headersOf, cap) => {
    const { to, code } = await sent();
    server.emulator.control.setBehavior({ latencyMs: 50 });
    const answers = await times(100, (index) =>
      server.run(VerifyOtpDocument, { input: { to, code: wrongCode(code) } }, headersOf(index)),
    );
    expect(server.calls().check).toBe(cap);
    expect(answers.filter(({ data }) => data?.verifyOtp.valid === false)).toHaveLength(cap);
    expect(answers.filter(({ code: error }) => error === 'MAX_ATTEMPTS_REACHED')).toHaveLength(100 - cap);
  },
);

test('a stranger who uses up three attempts leaves the owner two', async () => {
  const { to, code } = await sent();
  const stranger = address(1);
  await times(50, () => server.run(VerifyOtpDocument, { input: { to, code: wrongCode(code) } }, stranger));
  const owner = await server.run(VerifyOtpDocument, { input: { to, code } });
  expect(owner.data?.verifyOtp).toMatchObject({ valid: true });
});

test('20 parallel requests for a code are one start, and share its answer', async () => {
  const to = freshPhone();
  server.forgetCalls();
  server.emulator.control.setBehavior({ latencyMs: 200 });
  const answers = await times(20, () => server.run(SendOtpDocument, { input: { to } }));
  expect(server.calls()).toMatchObject({ start: 1, cancel: 0 });
  expect(answers.flatMap(({ errors }) => errors)).toEqual([]);
  expect(new Set(answers.map(({ data }) => data?.sendOtp.challengeId)).size).toBe(1);
});

test('20 parallel requests for a code that Twilio refuses share the refusal', async () => {
  const to = freshPhone();
  server.forgetCalls();
  server.emulator.control.setBehavior({ latencyMs: 200, error: { on: 'start', code: 60410, times: 1 } });
  const answers = await times(20, () => server.run(SendOtpDocument, { input: { to } }));
  expect(server.calls().start).toBe(1);
  expect(answers.map(({ code }) => code)).toEqual(Array(20).fill('DESTINATION_BLOCKED'));
});

test.each([0, 100])(
  'right codes to verifyOtp and registerWithOtp together make at most one user (Twilio takes %i ms)',
  async (latencyMs) => {
    const { to, code } = await sent();
    server.emulator.control.setBehavior({ latencyMs });
    const [verified, registered] = await Promise.all([
      times(50, () => server.run(VerifyOtpDocument, { input: { to, code } })),
      times(50, () => register(to, code)),
    ]);
    // Who gave the code is told the same as often as they ask.
    const tokens = verified.flatMap(({ data }) => data?.verifyOtp.verificationToken ?? []);
    const approvals = new Set(tokens).size;
    const accounts = registered.filter(({ data }) => data).length;
    expect(approvals).toBeLessThanOrEqual(1);
    expect(accounts).toBeLessThanOrEqual(1);
    expect(approvals + accounts).toBeGreaterThan(0);
    expect(await users(to)).toBe(accounts);
    expect(server.calls().check).toBeLessThanOrEqual(3);

    if (accounts === 0) expect((await register(to, code)).errors).toEqual([]);
    expect(await users(to)).toBe(1);
  },
);
