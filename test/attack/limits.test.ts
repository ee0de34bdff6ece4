// DESIGN section 6, on with an empty configuration: each rate limit lets exactly its max through, however parallel the
// calls, however they are aliased. Refused calls are told when to come back, and do not push that instant away.
// Seen in: CVE-2024-32868, CVE-2025-64102 (no limits by default), GHSA-c55g-q6f4-5qxr (by IP only), GHSA-6q22-g298-grjh (aliases).
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import {
  RefreshSessionDocument,
  RegisterWithOtpDocument,
  ResetPasswordWithOtpDocument,
  RevokeSessionDocument,
  SendOtpDocument,
  VerifyOtpDocument,
} from '../../web/generated/operations.ts';
import { freshEmail, freshPhone, registerUser } from '../support/codes.ts';
import { from, startServer, type Answer, type TestServer } from '../support/server.ts';
import { standingCalls } from '../support/standing-calls.ts';
import { freshIp, tally, volley } from './volley.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
beforeEach(() => server.clock.advance(25 * HOUR));
afterAll(() => server.close());

const send = (to: string, ip: string) => server.run(SendOtpDocument, { input: { to } }, from(ip));
const limited = (answers: readonly Answer<unknown>[]) => tally(answers)['RATE_LIMITED'] ?? 0;

test('of 200 parallel sendOtp from one IP to distinct numbers 20 pass', async () => {
  const ip = freshIp();
  const answers = await volley(200, () => send(freshPhone(), ip));
  expect(tally(answers)).toEqual({ OK: 20, RATE_LIMITED: 180 });
});

interface Guarded {
  readonly field: string;
  /** One call, by this client, about this destination. */
  readonly call: (ip: string, about: string) => Promise<Answer<unknown>>;
  readonly about: () => string;
  /** The maxima: per client; per destination and client. */
  readonly max: readonly [number, number];
}
const call =
  <V extends Record<string, unknown>>(document: TypedDocumentNode<unknown, V>, variables: (about: string) => V) =>
  (ip: string, about: string) =>
    server.run(document, variables(about), from(ip));
const otpCode = '123456';
const GUARDED: Guarded[] = [
  {
    field: 'sendOtp',
    call: call(SendOtpDocument, (to) => ({ input: { to } })),
    about: freshPhone,
    max: [20, 5],
  },
  {
    field: 'verifyOtp',
    call: call(VerifyOtpDocument, (to) => ({ input: { to, code: otpCode } })),
    about: freshPhone,
    max: [60, 15],
  },
  {
    field: 'registerWithOtp',
    call: call(RegisterWithOtpDocument, (phone) => ({
      input: { email: freshEmail(), phone, password: 'securepassword', otpCode },
    })),
    about: freshPhone,
    max: [20, 10],
  },
  {
    field: 'resetPasswordWithOtp',
    call: call(ResetPasswordWithOtpDocument, (email) => ({
      input: { email, newPassword: 'securepassword', otpCode },
    })),
    about: freshEmail,
    max: [20, 10],
  },
];

test.each(GUARDED)('$field is limited per client IP', async ({ call, about, max: [perClient] }) => {
  const ip = freshIp();
  const answers = await volley(perClient + 15, () => call(ip, about()));
  expect(limited(answers)).toBe(15);
  expect(limited([await call(freshIp(), about())])).toBe(0);
});

test.each(GUARDED)('$field is limited per destination and client IP', async ({ call, about, max: [, perBoth] }) => {
  const [ip, destination] = [freshIp(), about()];
  const answers: Answer<unknown>[] = [];
  for (let times = 0; times < perBoth + 3; times += 1) {
    answers.push(await call(ip, destination));
    // What others share has it back before the next.
    await standingCalls(server);
  }
  expect(limited(answers)).toBe(3);
  expect(limited([await call(freshIp(), destination), await call(ip, about())])).toBe(0);
});

test('verifyOtp, registerWithOtp and resetPasswordWithOtp let any number of clients ask for nothing', async () => {
  for (const { call, about } of GUARDED.slice(1)) {
    const destination = about();
    const answers: Answer<unknown>[] = [];
    for (let round = 0; round < 10; round += 1) {
      answers.push(...(await volley(7, () => call(freshIp(), destination))));
      await standingCalls(server);
    }
    expect(tally(answers)).toEqual({ OTP_EXPIRED: 70 });
  }
});

test.each(GUARDED.slice(2))(
  '$field is limited per destination: 30 wrong codes in 24 hours',
  async ({ call, about }) => {
    const destination = about();
    const isPhone = destination.startsWith('+');
    const input = isPhone ? ({} as const) : ({ channel: 'EMAIL', purpose: 'PASSWORD_RESET' } as const);
    const answers: Answer<unknown>[] = [];
    for (let round = 0; round < 7; round += 1) {
      const [first, second] = [freshIp(), freshIp()];
      await server.run(SendOtpDocument, { input: { to: destination, ...input } }, from(first));
      for (const ip of [second, second, second, first, first]) answers.push(await call(ip, destination));
      server.clock.advance(11 * MINUTE);
    }
    expect(tally(answers)).toEqual({ OTP_INVALID: 30, RATE_LIMITED: 5 });
  },
);

