// Issue 6, part 3: POST /forgot-password and POST /reset-password of the old system, deprecated and still working.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { freshEmail, registerUser } from '../support/codes.ts';
import { startMailServer, type MailServer } from '../support/mail-server.ts';
import { importUser, linkTo, tokenOf } from '../support/reset-links.ts';
import { from, startServer, type TestServer } from '../support/server.ts';
import { startTwilioServer } from '../support/twilio-server.ts';

const PASSWORD = 'a brand new passphrase';
let server: TestServer;
let mail: MailServer;
beforeAll(async () => {
  mail = await startMailServer();
  server = await startServer({ EMAIL_LINK_RESET_SUNSET: '2027-06-30' });
});
// The buckets of one test are not those of the next.
beforeEach(() => server.clock.advance(86_400_000));
afterAll(async () => {
  await server.close();
  await mail.close();
});

async function post(path: string, body: unknown, on = server, headers: Record<string, string> = {}) {
  const response = await fetch(`${on.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

test('the old flow works as it did: ask, open the link, set the password', async () => {
  const email = await importUser(server);
  const asked = await post('/forgot-password', { email });
  expect(asked.status).toBe(200);
  expect(asked.body).toEqual({ message: expect.stringMatching(/^If an account has this e-mail address/) });
  expect(asked.body).toEqual((await post('/forgot-password', { email: freshEmail() })).body);

  const token = tokenOf(await linkTo(server, email));
  const weak = await post('/reset-password', { token, new_password: 'short' });
  expect(weak).toMatchObject({ status: 400, body: { code: 'WEAK_PASSWORD' } });
  expect((weak.body as { error: string }).error).toMatch(/^new_password is too short/);
  const reset = await post('/reset-password', { token, new_password: PASSWORD });
  expect(reset).toMatchObject({ status: 200, body: { message: 'Password reset successful' } });
  const again = await post('/reset-password', { token, new_password: PASSWORD });
  const error = 'This link has expired or was used: ask for a new one';
  expect(again).toMatchObject({ status: 400, body: { error, code: 'OTP_EXPIRED' } });
});

test('every answer says since when the routes are deprecated and until when they stay', async () => {
  const answers = [
    await post('/forgot-password', { email: freshEmail() }),
    await post('/forgot-password', { email: 'no address' }),
    await post('/forgot-password', {}),
    await post('/reset-password', { token: 'x', new_password: PASSWORD }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 400, 400, 400]);
  for (const { headers } of answers) {
    expect(headers.get('deprecation')).toMatch(/^@\d{10}$/);
    expect(headers.get('sunset')).toBe('Wed, 30 Jun 2027 23:59:59 GMT');
    expect(headers.get('cache-control')).toBe('no-store');
  }
  const current = await post('/forgot-password-otp', { email: freshEmail(), phone: '+1234567890' });
  expect([current.status, current.headers.get('deprecation'), current.headers.get('sunset')]).toEqual([
    200,
    null,
    null,
  ]);
});

test('GraphQL and the OpenAPI document mark them as deprecated', async () => {
  const { data } = await server.query(
    '{ __type(name: "Mutation") { fields(includeDeprecated: true) { name isDeprecated } } }',
  );
  const { fields } = data!['__type'] as { fields: { name: string; isDeprecated: boolean }[] };
  const deprecated = fields.filter(({ isDeprecated }) => isDeprecated).map(({ name }) => name);
  expect(deprecated.sort()).toEqual(['requestPasswordResetLink', 'resetPasswordWithLink']);
  const api = (await (await fetch(`${server.url}/openapi.json`)).json()) as {
    paths: Record<string, { post?: { deprecated?: boolean } }>;
  };
  const old = Object.entries(api.paths).filter(([, { post: operation }]) => operation?.deprecated);
  expect(old.map(([path]) => path).sort()).toEqual(['/forgot-password', '/reset-password']);
});

test('the page at the link is for people: fetching it, as a mail scanner does, spends nothing', async () => {
  const email = await importUser(server);
  await post('/forgot-password', { email });
  const link = new URL(await linkTo(server, email));
  // The fragment stays with whoever holds the link: no server and no log ever sees the token.
  expect(`${link.pathname}${link.search}`).toBe('/reset-password');
  for (const method of ['GET', 'HEAD']) {
    const page = await fetch(`${server.url}${link.pathname}`, { method });
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
  }
  const refused = await fetch(`${server.url}/reset-password`, { method: 'PUT' });
  expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, POST']);
  const token = tokenOf(link.href);
  expect((await post('/reset-password', { token, new_password: PASSWORD })).status).toBe(200);
});

test('REST and GraphQL share one bucket for an address', async () => {
  const email = freshEmail();
  const query = 'mutation ($email: String!) { requestPasswordResetLink(input: { email: $email }) { message } }';
  for (let count = 0; count < 10; count += 1) {
    const by = from(`198.51.100.${count}`);
    const { status } =
      count % 2 ? await post('/forgot-password', { email }, server, by) : await server.query(query, { email }, by);
    expect(status).toBe(200);
  }
  const own = from('198.51.100.200');
  for (let count = 0; count < 10; count += 1)
    await post('/forgot-password', { email: email.toUpperCase() }, server, own);
  const refused = await post('/forgot-password', { email }, server, own);
  expect(refused).toMatchObject({ status: 429, body: { code: 'RATE_LIMITED' } });
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3_000);
  expect((await server.query(query, { email }, own)).code).toBe('RATE_LIMITED');
});

test('switched off it is 403, and the page is gone; not configured it is 503', async () => {
  const off = await startServer({ PASSWORD_RESET_METHODS: 'otp' });
  const refused = await post('/forgot-password', { email: freshEmail() }, off);
  expect(refused).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
  expect((await fetch(`${off.url}/reset-password`)).status).toBe(404);
  await off.close();
  const unset = await startTwilioServer({ NODE_ENV: 'production', ...mail.environment });
  const unconfigured = await post('/forgot-password', { email: freshEmail() }, unset);
  expect(unconfigured).toMatchObject({ status: 503, body: { code: 'PROVIDER_NOT_CONFIGURED' } });
  expect(unset.log()).toContain('links need SMTP_URL and PUBLIC_URL');
  await unset.close();
});

test('with Twilio, links go by SMTP; a mail server that refuses shows in the log and the metrics only', async () => {
  const PUBLIC_URL = 'https://example.com/auth&more/';
  const own = await startTwilioServer({ ...mail.environment, PUBLIC_URL });
  const email = await importUser(own);
  expect((await post('/forgot-password', { email }, own)).status).toBe(200);
  const [one] = await mail.arrived(email);
  expect(one!.subject).toBe('Reset your password');
  const link = /^https:\S+$/m.exec(one!.text)![0];
  expect(link).toMatch(/^https:\/\/example\.com\/auth&more\/reset-password#token=[\w-]{43}$/);
  expect(one!.raw).toContain('auth&amp;more');
  expect((await post('/reset-password', { token: link.split('=').at(-1), new_password: PASSWORD }, own)).status).toBe(
    200,
  );

  const user = await registerUser(own);
  await own.db.collection('users').updateOne({ email: user.email }, { $set: { emailVerifiedAt: new Date() } });
  mail.refuseWith(550);
  const asked = await post('/forgot-password', { email: user.email }, own);
  expect(asked).toMatchObject({ status: 200 });
  // Closing waits for what is on its way.
  await own.close();
  mail.refuseWith(null);
  expect(own.log()).toContain('"kind":"PASSWORD_RESET_LINK","outcome":"FAILED"');
  expect(own.log()).not.toContain(user.email);
});
