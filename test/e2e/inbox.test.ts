// DESIGN section 9: GET /dev/inbox.json?to= tells the last 100 messages, newest first, to this machine only: neither to
// another host nor to a page of a foreign name that resolves here (DNS rebinding). In production there is no inbox.
import { request } from 'node:http';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { SendOtpDocument } from '../../web/generated/operations.ts';
import { freshEmail, freshPhone } from '../support/codes.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '1000' });
});
beforeEach(() => server.clock.advance(1000));
afterAll(() => server.close());

const send = async (to: string, channel: 'SMS' | 'EMAIL' = 'SMS') => {
  const answer = await server.run(SendOtpDocument, { input: { to, channel } });
  expect(answer.code).toBeNull();
};

/** A GET with any Host header; `fetch` does not let one be set. */
function get(path: string, headers: Record<string, string>) {
  return new Promise<{ status: number; body: string }>((resolve, reject) => {
    const { hostname, port } = new URL(server.url);
    request({ hostname, port, path, headers }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode!, body }));
    })
      .on('error', reject)
      .end();
  });
}

test('a message tells to, channel, purpose, code and sentAt', async () => {
  const to = freshPhone();
  await send(to);
  const sentAt = new Date(server.clock.now()).toISOString();
  const code = expect.stringMatching(/^\d{6}$/) as unknown as string;
  expect(await server.inbox(to)).toEqual([{ to, channel: 'SMS', purpose: 'VERIFICATION', code, sentAt }]);
});

test('messages come newest first, and `to` filters them', async () => {
  const [phone, email] = [freshPhone(), freshEmail()];
  await send(phone);
  server.clock.advance(1000);
  await send(email, 'EMAIL');
  server.clock.advance(30_000);
  await send(phone);
  expect((await server.inbox()).slice(0, 3).map(({ to }) => to)).toEqual([phone, email, phone]);
  const mine = await server.inbox(phone);
  expect(mine.map(({ to }) => to)).toEqual([phone, phone]);
  expect(mine[0]!.sentAt > mine[1]!.sentAt).toBe(true);
  expect(await server.inbox(email)).toHaveLength(1);
  expect(await server.inbox(freshPhone())).toEqual([]);
  expect(await server.inbox('')).toEqual([]);
});

test('the inbox keeps the last 100 messages', async () => {
  const numbers = Array.from({ length: 105 }, freshPhone);
  for (const to of numbers) await send(to);
  const messages = await server.inbox();
  expect(messages.map(({ to }) => to)).toEqual(numbers.slice(5).reverse());
});

test.each(['/dev/inbox.json', '/dev/inbox', '/dev/notices.json'])(
  '%s answers this machine by its own names, and refuses a foreign Host without telling a code',
  async (path) => {
    await send(freshPhone());
    const { port } = new URL(server.url);
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`, 'localhost'])
      expect([host, (await get(path, { host })).status]).toEqual([host, 200]);
    const foreign = [
      'evil.example',
      `evil.example:${port}`,
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      'x@localhost',
    ];
    for (const host of foreign) {
      const refused = await get(path, { host });
      expect([host, refused.status]).toEqual([host, 404]);
      expect(refused.body).not.toMatch(/"\d{6}"/);
    }
  },
);

test('the answer is not cached, and no foreign page may read it', async () => {
  const response = await fetch(`${server.url}/dev/inbox.json`, { headers: { origin: 'https://evil.example' } });
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(response.headers.get('access-control-allow-origin')).toBeNull();
  expect(response.headers.get('content-type')).toMatch(/^application\/json/);
});

test('the page is HTML under a content security policy that allows its own scripts only', async () => {
  const response = await fetch(`${server.url}/dev/inbox`);
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  const policy = response.headers.get('content-security-policy')!;
  expect(policy).toContain("default-src 'self'");
  expect(policy).toContain("script-src 'self'");
  expect(policy).not.toContain("script-src 'self' 'unsafe-inline'");
  const page = await response.text();
  expect(page).not.toMatch(/<script(?![^>]*\ssrc=)|\son\w+=/);
  for (const [, path] of page.matchAll(/(?:src|href)="(\/[^"]+)"/g))
    expect([path, (await fetch(`${server.url}${path}`)).status]).toEqual([path, 200]);
});

/** Production with the one sender that needs no account elsewhere; nothing listens there. */
const PRODUCTION = {
  NODE_ENV: 'production',
  OTP_PROVIDER: 'local',
  SMTP_URL: 'smtp://127.0.0.1:9',
  MAIL_FROM: 'otpql@example.com',
};

test('in production there is no inbox, no start page and no page of the REST API; its description stays', async () => {
  const production = await startServer(PRODUCTION);
  try {
    for (const path of [
      '/dev/inbox',
      '/dev/inbox.json',
      '/dev/inbox.js',
      '/dev/page.css',
      '/docs',
      '/docs/docs.js',
      '/',
    ])
      expect([path, (await fetch(production.url + path)).status]).toEqual([path, 404]);
    expect((await fetch(`${production.url}/openapi.json`)).status).toBe(200);
    expect((await fetch(`${production.url}/healthz`)).status).toBe(200);
  } finally {
    await production.close();
  }
});

test('in production a sent code is told to nobody', async () => {
  const production = await startServer(PRODUCTION);
  try {
    const answer = await production.run(SendOtpDocument, { input: { to: 'someone@example.com', channel: 'EMAIL' } });
    expect(answer.code).toBe('SERVICE_UNAVAILABLE');
    expect(JSON.stringify([answer.data, answer.errors])).not.toMatch(/"\d{6}"/);
    expect(production.log()).not.toContain('someone@example.com');
  } finally {
    await production.close();
  }
});
