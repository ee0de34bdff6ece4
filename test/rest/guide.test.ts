// Every example of the guide that otpql replaces (guide.txt is its text, unchanged), run as it stands there.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runInNewContext } from 'node:vm';
import { root } from '../../scripts/project.mjs';
import { MeDocument } from '../../web/generated/operations.ts';
import { blocks } from '../docs/blocks.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { startTwilioServer, type TwilioServer } from '../support/twilio-server.ts';

const GUIDE = readFileSync(join(root, 'test/rest/guide.txt'), 'utf8');
const blocksOf = (wanted: string) =>
  blocks(GUIDE)
    .filter(({ language }) => language === wanted)
    .map(({ text }) => text);
const CURLS = blocksOf('bash').filter((text) => text.startsWith('curl'));
const [SEND, SENT, VERIFY, VERIFIED, REGISTER, REGISTERED, FORGOT, RESET] = blocksOf('json').map(
  (text) => JSON.parse(text) as Record<string, unknown>,
);
const PHONE = '+1234567890';
/** The code of every example. */
const CODE = '123456';
const DAY_MS = 86_400_000;

interface Api {
  sendOTP(to: string, channel?: string): Promise<unknown>;
  verifyOTP(to: string, code: string): Promise<{ valid: boolean }>;
  registerWithOTP(email: string, password: string, phone: string, otpCode: string): Promise<{ token: string }>;
}

/** The three functions of the guide's `api.js`, from its text. */
function guideApi(url: string): Api {
  const [members = ''] = blocksOf('javascript');
  return runInNewContext(`({ ${members} })`, { API_BASE_URL: url, fetch, JSON, Error }) as Api;
}

/** Where the guide's lines expect a server; where the port is taken, another one. */
async function freePort(): Promise<string> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve('0'));
    probe.listen(5000, '127.0.0.1', () => probe.close(() => resolve('5000')));
  });
}

let server: TwilioServer;
let api: Api;
beforeAll(async () => {
  // Twilio's stand-in hands out the code of the examples.
  server = await startTwilioServer({ PORT: await freePort() }, () => CODE);
  api = guideApi(server.url);
});
beforeEach(async () => {
  // Every example is about the same person: each test begins with nobody known and nothing pending.
  server.clock.advance(DAY_MS);
  server.emulator.control.resetBehavior();
  for (const collection of await server.db.collections()) await collection.deleteMany({});
});
afterAll(() => server.close());

async function post(url: string, path: string, body: unknown) {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: response.status, headers: response.headers, body: await response.json() };
}
const call = (path: string, body: unknown) => post(server.url, path, body);

test('the curl lines answer what the guide shows', async () => {
  expect(CURLS).toHaveLength(3);
  const delivered = server.messages(PHONE).length;
  const outputs: unknown[] = [];
  for (const line of CURLS) {
    const here = line.replace('localhost:5000', new URL(server.url).host.replace('127.0.0.1:5000', 'localhost:5000'));
    const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', here]);
    outputs.push(JSON.parse(stdout));
  }
  // The second line comes within the cool-down: the same answer, and no second message.
  expect(outputs).toEqual([SENT, SENT, VERIFIED]);
  expect(server.messages(PHONE)).toHaveLength(delivered + 1);
});

test('the request of each endpoint gets the response beside it', async () => {
  expect(await call('/send-otp', SEND)).toMatchObject({ status: 200, body: SENT });
  expect(await call('/verify-otp', VERIFY)).toMatchObject({ status: 200, body: VERIFIED });
});

describe.each([
  { way: 'sent', paths: ['/send-otp'] },
  { way: 'sent and verified', paths: ['/send-otp', '/verify-otp'] },
])('after the code was $way', ({ paths }) => {
  test('/register-with-otp takes the same code and answers the shape that the guide shows', async () => {
    const bodies: Record<string, unknown> = { '/send-otp': SEND, '/verify-otp': VERIFY };
    for (const path of paths) expect((await call(path, bodies[path])).status).toBe(200);
    const { status, body } = await call('/register-with-otp', REGISTER);
    const user = { ...(REGISTERED?.['user'] as object), id: expect.stringMatching(/^[0-9a-f]{24}$/) };
    expect({ status, body }).toEqual({
      status: 200,
      body: { ...REGISTERED, token: expect.stringMatching(/^eyJ/), user },
    });
  });
});