test('a destination gets at most 20 sendOtp in 24 hours, whoever asks', async () => {
  const to = freshPhone();
  const answers: Answer<unknown>[] = [];
  for (let round = 0; round < 5; round += 1) {
    for (let times = 0; times < 5; times += 1) {
      answers.push(await send(to, freshIp()));
      server.clock.advance(2 * MINUTE);
    }
  }
  expect(tally(answers)).toEqual({ OK: 20, RATE_LIMITED: 5 });
  server.clock.advance(24 * HOUR - 50 * MINUTE - 1);
  expect(limited([await send(to, freshIp())])).toBe(1);
  server.clock.advance(1);
  expect(limited([await send(to, freshIp())])).toBe(0);
});

/** One operation with so many aliased sendOtp, each to a number of its own; `arrived` are the messages it led to. */
async function aliased(count: number, ip: string) {
  const numbers = Array.from({ length: count }, freshPhone);
  const fields = numbers.map((to, index) => `a${index}: sendOtp(input: {to: "${to}"}) { status }`);
  const answer = await server.query(`mutation { ${fields.join('\n')} }`, {}, from(ip));
  const arrived = (await server.inbox()).filter((message) => numbers.includes(message.to)).length;
  return { ...answer, arrived };
}

test('aliases are counted one by one', async () => {
  const ip = freshIp();
  const first = await aliased(15, ip);
  expect([first.errors, first.arrived]).toEqual([[], 15]);
  const second = await aliased(15, ip);
  expect(second.errors.map(({ path, extensions }) => [path, extensions.code])).toEqual([[['a5'], 'RATE_LIMITED']]);
  expect(second.arrived).toBe(5);
  expect((await send(freshPhone(), ip)).code).toBe('RATE_LIMITED');
});

test('a 16th alias is refused, no call of the operation runs, and none is counted', async () => {
  const ip = freshIp();
  const answer = await aliased(16, ip);
  expect([answer.status, answer.code, answer.data, answer.arrived]).toEqual([400, 'BAD_USER_INPUT', undefined, 0]);
  expect(tally(await volley(20, () => send(freshPhone(), ip)))).toEqual({ OK: 20 });
});

test('aliases hidden in fragments count like others', async () => {
  const parts = Array.from({ length: 4 }, (_, f) => {
    const fields = [0, 1, 2, 3].map((i) => `f${f}a${i}: sendOtp(input: {to: "${freshPhone()}"}) { status }`);
    return `fragment F${f} on Mutation { ${fields.join(' ')} }`;
  });
  const answer = await server.query(`mutation { ...F0 ...F1 ... { ...F2 } ...F3 } ${parts.join('\n')}`);
  expect([answer.status, answer.code]).toEqual([400, 'BAD_USER_INPUT']);
});

test('a refused call has HTTP 200, a Retry-After header and retryAfterSeconds', async () => {
  const [ip, to] = [freshIp(), freshPhone()];
  await volley(5, () => send(to, ip));
  server.clock.advance(9 * MINUTE);
  const refused = await send(to, ip);
  expect([refused.status, refused.code, refused.data]).toEqual([200, 'RATE_LIMITED', null]);
  expect(refused.errors[0]!.extensions.retryAfterSeconds).toBe(60);
  expect(refused.headers.get('retry-after')).toBe('60');
});

test('refused calls do not prolong the window', async () => {
  const [ip, to] = [freshIp(), freshPhone()];
  await volley(5, () => send(to, ip));
  for (let minute = 0; minute < 9; minute += 1) {
    server.clock.advance(MINUTE);
    expect(limited(await volley(3, () => send(to, ip)))).toBe(3);
  }
  server.clock.advance(MINUTE - 1);
  expect(limited([await send(to, ip)])).toBe(1);
  server.clock.advance(1);
  expect(limited([await send(to, ip)])).toBe(0);
});

test('a call that one limit refuses is not counted by the limits after it', async () => {
  const [ip, to] = [freshIp(), freshPhone()];
  await volley(20, () => send(freshPhone(), ip));
  expect(limited(await volley(20, () => send(to, ip)))).toBe(20);
  expect(limited(await volley(10, () => send(to, freshIp())))).toBe(0);
});

test('refreshSession is limited per client IP, and per token from anywhere', async () => {
  const refresh = (refreshToken: string, ip: string) => server.run(RefreshSessionDocument, { refreshToken }, from(ip));
  const ip = freshIp();
  const guesses = await volley(80, (index) => refresh(`guess ${index}`, ip));
  expect(tally(guesses)).toEqual({ UNAUTHENTICATED: 60, RATE_LIMITED: 20 });
  const repeats = await volley(40, () => refresh('one token', freshIp()));
  expect(tally(repeats)).toEqual({ UNAUTHENTICATED: 20, RATE_LIMITED: 20 });
});

test('revokeSession is limited per user from anywhere, and per client IP', async () => {
  const [{ token }, other] = [await registerUser(server), await registerUser(server)];
  const revoke = (ip: string, access: string) =>
    server.run(RevokeSessionDocument, { id: 'unknown' }, { ...from(ip), authorization: `Bearer ${access}` });
  expect(tally(await volley(40, () => revoke(freshIp(), token)))).toEqual({ OK: 20, RATE_LIMITED: 20 });
  expect((await revoke(freshIp(), other.token)).code).toBeNull();
  const ip = freshIp();
  expect(tally(await volley(80, () => revoke(ip, 'nobody')))).toEqual({ UNAUTHENTICATED: 60, RATE_LIMITED: 20 });
});
