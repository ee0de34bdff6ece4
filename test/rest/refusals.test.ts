// DESIGN section 8: errors are {"error", "code"} with the table's status, in the guide's field names; bad input is never
// a 500, and never an answer in GraphQL's shape.
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { ERROR_TABLE, type ErrorCode } from '../../src/errors.ts';
import { freshEmail, freshPhone, registerUser } from '../support/codes.ts';
import { from, startServer, type TestServer } from '../support/server.ts';
import { freshIp } from '../attack/volley.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '1000' });
});
afterEach(() => expect(server.log()).not.toMatch(/"level":(50|60)/));
afterAll(() => server.close());

const JSON_TYPE = { 'content-type': 'application/json' };
const PATHS = ['/send-otp', '/verify-otp', '/register-with-otp', '/forgot-password-otp'];

async function raw(path: string, init: RequestInit) {
  const response = await fetch(`${server.url}${path}`, { method: 'POST', ...init });
  const body = JSON.parse(await response.text()) as Record<string, unknown>;
  return { status: response.status, headers: response.headers, body };
}
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  raw(path, { headers: { ...JSON_TYPE, ...headers }, body: JSON.stringify(body) });
const refusal = (error: string, code: ErrorCode = 'BAD_USER_INPUT') => ({
  status: ERROR_TABLE[code].httpStatus,
  body: { error, code },
});

/** A good body of each route. */
const GOOD: Record<string, Record<string, unknown>> = {
  '/send-otp': { to: '+12025550100', channel: 'sms' },
  '/verify-otp': { to: '+12025550100', code: '123456' },
  '/register-with-otp': {
    email: 'user@example.com',
    password: 'securepassword',
    phone: '+12025550100',
    otp_code: '123456',
  },
  '/forgot-password-otp': {
    email: 'user@example.com',
    phone: '+12025550100',
    otp_code: '123456',
    new_password: 'newpassword123',
  },
};
const REQUIRED: [path: string, field: string][] = [
  ['/send-otp', 'to'],
  ['/verify-otp', 'to'],
  ['/verify-otp', 'code'],
  ['/register-with-otp', 'email'],
  ['/register-with-otp', 'password'],
  ['/register-with-otp', 'phone'],
  ['/register-with-otp', 'otp_code'],
  ['/forgot-password-otp', 'email'],
  ['/forgot-password-otp', 'phone'],
];

test.each(REQUIRED)('%s without %s says which field is missing', async (path, field) => {
  const { [field]: _left, ...body } = GOOD[path]!;
  expect(await post(path, body)).toMatchObject(refusal(`${field} is missing`));
});

const FIELDS = Object.entries(GOOD).flatMap(([path, body]) => Object.keys(body).map((field) => [path, field] as const));
const WRONG_TYPES = [5, true, [], ['123456'], {}, { $ne: null }, { $gt: '' }];

test.each(FIELDS)('%s refuses a %s that is no string', async (path, field) => {
  for (const value of WRONG_TYPES) {
    const { status, body } = await post(path, { ...GOOD[path], [field]: value });
    expect({ value, status, body }).toEqual({ value, ...refusal(`${field} must be a string`) });
  }
});

test.each(['SMS', 'Email', 'call', 'telegram', ''])(
  'the channel "%s" is refused: names are lower case',
  async (channel) => {
    const told = refusal('channel must be one of sms, email, whatsapp, voice');
    expect(await post('/send-otp', { to: freshPhone(), channel })).toMatchObject(told);
    expect(await post('/forgot-password-otp', { email: freshEmail(), phone: freshPhone(), channel })).toMatchObject(
      told,
    );
  },
);

const MISTAKES: [path: string, change: object, error: string, code?: ErrorCode][] = [
  ['/send-otp', { to: '12025550100' }, ERROR_TABLE.INVALID_PHONE_NUMBER.message, 'INVALID_PHONE_NUMBER'],
  ['/send-otp', { to: '' }, ERROR_TABLE.INVALID_PHONE_NUMBER.message, 'INVALID_PHONE_NUMBER'],
  ['/send-otp', { to: 'x', channel: 'email' }, ERROR_TABLE.INVALID_EMAIL.message, 'INVALID_EMAIL'],
  ['/verify-otp', { code: '12345' }, 'code must be 6 digits'],
  ['/verify-otp', {}, ERROR_TABLE.OTP_EXPIRED.message, 'OTP_EXPIRED'],
  ['/register-with-otp', { otp_code: 'abcdef' }, 'otp_code must be 6 digits'],
  ['/register-with-otp', { password: 'short' }, 'password is too short: use at least 8 characters', 'WEAK_PASSWORD'],
  ['/register-with-otp', { email: 'nobody' }, ERROR_TABLE.INVALID_EMAIL.message, 'INVALID_EMAIL'],
  ['/register-with-otp', { phone: '1' }, ERROR_TABLE.INVALID_PHONE_NUMBER.message, 'INVALID_PHONE_NUMBER'],
  ['/forgot-password-otp', { otp_code: '' }, 'otp_code must be 6 digits'],
  ['/forgot-password-otp', { otp_code: '1' }, 'otp_code must be 6 digits'],
  [
    '/forgot-password-otp',
    { new_password: 'short' },
    'new_password is too short: use at least 8 characters',
    'WEAK_PASSWORD',
  ],
  ['/forgot-password-otp', { otp_code: null }, 'otp_code is missing: new_password needs it'],
  ['/forgot-password-otp', { new_password: null }, 'new_password is missing: otp_code alone changes nothing'],
];

