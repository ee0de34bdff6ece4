// What a request may cost is bounded for each client, and tells nothing: an IPv6 customer who rotates through a /56 or a /48
// has 8 or 64 times what a /64 has, and no more; queries without a limit of their own come out of a budget of operations; a
// password is compared with the same work, whether its account was imported, is ours, or is none (invariant 8); and a reset
// link outlives a rotation of OTP_SECRET, which ends nobody's way in.
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import bcrypt from 'bcrypt';
import {
  LoginDocument,
  RequestPasswordResetLinkDocument,
  ResetPasswordWithLinkDocument,
  SendOtpDocument,
} from '../../web/generated/operations.ts';
import { freshEmail, freshPhone, registerUser } from '../support/codes.ts';
import { linkTo, tokenOf } from '../support/reset-links.ts';
import { from, startServer, type TestServer } from '../support/server.ts';
import { sharedMongodUri } from '../support/shared-mongod.ts';
import { freshIp, tally } from './volley.ts';

let server: TestServer;
const opened: TestServer[] = [];
const open = async (environment: Record<string, string>) => {
  const own = await startServer(environment);
  opened.push(own);
  return own;
};
beforeAll(async () => {
  server = await startServer();
});
afterEach(() => Promise.all(opened.splice(0).map((own) => own.close())));
afterAll(() => server.close());

/** How many sendOtp to fresh numbers pass, each from the next address. */
async function passing(count: number, address: (index: number) => string): Promise<number> {
  const answers = [];
  for (let at = 0; at < count; at += 50)
    answers.push(
      ...(await Promise.all(
        Array.from({ length: Math.min(50, count - at) }, (_, index) =>
          server.run(SendOtpDocument, { input: { to: freshPhone() } }, from(address(at + index))),
        ),
      )),
    );
  return tally(answers)['OK'] ?? 0;
}

test('an IPv6 /56 has 8 times the limit of a /64, whichever /64 asks', async () => {
  const subnet = (index: number) => (0x4200 + (index % 256)).toString(16);
  expect(await passing(200, (index) => `2001:db8:a:${subnet(index)}::1`)).toBe(160);
  expect(await passing(5, () => '2001:db8:a:42ff::9')).toBe(0);
  expect(await passing(5, () => '2001:db8:a:4300::1')).toBe(5);
});

test('an IPv6 /48 has 64 times the limit of a /64', async () => {
  expect(await passing(1_400, (index) => `2001:db8:b:${(index * 37).toString(16)}::1`)).toBe(1_280);
  expect(await passing(5, () => '2001:db8:c:1::1')).toBe(5);
});

test.each(['{ __typename }', '{ me { id } }', '{ __schema { types { name } } }', '{ no such query', '{ nothing }'])(
  'a client that sends nothing but %s runs out of operations; others do not',
  async (query) => {
    const own = await open({ RATE_LIMIT_SCALE: '0.01' });
    const ip = from(freshIp());
    const codes: (string | null)[] = [];
    for (let index = 0; index < 35; index += 1) codes.push((await own.query(query, {}, ip)).code);
    expect(codes.slice(0, 30)).not.toContain('RATE_LIMITED');
    expect(codes.slice(30)).toEqual(Array.from({ length: 5 }, () => 'RATE_LIMITED'));
    const refused = await own.query(query, {}, ip);
    expect([refused.status, refused.errors[0]?.extensions.retryAfterSeconds]).toEqual([200, 5]);
    expect(refused.headers.get('retry-after')).toBe('5');
    expect((await own.query('{ __typename }', {}, from(freshIp()))).code).toBeNull();
    own.clock.advance(5_000);
    expect((await own.query('{ __typename }', {}, ip)).code).toBeNull();
  },
);

/** The time of processors that logins of an account take, in ms: how busy the machine is does not count. */
async function workOf(email: string, password: string): Promise<number> {
  const before = process.cpuUsage();
  for (let times = 0; times < 4; times += 1)
    await server.run(LoginDocument, { input: { email, password } }, from(freshIp()));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 4_000;
}

test.each([
  ['as it is hashed', 'not the password'],
  ['with letters that are composed otherwise', 'not the pa\u0308ssword'],
])('a wrong password costs the same work for imported, own and unknown accounts: %s', async (_how, wrong) => {
  const ours = await registerUser(server);
  const none = { emailVerifiedAt: null, phoneVerifiedAt: null, twoFactorEnabled: false };
  const [slow, quick] = [freshEmail(), freshEmail()];
  const hashes = { [slow]: await bcrypt.hash('old password', 12), [quick]: `pbkdf2:sha256:1$salt$${'0'.repeat(64)}` };
  for (const [email, passwordHash] of Object.entries(hashes))
    await server.db
      .collection('users')
      .insertOne({ email, passwordHash, ...none, createdAt: new Date(), updatedAt: new Date() });
  server.clock.advance(60_000);
  const works = [];
  for (const email of [freshEmail(), ours.email, quick, slow]) works.push(await workOf(email, wrong));
  // bcrypt of cost 12 alone is several times the work of argon2id.
  expect(Math.max(...works) / Math.min(...works)).toBeLessThan(1.5);
  const input = { email: slow, password: 'old password' };
  expect((await server.run(LoginDocument, { input }, from(freshIp()))).code).toBeNull();
});

test('a reset link that was mailed before OTP_SECRET was rotated still works, and another secret makes it none', async () => {
  const secrets = Array.from({ length: 3 }, () => randomBytes(48).toString('base64'));
  const environment = {
    MONGODB_URI: sharedMongodUri(`otpql_${randomBytes(6).toString('hex')}`),
    PUBLIC_URL: 'https://auth.example.com',
  };
  const before = await open({ ...environment, OTP_SECRET: secrets[0]! });
  const { email } = await registerUser(before, { verifiedEmail: true });
  await before.run(RequestPasswordResetLinkDocument, { input: { email } });
  const input = { token: tokenOf(await linkTo(before, email)), newPassword: 'a brand new passphrase' };
  const foreign = await open({ ...environment, OTP_SECRET: secrets[2]! });
  expect((await foreign.run(ResetPasswordWithLinkDocument, { input })).code).toBe('OTP_EXPIRED');
  const after = await open({ ...environment, OTP_SECRET: secrets[1]!, OTP_SECRET_PREVIOUS: secrets[0]! });
  expect((await after.run(ResetPasswordWithLinkDocument, { input })).code).toBeNull();
  await after.db.dropDatabase();
});
