// DESIGN section 8: each REST route runs the GraphQL operation, so invariants 1, 2 and 8 and the buckets of section 6 hold
// over both APIs together: what one has used up is used up for the other.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { RegisterWithOtpDocument, SendOtpDocument, VerifyOtpDocument } from '../../web/generated/operations.ts';
import { freshEmail, freshPhone, registerUser, sendCode, wrongCode } from '../support/codes.ts';
import { from, startServer, type TestServer } from '../support/server.ts';
import { freshIp, otherCode, volley } from './volley.ts';

let server: TestServer;
/** The limits as they are by default. */
let limited: TestServer;
beforeAll(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '10000' });
  limited = await startServer();
});
afterAll(() => Promise.all([server.close(), limited.close()]));

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
  /** The error's code, or OK. */
  readonly code: string;
}

async function post(
  to: TestServer,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(`${to.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as Record<string, unknown>;
  return {
    status: response.status,
    headers: response.headers,
    body: answer,
    code: (answer['code'] as string | undefined) ?? 'OK',
  };
}
const password = 'securepassword';
const count = (codes: readonly string[], wanted: string) => codes.filter((code) => code === wanted).length;

test('50 parallel registrations with the right code, over both APIs: one account', async () => {
  const phone = freshPhone();
  const otpCode = await sendCode(server, phone);
  const codes = await volley(50, async (index) => {
    const email = freshEmail();
    const headers = from(freshIp());
    if (index % 2 === 0)
      return (await post(server, '/register-with-otp', { email, password, phone, otp_code: otpCode }, headers)).code;
    const input = { email, password, phone, otpCode };
    return (await server.run(RegisterWithOtpDocument, { input }, headers)).code ?? 'OK';
  });
  expect(count(codes, 'OK')).toBe(1);
  expect(await server.db.collection('users').countDocuments({ phone })).toBe(1);
});

test('50 parallel right codes at /verify-otp: one approval', async () => {
  const to = freshPhone();
  const code = await sendCode(server, to);
  const answers = await volley(50, () => post(server, '/verify-otp', { to, code }, from(freshIp())));
  expect(
    count(
      answers.map((answer) => answer.code),
      'OK',
    ),
  ).toBe(1);
  expect(answers.every(({ status }) => status < 500)).toBe(true);
});

test('60 parallel guesses of many clients over both APIs: three are compared, and two kept for whoever asked', async () => {
  const to = freshPhone();
  const code = await sendCode(server, to);
  const wrong = await volley(60, async (index) => {
    const guess = otherCode(code, index);
    const headers = from(freshIp());
    if (index % 2 === 0)
      return (await post(server, '/verify-otp', { to, code: guess }, headers)).code === 'OTP_INVALID';
    const { data } = await server.run(VerifyOtpDocument, { input: { to, code: guess } }, headers);
    return data?.verifyOtp.valid === false;
  });
  expect(wrong.filter(Boolean)).toHaveLength(3);
  expect((await post(server, '/verify-otp', { to, code })).code).toBe('OK');
});

test('one requester has three tries over both APIs together', async () => {
  const to = freshPhone();
  const headers = from(freshIp());
  const code = wrongCode(await sendCode(server, to, { headers }));
  await post(server, '/verify-otp', { to, code }, headers);
  await server.run(VerifyOtpDocument, { input: { to, code } }, headers);
  const third = await post(server, '/verify-otp', { to, code }, headers);
  expect(third.body).toMatchObject({ valid: false, status: 'max_attempts_reached' });
  expect((await post(server, '/verify-otp', { to, code }, headers)).code).toBe('MAX_ATTEMPTS_REACHED');
  const graphql = await server.run(VerifyOtpDocument, { input: { to, code } }, headers);
  expect(graphql.code).toBe('MAX_ATTEMPTS_REACHED');
});

test.each([{ $ne: null }, { $gt: '' }, { $regex: '.*' }, ['123456'], 123456, true])(
  'the operator %j for a code, a number or an address reaches no query and spends no try',
  async (operator) => {
    const to = freshPhone();
    const code = await sendCode(server, to);
    const email = freshEmail();
    for (const [path, body] of [
      ['/verify-otp', { to, code: operator }],
      ['/verify-otp', { to: operator, code }],
      ['/register-with-otp', { email, password, phone: to, otp_code: operator }],
      ['/register-with-otp', { email: operator, password, phone: to, otp_code: code }],
      ['/forgot-password-otp', { email: operator, phone: to }],
      ['/forgot-password-otp', { email, phone: to, otp_code: operator, new_password: password }],
    ] as const)
      expect(await post(server, path, body)).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
    expect((await post(server, '/verify-otp', { to, code })).body['valid']).toBe(true);
  },
);

test.each([
  { first: 'REST', then: 'GraphQL' },
  { first: 'GraphQL', then: 'REST' },
])('a bucket that was filled by $first is full for $then', async ({ first }) => {
  const to = freshPhone();
  const headers = from(freshIp());
  const rest = () => post(limited, '/send-otp', { to }, headers);
  const graphql = () => limited.run(SendOtpDocument, { input: { to } }, headers);
  // 5 in ten minutes for a number from one address.
  for (let call = 0; call < 5; call += 1)
    expect((await (first === 'REST' ? rest() : graphql())).code ?? 'OK').toBe('OK');
  const [byRest, byGraphql] = [await rest(), await graphql()];
  expect(byRest).toMatchObject({ status: 429, body: { error: expect.stringMatching(/./), code: 'RATE_LIMITED' } });
  expect(byGraphql).toMatchObject({ status: 200, code: 'RATE_LIMITED' });
  expect(byRest.headers.get('retry-after')).toBe('600');
  expect(byGraphql.headers.get('retry-after')).toBe('600');
});

test('the bucket of a client holds 20 sends of both APIs together', async () => {
  const headers = from(freshIp());
  const codes = await volley(24, async (index) =>
    index % 2 === 0
      ? (await post(limited, '/send-otp', { to: freshPhone() }, headers)).code
      : ((await limited.run(SendOtpDocument, { input: { to: freshPhone() } }, headers)).code ?? 'OK'),
  );
  expect([count(codes, 'OK'), count(codes, 'RATE_LIMITED')]).toEqual([20, 4]);
});

test('the send of /forgot-password-otp fills the bucket of sendOtp', async () => {
  const [phone, headers] = [freshPhone(), from(freshIp())];
  const email = freshEmail();
  for (let call = 0; call < 5; call += 1) await post(limited, '/forgot-password-otp', { email, phone }, headers);
  expect((await limited.run(SendOtpDocument, { input: { to: phone } }, headers)).code).toBe('RATE_LIMITED');
});

test('/forgot-password-otp answers the same for accounts that are there and for others', async () => {
  const { phone, email } = await registerUser(server);
  const steps = async (whose: { phone: string; email: string }) => {
    const sent = await post(server, '/forgot-password-otp', whose, from(freshIp()));
    const reset = { ...whose, otp_code: '000000', new_password: 'newpassword123' };
    const refused = await post(server, '/forgot-password-otp', reset, from(freshIp()));
    return [sent, refused].map(({ status, body, headers }) => ({
      status,
      body: JSON.stringify(body).replaceAll(whose.phone, 'PHONE'),
      headers: [...headers.keys()],
    }));
  };
  const known = await steps({ phone, email });
  expect(await steps({ phone: freshPhone(), email: freshEmail() })).toEqual(known);
  // The phone of one account with the address of another.
  server.clock.advance(3_600_000);
  expect(await steps({ phone, email: freshEmail() })).toEqual(known);
  expect(known.map(({ status }) => status)).toEqual([200, 400]);
});
