// Invariants 1, 2 and 10 (DESIGN section 4) under parallel requests: a challenge yields at most one approval and one
// action over all entry points together; an attempt is spent in the store before anything is compared, so that parallel
// wrong codes never get more comparisons than there are attempts (CVE-2023-47111); simultaneous sends are one message.
// Seen in: CVE-2026-43930, CVE-2026-34224, CVE-2026-33624. The rate limits are scaled away here: they must not be what saves us.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import argon2 from 'argon2';
import {
  RegisterWithOtpDocument,
  ResetPasswordWithOtpDocument,
  SendOtpDocument,
  VerifyOtpDocument,
} from '../../web/generated/operations.ts';
import { freshEmail, freshPhone, proveDestination, registerUser, sendCode } from '../support/codes.ts';
import { from, startServer, type TestServer } from '../support/server.ts';
import { freshIp, otherCode, successes, tally, volley } from './volley.ts';

const PARALLEL = 100;
let server: TestServer;
beforeAll(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '1000' });
});
afterAll(() => server.close());

const verify = (to: string, code: string, headers = {}) =>
  server.run(VerifyOtpDocument, { input: { to, code } }, headers);
const register = (phone: string, proof: { otpCode: string } | { verificationToken: string }, headers = {}) =>
  server.run(
    RegisterWithOtpDocument,
    { input: { email: freshEmail(), phone, password: 'securepassword', ...proof } },
    headers,
  );
const usersWith = (phone: string) => server.db.collection('users').countDocuments({ phone });

/** The losers wait for the winner, and are told the truth: its code is used up. */
function expectOneWinner(outcomes: Record<string, number>, of: number): void {
  expect(outcomes).toEqual({ OK: 1, OTP_EXPIRED: of - 1 });
}

test('100 parallel right codes of one requester on verifyOtp get one and the same answer', async () => {
  const phone = freshPhone();
  const code = await sendCode(server, phone);
  const answers = await volley(PARALLEL, () => verify(phone, code));
  expect(tally(answers)).toEqual({ OK: PARALLEL });
  expect(successes(answers)[0]!.verifyOtp.valid).toBe(true);
  expect(new Set(answers.map(({ data }) => JSON.stringify(data))).size).toBe(1);
});

test('of parallel right codes of many requesters on verifyOtp those of one are approved', async () => {
  const phone = freshPhone();
  const code = await sendCode(server, phone);
  const requesters = Array.from({ length: 10 }, () => from(freshIp()));
  const answers = await volley(PARALLEL, (index) => verify(phone, code, requesters[index % 10]));
  expect(tally(answers)).toEqual({ OK: PARALLEL / 10, OTP_EXPIRED: PARALLEL - PARALLEL / 10 });
  const tokens = successes(answers).map((data) => data.verifyOtp.verificationToken);
  expect(new Set(tokens).size).toBe(1);
});

test('of a bad and a good registration with one code at once the bad one gives it back and the good one registers', async () => {
  const { email: taken } = await registerUser(server);
  for (let round = 0; round < 8; round += 1) {
    const phone = freshPhone();
    const otpCode = await sendCode(server, phone);
    const input = { phone, password: 'securepassword', otpCode };
    const [bad, good] = await Promise.all([
      server.run(RegisterWithOtpDocument, { input: { ...input, email: taken } }),
      server.run(RegisterWithOtpDocument, { input: { ...input, email: freshEmail() } }),
    ]);
    expect(good.code).toBeNull();
    // Where the good one was first, the code is used up.
    expect(['ACCOUNT_EXISTS', 'OTP_EXPIRED']).toContain(bad.code);
  }
});

test('100 parallel right codes on registerWithOtp make one user and one session', async () => {
  const phone = freshPhone();
  const code = await sendCode(server, phone);
  const answers = await volley(PARALLEL, () => register(phone, { otpCode: code }));
  expectOneWinner(tally(answers), PARALLEL);
  expect(await usersWith(phone)).toBe(1);
  const user = await server.db.collection('users').findOne({ phone });
  expect(await server.db.collection('sessions').countDocuments({ userId: user!._id })).toBe(1);
});

test('100 parallel right codes on resetPasswordWithOtp reset the password once, to what the winner asked for', async () => {
  const { phone, email } = await registerUser(server);
  const otpCode = await sendCode(server, phone, { purpose: 'PASSWORD_RESET' });
  const answers = await volley(PARALLEL, (index) =>
    server.run(ResetPasswordWithOtpDocument, {
      input: { email, phone, newPassword: `new password ${index}`, otpCode },
    }),
  );
  expectOneWinner(tally(answers), PARALLEL);
  const winner = answers.findIndex((answer) => answer.code === null);
  const user = await server.db.collection('users').findOne({ phone });
  expect(await argon2.verify(String(user!['passwordHash']), `new password ${winner}`)).toBe(true);
});

test('right codes over verifyOtp and registerWithOtp together give at most one approval and one user', async () => {
  const phone = freshPhone();
  const code = await sendCode(server, phone);
  const [verified, registered] = await Promise.all([
    volley(PARALLEL / 2, () => verify(phone, code)),
    volley(PARALLEL / 2, () => register(phone, { otpCode: code })),
  ]);
  const tokens = new Set(successes(verified).map((data) => data.verifyOtp.verificationToken));
  expect(tokens.size).toBeLessThanOrEqual(1);
  expectOneWinner(tally(registered), PARALLEL / 2);
  expect(await usersWith(phone)).toBe(1);
  for (const verificationToken of tokens)
    expect((await register(phone, { verificationToken: verificationToken! })).code).toBe('OTP_EXPIRED');
});

