// A bucket that others share is charged only for what it is for: messages that were handed over, secrets that were compared
// and wrong. Input is validated, and the session asked for, before it is charged; what is refused for another reason gives
// its reservation back. No client has more than a quarter of a bucket of 24 hours. So one address, which sends nothing and
// guesses nothing, cannot shut an owner out; and a bucket is no oracle: a decoy counts as if it were real (invariant 8).
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  LoginDocument,
  LoginWithOtpDocument,
  RecoverAccountWithOtpDocument,
  RegisterWithOtpDocument,
  RequestPasswordResetLinkDocument,
  ResetPasswordWithOtpDocument,
  SendOtpDocument,
  VerifyOtpDocument,
  type SendOtpInput,
} from '../../web/generated/operations.ts';
import { freshEmail, freshPhone, registerUser, sendCode, wrongCode } from '../support/codes.ts';
import { from, startServer, type Answer, type TestServer } from '../support/server.ts';
import { standingCalls } from '../support/standing-calls.ts';
import { freshIp, tally, volley } from './volley.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ PUBLIC_URL: 'https://login.example.com' });
});
beforeEach(() => server.clock.advance(25 * HOUR));
afterAll(() => server.close());

const send = (input: SendOtpInput, ip = freshIp()) => server.run(SendOtpDocument, { input }, from(ip));
const login = (email: string, password: string, ip = freshIp()) =>
  server.run(LoginDocument, { input: { email, password } }, from(ip));
const reset = (email: string, otpCode: string, newPassword = 'another good password', ip = freshIp()) =>
  server.run(ResetPasswordWithOtpDocument, { input: { email, newPassword, otpCode } }, from(ip));
const loginWithOtp = (to: string, otpCode: string, ip = freshIp()) =>
  server.run(LoginWithOtpDocument, { input: { to, otpCode } }, from(ip));
const verify = (to: string, code: string, ip = freshIp(), purpose: 'LOGIN' | 'VERIFICATION' = 'LOGIN') =>
  server.run(VerifyOtpDocument, { input: { to, code, purpose } }, from(ip));

/** One call after the other; how each kind of answer came. */
async function inTurn<T>(count: number, call: (index: number) => Promise<Answer<T>>, pauseMs = 0) {
  const answers: Answer<T>[] = [];
  for (let index = 0; index < count; index += 1) {
    answers.push(await call(index));
    server.clock.advance(pauseMs);
  }
  return tally(answers);
}

