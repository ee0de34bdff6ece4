import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { MeDocument } from '../../web/generated/operations.ts';
import { freshEmail, freshPhone, registerUser } from '../support/codes.ts';
import { from, startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '1000', CORS_ORIGINS: 'https://app.example.com' });
});
afterAll(() => server.close());

async function post(path: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  };
}
const newestCode = async (to: string) => (await server.inbox(to))[0]!.code;

test.each(['sms', 'email', 'whatsapp', 'voice'])('a code travels by %s', async (channel) => {
  const to = channel === 'email' ? freshEmail() : freshPhone();
  expect(await post('/send-otp', { to, channel })).toMatchObject({
    status: 200,
    body: { message: `OTP sent successfully via ${channel}`, status: 'pending', to, channel },
  });
  const [message] = await server.inbox(to);
  expect(message).toMatchObject({ channel: channel.toUpperCase(), purpose: 'VERIFICATION' });
  expect(await post('/verify-otp', { to, code: message!.code })).toMatchObject({
    status: 200,
    body: { message: 'OTP verified successfully', status: 'approved', valid: true },
  });
});

test('without a channel a code travels by sms; fields that nobody knows are ignored', async () => {
  const to = freshPhone();
  const { status, body } = await post('/send-otp', { to, purpose: 'PASSWORD_RESET', debug: true });
  expect({ status, body }).toMatchObject({ status: 200, body: { channel: 'sms' } });
  expect((await server.inbox(to))[0]!.purpose).toBe('VERIFICATION');
});

test('an answer has the fields of the guide and no others, and is not to be cached', async () => {
  const [phone, email] = [freshPhone(), freshEmail()];
  const sent = await post('/send-otp', { to: phone });
  expect(Object.keys(sent.body)).toEqual(['message', 'status', 'to', 'channel']);
  const otp_code = await newestCode(phone);
  const registered = await post('/register-with-otp', { email, password: 'securepassword', phone, otp_code });
  expect(Object.keys(registered.body)).toEqual(['message', 'token', 'user']);
  expect(Object.keys(registered.body['user'] as object)).toEqual(['id', 'email', 'phone_verified']);
  expect(registered.headers.get('cache-control')).toBe('no-store');
  const authorization = `Bearer ${registered.body['token'] as string}`;
  expect((await server.run(MeDocument, {}, { authorization })).data?.me?.email).toBe(email);
});

test('the channel email resets by a code to the verified address, and needs no phone', async () => {
  const { email } = await registerUser(server, { verifiedEmail: true });
  const sent = await post('/forgot-password-otp', { email, channel: 'email' });
  expect(sent).toMatchObject({ status: 200, body: { status: 'pending', to: email, channel: 'email' } });
  const reset = { email, channel: 'email', otp_code: await newestCode(email), new_password: 'newpassword123' };
  expect(await post('/forgot-password-otp', reset)).toMatchObject({
    status: 200,
    body: { message: 'Password reset successful' },
  });
});

test("the bearer of an access token is the requester, as at /graphql: the attempts are the user's", async () => {
  const { token } = await registerUser(server);
  const to = freshPhone();
  await post('/send-otp', { to });
  const code = (await newestCode(to)) === '000000' ? '000001' : '000000';
  const known = (ip: string) => post('/verify-otp', { to, code }, { authorization: `Bearer ${token}`, ...from(ip) });
  for (let count = 1; count <= 3; count += 1)
    expect((await known(`192.0.2.${count}`)).body['code']).toBe('OTP_INVALID');
  expect((await known('192.0.2.4')).body['code']).toBe('MAX_ATTEMPTS_REACHED');
});

test.each([
  { origin: 'http://localhost:3000', allowed: true },
  { origin: 'https://app.example.com', allowed: true },
  { origin: 'https://evil.example', allowed: false },
])('a page of $origin may call: $allowed, and may read refusals too', async ({ origin, allowed }) => {
  const preflight = await fetch(`${server.url}/send-otp`, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type',
    },
  });
  const refused = await post('/send-otp', {}, { origin });
  expect([preflight, refused].map(({ headers }) => headers.get('access-control-allow-origin'))).toEqual(
    allowed ? [origin, origin] : [null, null],
  );
  if (allowed) expect(preflight.headers.get('access-control-allow-methods')).toContain('POST');
  expect(refused.status).toBe(400);
});

test('/openapi.json describes exactly the routes of REST', async () => {
  const response = await fetch(`${server.url}/openapi.json`);
  const api = (await response.json()) as {
    openapi: string;
    info: { version: string };
    paths: Record<string, { post: { responses: Record<string, { headers?: object; content: object }> } }>;
    components: { schemas: { Error: { properties: { code: { enum: string[] } } } } };
  };
  expect(api.openapi).toBe('3.1.0');
  expect(Object.keys(api.paths)).toEqual(
    expect.arrayContaining(['/send-otp', '/verify-otp', '/register-with-otp', '/forgot-password-otp']),
  );
  expect(Object.keys(api.paths)).not.toContain('/graphql');
  for (const methods of Object.values(api.paths)) expect(Object.keys(methods)).toEqual(['post']);
  expect(api.info.version).toBe('0.1.0');
  const { responses } = api.paths['/send-otp']!.post;
  expect(Object.keys(responses)).toEqual(['200', '429', '503', '4XX', '5XX']);
  for (const status of ['429', '503']) expect(Object.keys(responses[status]!.headers!)).toEqual(['Retry-After']);
  for (const status of ['429', '503', '4XX', '5XX'])
    expect(responses[status]!.content).toEqual({
      'application/json': { schema: { $ref: '#/components/schemas/Error' } },
    });
  expect(api.components.schemas.Error.properties.code.enum).toContain('RATE_LIMITED');
  // A wrong code at /verify-otp alone says more.
  expect(Object.keys(api.components.schemas.Error.properties)).toEqual(['error', 'code']);
  expect(JSON.stringify(api.paths['/verify-otp']!.post.responses['400'])).toContain('max_attempts_reached');
  for (const answer of Object.values(api.paths['/reset-password']!.post.responses))
    expect(Object.keys(answer.headers!)).toEqual(expect.arrayContaining(['Deprecation', 'Sunset']));
});