test('100 parallel uses of one verification token make one user', async () => {
  const phone = freshPhone();
  const verificationToken = await proveDestination(server, phone);
  const answers = await volley(PARALLEL, () => register(phone, { verificationToken }));
  expectOneWinner(tally(answers), PARALLEL);
  expect(await usersWith(phone)).toBe(1);
});

test('a code and its verification token, used in parallel, make one user', async () => {
  const phone = freshPhone();
  const otpCode = await sendCode(server, phone);
  const { data } = await verify(phone, otpCode);
  const verificationToken = data!.verifyOtp.verificationToken!;
  const answers = await volley(PARALLEL, (index) =>
    register(phone, index % 2 === 0 ? { otpCode } : { verificationToken }),
  );
  expectOneWinner(tally(answers), PARALLEL);
  expect(await usersWith(phone)).toBe(1);
});

test('100 parallel wrong codes of one requester get 3 comparisons, and its right code is refused after them', async () => {
  const phone = freshPhone();
  const code = await sendCode(server, phone);
  const requester = from(freshIp());
  const answers = await volley(PARALLEL, (index) => verify(phone, otherCode(code, index), requester));
  expect(tally(answers)).toEqual({ OK: 3, MAX_ATTEMPTS_REACHED: PARALLEL - 3 });
  const compared = successes(answers).map((data) => data.verifyOtp);
  expect(compared.map(({ valid }) => valid)).toEqual([false, false, false]);
  expect(compared.map(({ attemptsRemaining }) => attemptsRemaining).sort()).toEqual([0, 1, 2]);
  expect(compared.filter(({ status }) => status === 'MAX_ATTEMPTS_REACHED')).toHaveLength(1);

  expect((await verify(phone, code, requester)).code).toBe('MAX_ATTEMPTS_REACHED');
  const owner = await verify(phone, code);
  expect(owner.data?.verifyOtp.valid).toBe(true);
});

test('100 parallel wrong codes of 100 requesters get 3 comparisons, and whoever asked has two attempts left', async () => {
  const phone = freshPhone();
  const code = await sendCode(server, phone);
  const answers = await volley(PARALLEL, (index) => verify(phone, otherCode(code, index), from(freshIp())));
  expect(tally(answers)).toEqual({ OK: 3, MAX_ATTEMPTS_REACHED: PARALLEL - 3 });
  expect(successes(answers).some((data) => data.verifyOtp.valid)).toBe(false);
  expect((await verify(phone, code, from(freshIp()))).code).toBe('MAX_ATTEMPTS_REACHED');
  expect((await verify(phone, otherCode(code, 0))).data?.verifyOtp.attemptsRemaining).toBe(1);
  expect((await verify(phone, code)).data?.verifyOtp.valid).toBe(true);
});

test('wrong codes spend the same attempts on verifyOtp and registerWithOtp', async () => {
  const phone = freshPhone();
  const code = await sendCode(server, phone);
  const requester = from(freshIp());
  const [verified, registered] = await Promise.all([
    volley(20, (index) => verify(phone, otherCode(code, index), requester)),
    volley(20, (index) => register(phone, { otpCode: otherCode(code, 20 + index) }, requester)),
  ]);
  const compared = successes(verified).length + (tally(registered)['OTP_INVALID'] ?? 0);
  expect(compared).toBe(3);
  expect(await usersWith(phone)).toBe(0);
});

test('parallel wrong codes for an approved challenge get 3 comparisons of the approval', async () => {
  const phone = freshPhone();
  const code = await sendCode(server, phone);
  await verify(phone, code);
  const requester = from(freshIp());
  const answers = await volley(PARALLEL, (index) => register(phone, { otpCode: otherCode(code, index) }, requester));
  expect(tally(answers)).toEqual({ OTP_INVALID: 3, MAX_ATTEMPTS_REACHED: PARALLEL - 3 });
  expect((await register(phone, { otpCode: code }, requester)).code).toBe('MAX_ATTEMPTS_REACHED');
});

test('an approval gives at most 3 ACCOUNT_EXISTS answers to parallel registrations', async () => {
  const { email } = await registerUser(server);
  const phone = freshPhone();
  const verificationToken = await proveDestination(server, phone);
  const input = { email, phone, password: 'securepassword', verificationToken };
  const counts: Record<string, number> = {};
  for (let round = 0; round < 4; round += 1) {
    const outcomes = tally(await volley(10, () => server.run(RegisterWithOtpDocument, { input })));
    for (const [code, count] of Object.entries(outcomes)) counts[code] = (counts[code] ?? 0) + count;
  }
  expect(counts['ACCOUNT_EXISTS']).toBe(3);
  expect(counts['OTP_EXPIRED']).toBe(37);
});

test.each(['VERIFICATION', 'PASSWORD_RESET'] as const)(
  '20 parallel sendOtp for %s send one message and get one payload',
  async (purpose) => {
    const { phone } = await registerUser(server);
    server.clock.advance(60_000);
    const before = (await server.inbox(phone)).length;
    const answers = await volley(20, () => server.run(SendOtpDocument, { input: { to: phone, purpose } }));
    expect(tally(answers)).toEqual({ OK: 20 });
    expect(new Set(answers.map((answer) => JSON.stringify(answer.data))).size).toBe(1);
    expect((await server.inbox(phone)).length - before).toBe(1);
  },
);

test('parallel sendOtp of two requesters send one message, and one of the two is told to wait', async () => {
  const phone = freshPhone();
  const requesters = [from(freshIp()), from(freshIp())];
  const answers = await volley(20, (index) =>
    server.run(SendOtpDocument, { input: { to: phone } }, requesters[index % 2]),
  );
  expect(tally(answers)).toEqual({ OK: 10, RESEND_TOO_SOON: 10 });
  expect(await server.inbox(phone)).toHaveLength(1);
});