/** Waits until what was given back is stored: a call that the bucket refuses a moment after is allowed then. */
async function allowed<T>(call: () => Promise<Answer<T>>): Promise<Answer<T>> {
  for (let tries = 0; ; tries += 1) {
    const answer = await call();
    if (answer.code !== 'RATE_LIMITED' || tries === 100) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** How many calls stand in all buckets after this one, once everything is given back. */
async function chargedBy(call: () => Promise<unknown>): Promise<number> {
  await server.db.collection('rateLimits').deleteMany({});
  await call();
  return standingCalls(server);
}

test('20 sendOtp(TRANSACTION) without a session leave the owner every message', async () => {
  const { phone } = await registerUser(server);
  const transaction = { amount: '10.00', currency: 'EUR', payee: 'Shop', reference: 'order 1' };
  const input: SendOtpInput = { to: phone, purpose: 'TRANSACTION', transaction };
  expect(await inTurn(20, () => send(input, freshIp()))).toEqual({ UNAUTHENTICATED: 20 });
  expect(await inTurn(20, () => send({ to: phone, purpose: 'PHONE_CHANGE' }))).toEqual({ UNAUTHENTICATED: 20 });
  server.clock.advance(MINUTE);
  for (const purpose of ['LOGIN', 'VERIFICATION', 'PASSWORD_RESET'] as const)
    expect((await send({ to: phone, purpose })).code).toBeNull();
});

test('100 wrong logins from one address in 100 minutes leave the right password open to the owner', async () => {
  const { email, password } = await registerUser(server);
  const stranger = freshIp();
  const wrong = await inTurn(100, () => login(email, 'not the password', stranger), MINUTE);
  expect(wrong).toEqual({ INVALID_CREDENTIALS: 25, RATE_LIMITED: 75 });
  expect((await login(email, password)).code).toBeNull();
});

test('right passwords use up nothing', async () => {
  const { email, password } = await registerUser(server);
  expect(await inTurn(130, () => allowed(() => login(email, password)))).toEqual({ OK: 130 });
});

test('resets with a weak password, and codes for nothing that is pending, leave resets open', async () => {
  const { email } = await registerUser(server, { verifiedEmail: true });
  expect(await inTurn(40, () => reset(email, '123456', 'password'))).toEqual({ WEAK_PASSWORD: 40 });
  expect(await inTurn(40, () => allowed(() => reset(email, '123456')))).toEqual({ OTP_EXPIRED: 40 });
  server.clock.advance(MINUTE);
  const otpCode = await sendCode(server, email, { purpose: 'PASSWORD_RESET', channel: 'EMAIL' });
  expect((await reset(email, otpCode)).code).toBeNull();
});

test('110 malformed loginWithOtp leave code sign-in open', async () => {
  const { phone } = await registerUser(server);
  const malformed = [{ otpCode: '12' }, { otpCode: 'abcdef' }, {}, { otpCode: '123456', verificationToken: 'x' }];
  const call = (index: number) =>
    server.run(LoginWithOtpDocument, { input: { to: phone, ...malformed[index % 4] } }, from(freshIp()));
  expect(await inTurn(110, call)).toEqual({ BAD_USER_INPUT: 110 });
  server.clock.advance(MINUTE);
  const otpCode = await sendCode(server, phone, { purpose: 'LOGIN' });
  expect((await loginWithOtp(phone, otpCode)).code).toBeNull();
});

test('a parallel flood of malformed input fills no bucket, not even for a moment', async () => {
  const { phone, email } = await registerUser(server);
  const flood = volley<Answer<unknown>>(120, (index) =>
    index % 2 === 0 ? loginWithOtp(phone, 'short') : send({ to: phone, channel: 'EMAIL' }),
  );
  const owner = await volley(6, () => send({ to: phone, purpose: 'LOGIN' }));
  expect(tally(owner)['RATE_LIMITED']).toBeUndefined();
  expect(tally(await flood)).toEqual({ BAD_USER_INPUT: 60, INVALID_EMAIL: 60 });
  const register = () =>
    server.run(
      RegisterWithOtpDocument,
      { input: { email, phone, password: 'short', otpCode: '123456' } },
      from(freshIp()),
    );
  expect(await chargedBy(() => volley(60, register))).toBe(60);
});

test('wrong input is told as wrong, also where the bucket is full', async () => {
  const email = freshEmail();
  for (let client = 0; client < 4; client += 1) {
    const ip = freshIp();
    await inTurn(25, () => login(email, 'not the password', ip), 2 * MINUTE);
  }
  expect((await login(email, 'not the password')).code).toBe('RATE_LIMITED');
  const full = freshPhone();
  for (let index = 0; index < 10; index += 1) await send({ to: full, purpose: index % 2 ? 'LOGIN' : 'VERIFICATION' });
  expect((await send({ to: full, locale: 'no such locale!' })).code).toBe('BAD_USER_INPUT');
});

test('no client has more than a quarter of a bucket of 24 hours, an IPv6 /64 being one client', async () => {
  const to = freshPhone();
  let index = 0;
  const one = () => `2001:db8:77:1::${(index += 1).toString(16)}`;
  const sent = await inTurn(8, () => send({ to }, one()), 11 * MINUTE);
  expect(sent).toEqual({ OK: 5, RATE_LIMITED: 3 });
  expect((await send({ to })).code).toBeNull();
  server.clock.advance(24 * HOUR);
  expect((await send({ to }, one())).code).toBeNull();
});

test('the same answer again within the cool-down, and a refusal, are no messages', async () => {
  const [to, ip] = [freshPhone(), freshIp()];
  expect((await send({ to }, ip)).code).toBeNull();
  for (let times = 0; times < 4; times += 1) expect((await send({ to }, ip)).code).toBeNull();
  expect(await inTurn(30, () => allowed(() => send({ to })))).toEqual({ RESEND_TOO_SOON: 30 });
  server.clock.advance(11 * MINUTE);
  // Of the quarter, one message is used: four are left, each ten minutes apart.
  const more = await inTurn(6, () => send({ to }, ip), 11 * MINUTE);
  expect(more).toEqual({ OK: 4, RATE_LIMITED: 2 });
});

test('messages that are handed over do fill the bucket, for an unknown destination as for a known one', async () => {
  const known = (await registerUser(server)).phone;
  server.clock.advance(25 * HOUR);
  const tallies = [];
  for (const to of [known, freshPhone()])
    tallies.push(await inTurn(24, () => send({ to, purpose: 'LOGIN' }), 5 * MINUTE));
  expect(tallies[0]).toEqual({ OK: 20, RATE_LIMITED: 4 });
  expect(tallies[1]).toEqual(tallies[0]);
});

test('wrong passwords and codes do fill the bucket, for unknown accounts as for known ones', async () => {
  const known = await registerUser(server);
  const tallies = [];
  for (const email of [known.email, freshEmail()]) {
    tallies.push(await inTurn(110, () => login(email, 'not the password')));
    server.clock.advance(25 * HOUR);
  }
  expect(tallies[0]).toEqual({ INVALID_CREDENTIALS: 100, RATE_LIMITED: 10 });
  expect(tallies[1]).toEqual(tallies[0]);
});

/** What an outcome leaves in the shared buckets must be one for a known and an unknown destination. */
const OUTCOMES: [string, string | null, (known: { phone: string; email: string }) => Promise<Answer<unknown>>][] = [
  ['a LOGIN code is sent', null, ({ phone }) => send({ to: phone, purpose: 'LOGIN' })],
  ['a reset code is sent', null, ({ phone }) => send({ to: phone, purpose: 'PASSWORD_RESET' })],
  [
    'a reset code is sent with an address beside it',
    null,
    ({ phone, email }) => send({ to: phone, purpose: 'PASSWORD_RESET', email }),
  ],
  ['a recovery code is sent', null, ({ phone }) => send({ to: phone, purpose: 'ACCOUNT_RECOVERY' })],
  [
    'a reset link is sent',
    null,
    ({ email }) => server.run(RequestPasswordResetLinkDocument, { input: { email } }, from(freshIp())),
  ],
  [
    'a wrong LOGIN code is checked',
    null,
    async ({ phone }) => {
      await send({ to: phone, purpose: 'LOGIN' });
      return verify(phone, '000000');
    },
  ],
  [
    'a wrong LOGIN code is spent',
    'OTP_INVALID',
    async ({ phone }) => {
      await send({ to: phone, purpose: 'LOGIN' });
      return loginWithOtp(phone, '000000');
    },
  ],
  ['a LOGIN code is checked where none is pending', 'OTP_EXPIRED', ({ phone }) => verify(phone, '000000')],
  ['a wrong password is given', 'INVALID_CREDENTIALS', ({ email }) => login(email, 'not the password')],
  [
    'a recovery has a wrong password',
    'INVALID_CREDENTIALS',
    ({ email }) =>
      server.run(
        RecoverAccountWithOtpDocument,
        {
          input: {
            email,
            password: 'not the password',
            recoveryCode: 'AAAA-AAAA-AAAA',
            newPhone: freshPhone(),
            newPhoneOtpCode: '123456',
          },
        },
        from(freshIp()),
      ),
  ],
];
test.each(OUTCOMES)('a known and an unknown destination are charged alike when %s', async (_what, code, call) => {
  const known = await registerUser(server, { verifiedEmail: true });
  server.clock.advance(25 * HOUR);
  const codes: (string | null)[] = [];
  const at = (account: { phone: string; email: string }) => async () => void codes.push((await call(account)).code);
  const ofKnown = await chargedBy(at(known));
  const ofUnknown = await chargedBy(at({ phone: freshPhone(), email: freshEmail() }));
  expect(codes).toEqual([code, code]);
  expect(ofUnknown).toBe(ofKnown);
});

test('a wrong code counts, a right one and one for nothing do not', async () => {
  const to = freshPhone();
  const none = await chargedBy(() => verify(to, '000000', freshIp(), 'VERIFICATION'));
  const code = await sendCode(server, to);
  const wrong = await chargedBy(() => verify(to, wrongCode(code), freshIp(), 'VERIFICATION'));
  const right = await chargedBy(() => verify(to, code, freshIp(), 'VERIFICATION'));
  // One call is its client's own.
  expect({ none, wrong, right }).toEqual({ none: 1, wrong: 2, right: 1 });
});

describe('a client that has proven itself', () => {
  const known = (deviceToken: string) => ({ 'x-otpql-device': deviceToken, ...from(freshIp()) });

  /** Wrong passwords from many addresses, as many as a day allows. */
  async function closePasswords(email: string): Promise<void> {
    const strangers = Array.from({ length: 5 }, () => freshIp());
    const wrong = await inTurn(125, (index) => login(email, 'not the password', strangers[index % 5]), 3 * MINUTE);
    expect(wrong).toEqual({ INVALID_CREDENTIALS: 100, RATE_LIMITED: 25 });
  }

  test('signs in by password after strangers have used up the day, and a new device does not', async () => {
    const { email, password, deviceToken } = await registerUser(server);
    await closePasswords(email);
    expect((await login(email, password)).code).toBe('RATE_LIMITED');
    const input = { email, password };
    expect((await server.run(LoginDocument, { input }, known(deviceToken))).code).toBeNull();
  });

  test('has codes sent after strangers have used up the day', async () => {
    const { phone, deviceToken } = await registerUser(server);
    const strangers = Array.from({ length: 5 }, () => freshIp());
    const sent = await inTurn(25, (index) => send({ to: phone, purpose: 'LOGIN' }, strangers[index % 5]), 20 * MINUTE);
    // The code of the registration is one of the twenty.
    expect(sent).toEqual({ OK: 19, RATE_LIMITED: 6 });
    const owner = known(deviceToken);
    const input: SendOtpInput = { to: phone, purpose: 'LOGIN' };
    expect((await server.run(SendOtpDocument, { input }, owner)).code).toBeNull();
    const code = (await server.inbox(phone))[0]!.code;
    expect((await server.run(LoginWithOtpDocument, { input: { to: phone, otpCode: code } }, owner)).code).toBeNull();
  });

  test('has the figures of the table for itself, and no more', async () => {
    const { email, deviceToken } = await registerUser(server);
    await closePasswords(email);
    const headers = known(deviceToken);
    const guess = () => server.run(LoginDocument, { input: { email, password: 'not the password' } }, headers);
    expect(await inTurn(12, guess)).toEqual({ INVALID_CREDENTIALS: 10, RATE_LIMITED: 2 });
  });

  test('is nobody who only sends a token', async () => {
    const [{ email, password }, other] = [await registerUser(server), await registerUser(server)];
    await closePasswords(email);
    for (const token of [other.deviceToken, 'x'.repeat(43)]) {
      const answer = await server.run(LoginDocument, { input: { email, password } }, known(token));
      expect(answer.code).toBe('RATE_LIMITED');
    }
  });
});
