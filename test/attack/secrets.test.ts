// Invariant 6 (DESIGN section 4): no code at rest or in a log, nor anything that it can be recomputed from without
// OTP_SECRET; likewise no token, no password, and no full phone number or e-mail address, except an account's own two
// fields. Shown by reading every collection and every log line after a full flow, its failures included.
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import mongoose from 'mongoose';
import {
  MeDocument,
  RefreshSessionDocument,
  RegisterWithOtpDocument,
  ResetPasswordWithOtpDocument,
  SendOtpDocument,
  VerifyOtpDocument,
} from '../../web/generated/operations.ts';
import { freshEmail, freshPhone, sendCode, wrongCode } from '../support/codes.ts';
import { from, startServer, type TestServer } from '../support/server.ts';

const { EJSON } = mongoose.mongo.BSON;
const OTP_SECRET = 'the otp secret of this test, long enough';
const JWT_SECRET_KEY = 'the jwt secret of this test, long enough';
const CLIENT_IP = '198.51.100.23';
const PASSWORD = 'correct horse battery staple';
const NEW_PASSWORD = 'a newer and longer passphrase';

let server: TestServer;
let database: string;
let log: string;
const codes = new Set<string>();
const tokens = new Set<string>();
const destinations = new Set<string>();

beforeAll(async () => {
  server = await startServer({ OTP_SECRET, JWT_SECRET_KEY, LOG_LEVEL: 'trace' });
  await fullFlow();
  database = await dump();
  log = server.log();
});
afterAll(() => server.close());