test.each(MISTAKES.map(([path, change, error, code]) => ({ path, change, error, code })))(
  '$path with $change is told "$error"',
  async ({ path, change, error, code }) => {
    expect(await post(path, { ...GOOD[path], ...change })).toMatchObject(refusal(error, code));
  },
);

test.each([7, 1_000, 90_000])('a code of %i digits is refused', async (length) => {
  const code = '1'.repeat(length);
  const [verify, register] = ['/verify-otp', '/register-with-otp'] as const;
  expect(await post(verify, { ...GOOD[verify], code })).toMatchObject(refusal('code must be 6 digits'));
  expect(await post(register, { ...GOOD[register], otp_code: code })).toMatchObject(
    refusal('otp_code must be 6 digits'),
  );
});

test('one of otp_code and new_password alone sends nothing and changes nothing', async () => {
  const { email, phone } = await registerUser(server);
  const before = await server.inbox(phone);
  for (const half of [{ otp_code: '123456' }, { new_password: 'newpassword123' }, { otp_code: '' }])
    expect((await post('/forgot-password-otp', { email, phone, ...half })).status).toBe(400);
  expect(await server.inbox(phone)).toEqual(before);
});

const BODIES: [name: string, init: RequestInit, status: number][] = [
  ['no body', { headers: JSON_TYPE }, 400],
  ['null', { headers: JSON_TYPE, body: 'null' }, 400],
  ['a list', { headers: JSON_TYPE, body: '[{"to":"+12025550100"}]' }, 400],
  ['a string', { headers: JSON_TYPE, body: '"to"' }, 400],
  ['a number', { headers: JSON_TYPE, body: '5' }, 400],
  ['cut JSON', { headers: JSON_TYPE, body: '{"to": "+1202' }, 400],
  ['bytes that are no UTF-8', { headers: JSON_TYPE, body: Buffer.from([0x7b, 0xff, 0xfe, 0x7d]) }, 400],
  ['a __proto__ key', { headers: JSON_TYPE, body: '{"__proto__": {"to": "x"}}' }, 400],
  ['101 kB', { headers: JSON_TYPE, body: JSON.stringify({ to: 'x'.repeat(101_000) }) }, 413],
  ['a form', { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'to=%2B12025550100' }, 415],
  ['plain text', { headers: { 'content-type': 'text/plain' }, body: '{"to":"+12025550100"}' }, 415],
  ['no content type', { body: Buffer.from('{"to":"+12025550100"}') }, 415],
];

test.each(BODIES)('a body of %s is refused in the shape of REST by every route', async (_name, init, status) => {
  for (const path of PATHS) {
    const answer = await raw(path, init);
    expect({ path, ...answer }).toMatchObject({ path, status, body: { code: 'BAD_USER_INPUT' } });
    expect(Object.keys(answer.body)).toEqual(['error', 'code']);
    expect(answer.body['error']).toMatch(/^[\w ]{4,}/);
  }
});

test.each(['GET', 'PUT', 'PATCH', 'DELETE'])('%s is answered 405 and names the method to use', async (method) => {
  for (const path of PATHS) {
    const { status, headers, body } = await raw(path, { method });
    expect({ status, allow: headers.get('allow'), body }).toEqual({
      status: 405,
      allow: 'POST',
      body: { error: 'Use POST here', code: 'BAD_USER_INPUT' },
    });
  }
});

test("a path that is nobody's is answered 404 in a shape that clients of both APIs can read", async () => {
  const { status, body } = await post('/send-opt', {});
  expect({ status, body }).toMatchObject({
    status: 404,
    body: { error: 'There is nothing at this path', code: 'BAD_USER_INPUT', errors: [{ extensions: {} }] },
  });
});

test('a wrong code in /verify-otp is 400 with valid and status, and the last one says so', async () => {
  const to = freshPhone();
  const headers = from(freshIp());
  await post('/send-otp', { to }, headers);
  const [message] = await server.inbox(to);
  const code = message!.code === '000000' ? '000001' : '000000';
  const wrong = { error: 'Invalid OTP', code: 'OTP_INVALID', valid: false };
  for (const status of ['pending', 'pending', 'max_attempts_reached'])
    expect(await post('/verify-otp', { to, code }, headers)).toMatchObject({ status: 400, body: { ...wrong, status } });
  const closed = await post('/verify-otp', { to, code }, headers);
  expect(closed).toMatchObject(refusal(ERROR_TABLE.MAX_ATTEMPTS_REACHED.message, 'MAX_ATTEMPTS_REACHED'));
  expect(Number(closed.headers.get('retry-after'))).toBeGreaterThan(0);
});

test('a taken e-mail address is 409, and the code works for another one', async () => {
  const { email } = await registerUser(server, { verifiedEmail: true });
  const phone = freshPhone();
  await post('/send-otp', { to: phone });
  const [message] = await server.inbox(phone);
  const body = { email, password: 'securepassword', phone, otp_code: message!.code };
  expect(await post('/register-with-otp', body)).toMatchObject(
    refusal(ERROR_TABLE.ACCOUNT_EXISTS.message, 'ACCOUNT_EXISTS'),
  );
  expect((await post('/register-with-otp', { ...body, email: freshEmail() })).status).toBe(200);
});

test('a refusal is logged once, with its request id and without what was sent', async () => {
  const before = server.log().length;
  const bad = await post('/verify-otp', { to: '+12025550177', code: 5 });
  const refused = await post('/verify-otp', { to: '+12025550177', code: '771177' });
  const added = server.log().slice(before);
  for (const { headers } of [bad, refused]) {
    const lines = added.split('\n').filter((line) => line.includes(headers.get('x-request-id')!));
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg).sort()).toEqual(['refused', 'request']);
  }
  expect(added).not.toMatch(/12025550177|771177/);
});