test('both steps of /forgot-password-otp change the password and end the sessions', async () => {
  await call('/send-otp', SEND);
  const { token } = (await call('/register-with-otp', REGISTER)).body as { token: string };
  const me = () => server.run(MeDocument, {}, { authorization: `Bearer ${token}` });
  expect((await me()).data?.me?.email).toBe('user@example.com');
  const hash = async () => (await server.db.collection('users').findOne())!['passwordHash'] as unknown;
  const before = await hash();
  const delivered = server.messages(PHONE).length;
  expect(await call('/forgot-password-otp', FORGOT)).toMatchObject({ status: 200, body: SENT });
  await server.delivered(PHONE, delivered + 1);
  expect(await call('/forgot-password-otp', RESET)).toMatchObject({
    status: 200,
    body: { message: 'Password reset successful' },
  });
  expect(await hash()).not.toBe(before);
  expect((await me()).code).toBe('UNAUTHENTICATED');
});

test('the three functions of api.js work as the OTPVerification component uses them', async () => {
  expect(await api.sendOTP(PHONE)).toEqual(SENT);
  await expect(api.verifyOTP(PHONE, '654321')).rejects.toThrow(/^Invalid OTP$/);
  expect((await api.verifyOTP(PHONE, CODE)).valid).toBe(true);
  const registered = await api.registerWithOTP('user@example.com', 'securepassword', PHONE, CODE);
  expect(registered.token).toMatch(/^eyJ/);
  // What is shown to people is the server's reason, not the fallback of api.js.
  const again = api.registerWithOTP('user@example.com', 'securepassword', PHONE, CODE);
  await expect(again).rejects.toThrow(/^No code is pending here/);
});

describe('each error of "Troubleshooting"', () => {
  const heading = (error: string) => expect(GUIDE).toContain(`### Error: "${error}"`);

  test('Twilio not configured', async () => {
    heading('Twilio not configured');
    const bare: TestServer = await startServer({ OTP_PROVIDER: 'twilio' });
    try {
      await expect(guideApi(bare.url).sendOTP(PHONE)).rejects.toThrow(/^Twilio not configured$/);
      const { status, headers, body } = await post(bare.url, '/send-otp', SEND);
      expect({ status, body }).toEqual({
        status: 503,
        body: { error: 'Twilio not configured', code: 'PROVIDER_NOT_CONFIGURED' },
      });
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    } finally {
      await bare.close();
    }
  });

  test('Invalid phone number', async () => {
    heading('Invalid phone number');
    await expect(api.sendOTP('1234567890')).rejects.toThrow(/^Invalid phone number: use E\.164 format/);
    expect(await call('/send-otp', { to: '1234567890' })).toMatchObject({ status: 400 });
    for (const example of ['+12025551234', '+919876543210'])
      expect(await api.sendOTP(example)).toMatchObject({ to: example, status: 'pending' });
  });

  test('Unable to create record', async () => {
    heading('Unable to create record');
    // Twilio's answer to a wrong Verify Service SID.
    server.emulator.control.setBehavior({ error: { on: 'start', code: 20404 } });
    await expect(api.sendOTP(PHONE)).rejects.toThrow(/^Unable to create record/);
    expect(await call('/send-otp', SEND)).toMatchObject({ status: 502, body: { code: 'PROVIDER_ERROR' } });
  });
});

test('when Twilio asks to wait, the answer is 503 and says how long', async () => {
  server.emulator.control.setBehavior({ error: { on: 'start', code: 20429, times: 1 } });
  const { status, headers, body } = await call('/send-otp', SEND);
  expect({ status, body }).toMatchObject({ status: 503, body: { code: 'SERVICE_UNAVAILABLE' } });
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await call('/send-otp', SEND)).status).toBe(200);
});
