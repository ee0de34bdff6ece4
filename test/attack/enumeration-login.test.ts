// Invariant 8 for signing in: known, unknown, unverified and suspended destinations get the same body, status, headers and
// limits for as many database commands, on send, check and action; so do wrong passwords. (Times: npm run timing.)
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  LoginDocument,
  LoginWithOtpDocument,
  SendOtpDocument,
  VerifyOtpDocument,
} from '../../web/generated/operations.ts';
import { freshEmail, freshPhone, registerUser } from '../support/codes.ts';
import { countCommands, type CommandCounter } from '../support/command-counter.ts';
import { from, startServer, type Answer, type TestServer } from '../support/server.ts';
import { freshIp } from './volley.ts';

const purpose = 'LOGIN' as const;
let server: TestServer;
let commands: CommandCounter;
beforeAll(async () => {
  server = await startServer();
  commands = countCommands(server);
});
afterAll(async () => {
  commands.close();
  await server.close();
});

/** What an attacker sees of an answer, without what is random by design and what they sent themselves. */
function visible(answer: Answer<unknown>, sent: string): unknown {
  const headers = [...answer.headers].filter(([name]) => !['date', 'x-request-id', 'content-length'].includes(name));
  const body = JSON.stringify({ data: answer.data, errors: answer.errors })
    .replaceAll(sent, 'TO')
    .replace(/"challengeId":"[\w-]{22}"/g, '"challengeId":"ID"')
    .replace(/"requestId":"[\w-]{36}"/g, '"requestId":"ID"');
  return { status: answer.status, headers: headers.sort(), body };
}

let clients = 0;
/** Runs the steps as one new client; what each showed, and how many database commands it cost. */
async function course(sent: string, steps: ((headers: Record<string, string>) => Promise<Answer<unknown>>)[]) {
  clients += 1;
  const headers = from(`198.51.100.${clients}`);
  const seen = [];
  await commands.quiet();
  for (const step of steps) {
    commands.take();
    const answer = await step(headers);
    // What goes on in the background ends before the next step begins.
    await deliveriesEnded();
    seen.push({ answer: visible(answer, sent), cost: commands.take().length });
  }
  return seen;
}

async function deliveriesEnded(): Promise<void> {
  for (;;) {
    const documents = await server.db.collection('challenges').find().toArray();
    if (!/"deliveringSince":\d/.test(JSON.stringify(documents))) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const suspend = (email: string) =>
  server.db.collection('users').updateOne({ email }, { $set: { suspendedAt: new Date() } });

/** Codes that are wrong but in a few runs of a million. */
const WRONG = ['000001', '111111', '222222', '333333'];
const codeSteps = (to: string, channel: 'SMS' | 'EMAIL') => [
  (headers: Record<string, string>) => server.run(SendOtpDocument, { input: { to, channel, purpose } }, headers),
  (headers: Record<string, string>) => server.run(SendOtpDocument, { input: { to, channel, purpose } }, headers),
  (headers: Record<string, string>) =>
    server.run(VerifyOtpDocument, { input: { to, code: WRONG[0]!, purpose } }, headers),
  ...WRONG.slice(1).map(
    (otpCode) => (headers: Record<string, string>) =>
      server.run(LoginWithOtpDocument, { input: { to, otpCode } }, headers),
  ),
];

test('by phone', async () => {
  const known = await registerUser(server);
  const suspended = await registerUser(server);
  await suspend(suspended.email);
  server.clock.advance(7_200_000);
  const expected = await course(known.phone, codeSteps(known.phone, 'SMS'));
  expect(JSON.stringify(expected)).toContain('MAX_ATTEMPTS_REACHED');
  for (const phone of [freshPhone(), suspended.phone])
    expect(await course(phone, codeSteps(phone, 'SMS'))).toEqual(expected);
});

test('by phone, until the limit of loginWithOtp says so', async () => {
  const known = await registerUser(server);
  server.clock.advance(7_200_000);
  const steps = (to: string) =>
    Array.from(
      { length: 11 },
      () => (headers: Record<string, string>) =>
        server.run(LoginWithOtpDocument, { input: { to, otpCode: '000001' } }, headers),
    );
  const expected = await course(known.phone, steps(known.phone));
  expect(JSON.stringify(expected.at(-2))).toContain('OTP_EXPIRED');
  expect(JSON.stringify(expected.at(-1))).toContain('RATE_LIMITED');
  const unknown = freshPhone();
  expect(await course(unknown, steps(unknown))).toEqual(expected);
});

test('by e-mail address', async () => {
  const verified = await registerUser(server, { verifiedEmail: true });
  const unverified = await registerUser(server);
  server.clock.advance(7_200_000);
  const expected = await course(verified.email, codeSteps(verified.email, 'EMAIL'));
  for (const email of [freshEmail(), unverified.email])
    expect(await course(email, codeSteps(email, 'EMAIL'))).toEqual(expected);
});

test('by password, until the limit says so', async () => {
  const known = await registerUser(server);
  const suspended = await registerUser(server);
  await suspend(suspended.email);
  const steps = (email: string) =>
    Array.from(
      { length: 11 },
      () => (headers: Record<string, string>) =>
        server.run(LoginDocument, { input: { email, password: 'not the password' } }, headers),
    );
  // Which kinds of hashes there are is read once a minute, whoever signs in.
  await steps(freshEmail())[0]!(from(freshIp()));
  const expected = await course(known.email, steps(known.email));
  expect(JSON.stringify(expected.at(-2))).toContain('INVALID_CREDENTIALS');
  expect(JSON.stringify(expected.at(-1))).toContain('RATE_LIMITED');
  for (const email of [freshEmail(), suspended.email]) expect(await course(email, steps(email))).toEqual(expected);
});