/** Everything a person and an attacker do; what must stay secret is collected on the way. */
async function fullFlow(): Promise<void> {
  const [phone, email, unknown] = [freshPhone(), freshEmail(), freshPhone()];
  for (const destination of [phone, email, unknown]) destinations.add(destination);
  const headers = from(CLIENT_IP);
  const remember = <T extends string>(set: Set<string>, secret: T): T => (set.add(secret), secret);
  const verify = async (to: string, code: string) => {
    const { data } = await server.run(VerifyOtpDocument, { input: { to, code } }, headers);
    return remember(tokens, data!.verifyOtp.verificationToken!);
  };

  const emailCode = remember(codes, await sendCode(server, email, { channel: 'EMAIL', headers }));
  const emailVerificationToken = await verify(email, emailCode);
  const otpCode = remember(codes, await sendCode(server, phone, { headers }));
  const wrong = remember(codes, wrongCode(otpCode));
  await server.run(VerifyOtpDocument, { input: { to: phone, code: wrong } }, headers);
  const weak = { email, phone, password: 'password', otpCode };
  expect((await server.run(RegisterWithOtpDocument, { input: weak }, headers)).code).toBe('WEAK_PASSWORD');
  await verify(phone, otpCode);
  const input = { email, phone, password: PASSWORD, otpCode, emailVerificationToken };
  const registered = (await server.run(RegisterWithOtpDocument, { input }, headers)).data!.registerWithOtp;
  remember(tokens, registered.token);
  remember(tokens, registered.refreshToken);
  const authorization = `Bearer ${registered.token}`;
  expect((await server.run(MeDocument, {}, { authorization })).data?.me?.email).toBe(email);

  const unspent = remember(codes, await sendCode(server, freshDestination(), { headers }));
  expect(unspent).toMatch(/^\d{6}$/);
  const proven = freshDestination();
  await verify(proven, remember(codes, await sendCode(server, proven, { headers })));
  await server.run(SendOtpDocument, { input: { to: unknown, purpose: 'PASSWORD_RESET' } }, headers);
  const resetCode = remember(codes, await sendCode(server, phone, { purpose: 'PASSWORD_RESET', headers }));
  const reset = { email, phone, newPassword: NEW_PASSWORD };
  for (const code of [remember(codes, wrongCode(resetCode)), resetCode])
    await server.run(ResetPasswordWithOtpDocument, { input: { ...reset, otpCode: code } }, headers);
  expect((await server.run(MeDocument, {}, { authorization })).code).toBe('UNAUTHENTICATED');

  // One session stays, so that its record is in the dump.
  const second = freshDestination();
  const verificationToken = await verify(second, remember(codes, await sendCode(server, second, { headers })));
  const other = { email: freshEmail(), phone: second, password: PASSWORD, verificationToken };
  destinations.add(other.email);
  const kept = (await server.run(RegisterWithOtpDocument, { input: other }, headers)).data!.registerWithOtp;
  remember(tokens, kept.token);
  remember(tokens, kept.refreshToken);
  const { refreshToken } = kept;
  const { data } = await server.run(RefreshSessionDocument, { refreshToken }, headers);
  remember(tokens, data!.refreshSession.token);
  remember(tokens, data!.refreshSession.refreshToken);
  // One of a session that has ended is refused, and not logged either.
  await server.run(RefreshSessionDocument, { refreshToken: registered.refreshToken }, headers);

  // What a client puts where it does not belong: in the URL, in literals, in broken documents and bodies.
  await fetch(`${server.url}/lost/${phone}?code=${otpCode}&email=${encodeURIComponent(email)}`);
  await server.query(`mutation { verifyOtp(input: {to: "${phone}", code: ${otpCode}}) { valid } }`);
  await server.query(`mutation { sendOtp(input: {to: "${phone}", code: "${otpCode}"`);
  await server.query('mutation($i: VerifyOtpInput!) { verifyOtp(input: $i) { valid } }', {
    i: { to: [phone], code: { $ne: otpCode }, password: PASSWORD },
  });
  const body = `{"query": "${phone} ${email} ${otpCode}`;
  await fetch(`${server.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
}

function freshDestination(): string {
  const phone = freshPhone();
  destinations.add(phone);
  return phone;
}

/** Every document of every collection as text; of users, all but the two fields that are meant to hold destinations. */
async function dump(): Promise<string> {
  const collections = await server.db.listCollections().toArray();
  const parts = await Promise.all(
    collections.map(async ({ name }) => {
      const documents = await server.db.collection(name).find().toArray();
      const shown = documents.map((document) =>
        name === 'users' ? { ...document, email: undefined, phone: undefined } : document,
      );
      return `${name} ${EJSON.stringify(shown)}`;
    }),
  );
  return parts.join('\n');
}

/** A code as a value of its own, not as part of a longer number such as an instant. */
const asCode = (code: string) => new RegExp(`(?<![0-9])${code}(?![0-9])`);

const digests = (secret: string): string[] =>
  ['md5', 'sha1', 'sha256', 'sha512'].flatMap((algorithm) => {
    const digest = createHash(algorithm).update(secret).digest();
    return [digest.toString('hex'), digest.toString('base64'), digest.toString('base64url')];
  });

test('the flow left traces to look at', () => {
  for (const name of ['users', 'challenges', 'sessions', 'rateLimits'])
    expect(database).toMatch(new RegExp(`^${name} \\[\\{`, 'm'));
  expect(log.split('\n').length).toBeGreaterThan(15);
  expect(log).toContain('"errorCode":"OTP_INVALID"');
  expect([codes.size, tokens.size, destinations.size]).toEqual([8, 10, 7]);
});

test('no code is in the database or in the log', () => {
  for (const code of codes) {
    expect(database).not.toMatch(asCode(code));
    expect(log).not.toMatch(asCode(code));
  }
});

test('no plain digest of a code, a number or an e-mail address is in the database or in the log', () => {
  for (const secret of [...codes, ...destinations, CLIENT_IP])
    for (const digest of digests(secret)) {
      expect(database).not.toContain(digest);
      expect(log).not.toContain(digest);
    }
});

test('no token is in the database or in the log', () => {
  for (const token of tokens)
    for (const part of [token, ...token.split('.').slice(1)]) {
      expect(database).not.toContain(part);
      expect(log).not.toContain(part);
    }
});

test('no password is in the database or in the log', () => {
  for (const password of [PASSWORD, NEW_PASSWORD]) {
    expect(database).not.toContain(password);
    expect(log).not.toContain(password);
  }
  expect(database).toMatch(/"passwordHash":"\$argon2id\$v=19\$m=19456,(t=2,p=1|p=1,t=2)\$/);
});

test('no full number or e-mail address is in the database, but in the fields of its account, or in the log', () => {
  for (const destination of destinations) {
    const bare = destination.replace('+', '');
    const [local] = bare.split('@');
    for (const form of [bare, local!, encodeURIComponent(destination)]) {
      expect(database).not.toContain(form);
      expect(log).not.toContain(form);
    }
  }
});

test('neither a secret of the server nor the address of a client is in the database or in the log', () => {
  for (const secret of [OTP_SECRET, JWT_SECRET_KEY, CLIENT_IP]) {
    expect(database).not.toContain(secret);
    expect(log).not.toContain(secret);
  }
});

test('every log line is JSON, and every line of a request tells its id', () => {
  const lines = log
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const ofRequests = lines.filter(({ msg }) => ['request', 'refused', 'failed'].includes(String(msg)));
  expect(ofRequests.length).toBeGreaterThan(15);
  for (const { requestId } of ofRequests) expect(requestId).toMatch(/^[\da-f-]{36}$/);
});
