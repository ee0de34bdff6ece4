// Invariant 3: nobody locks the owner out. A client that has proven itself at a destination, by a right code or a session of
// its account in the last 90 days, has attempts and messages of its own there, which strangers cannot use up. It is known by
// the `deviceToken` that it sends back, else by its address; a token that proved nothing at this destination is worth nothing.
import { afterAll, beforeEach, expect, test } from '@jest/globals';
import {
  LoginDocument,
  LoginWithOtpDocument,
  RevokeAllSessionsDocument,
  SendOtpDocument,
  VerifyOtpDocument,
} from '../../web/generated/operations.ts';
import { nextCode } from '../support/accounts.ts';
import { registerUser, sendCode } from '../support/codes.ts';
import { from, startServer, type TestServer } from '../support/server.ts';
import { freshIp, otherCode } from './volley.ts';

const DAY = 86_400_000;

let server: TestServer;
beforeEach(async () => {
  await server?.close();
  server = await startServer({ RATE_LIMIT_SCALE: '1000' });
});
afterAll(() => server.close());

type Headers = Record<string, string>;
const device = (token: string): Headers => ({ 'x-otpql-device': token, ...from(freshIp()) });
const send = (to: string, headers: Headers) =>
  server.run(SendOtpDocument, { input: { to, purpose: 'LOGIN' } }, headers);
const signIn = (to: string, otpCode: string, headers: Headers) =>
  server.run(LoginWithOtpDocument, { input: { to, otpCode } }, headers);
const guess = (to: string, code: string, headers: Headers) =>
  server.run(VerifyOtpDocument, { input: { to, code, purpose: 'LOGIN' } }, headers);

/** Strangers have five codes sent, as many as a destination gets in ten minutes. */
async function useUpMessages(to: string): Promise<void> {
  for (let count = 0; count < 5; count += 1) {
    expect((await send(to, from(freshIp()))).code).toBeNull();
    server.clock.advance(30_000);
  }
  expect((await send(to, from(freshIp()))).code).toBe('RATE_LIMITED');
}

/** Strangers give a hundred wrong codes in a row. */
async function closeDestination(to: string): Promise<void> {
  for (let wrong = 0; wrong < 100;) {
    const asker = from(freshIp());
    const code = await sendCode(server, to, { purpose: 'LOGIN', headers: asker });
    for (const by of [from(freshIp()), asker])
      for (let tries = by === asker ? 2 : 3; tries > 0 && wrong < 100; tries -= 1, wrong += 1)
        expect((await guess(to, otherCode(code, wrong), by)).data?.verifyOtp.valid).toBe(false);
    server.clock.advance(10 * 60_000);
  }
  expect((await send(to, from(freshIp()))).code).toBe('MAX_ATTEMPTS_REACHED');
}

test('strangers use up the messages, and the known device has its code', async () => {
  const { phone, deviceToken } = await registerUser(server);
  await useUpMessages(phone);
  const owner = device(deviceToken);
  expect((await send(phone, owner)).code).toBeNull();
  expect((await signIn(phone, (await server.inbox(phone))[0]!.code, owner)).code).toBeNull();
});

test('strangers close the destination, and the known device signs in', async () => {
  const { phone, deviceToken } = await registerUser(server);
  await closeDestination(phone);
  const owner = device(deviceToken);
  const before = (await server.inbox(phone)).length;
  expect((await send(phone, owner)).code).toBeNull();
  expect((await signIn(phone, await nextCode(server, phone, before), owner)).code).toBeNull();
  // A success opens it for everybody.
  expect((await send(phone, from(freshIp()))).code).toBeNull();
});

test('strangers ask for the code too, and its kept attempts are the known device’s', async () => {
  const { phone, deviceToken } = await registerUser(server);
  const [owner, ...strangers] = [device(deviceToken), ...Array.from({ length: 4 }, () => from(freshIp()))];
  const code = await sendCode(server, phone, { purpose: 'LOGIN', headers: owner });
  for (const stranger of strangers) {
    await send(phone, stranger);
    for (let tries = 0; tries < 3; tries += 1) await guess(phone, otherCode(code, tries), stranger);
  }
  expect((await guess(phone, otherCode(code, 9), owner)).data?.verifyOtp.attemptsRemaining).toBe(1);
  expect((await signIn(phone, code, owner)).code).toBeNull();
});

test('without a device token the address is known', async () => {
  const home = from(freshIp());
  const { phone } = await registerUser(server);
  const code = await sendCode(server, phone, { purpose: 'LOGIN', headers: home });
  expect((await signIn(phone, code, home)).code).toBeNull();
  server.clock.advance(10 * 60_000);
  await useUpMessages(phone);
  expect((await send(phone, home)).code).toBeNull();
});

test.each([
  ['on its 90th day', 90 * DAY - 200_000, null],
  ['after 90 days', 90 * DAY, 'RATE_LIMITED'],
])('a proof counts %s: %s', async (_when, age, outcome) => {
  const { phone, deviceToken } = await registerUser(server);
  server.clock.advance(age);
  await useUpMessages(phone);
  expect((await send(phone, device(deviceToken))).code).toBe(outcome);
});

test('a thief’s device is a stranger again once the owner has ended all sessions', async () => {
  const { phone, email, password, deviceToken, token } = await registerUser(server);
  const thief = device('t'.repeat(43));
  expect((await server.run(LoginDocument, { input: { email, password } }, thief)).code).toBeNull();
  const headers = { 'x-otpql-device': deviceToken, authorization: `Bearer ${token}` };
  expect((await server.run(RevokeAllSessionsDocument, {}, headers)).code).toBeNull();
  await useUpMessages(phone);
  expect((await send(phone, thief)).code).toBe('RATE_LIMITED');
  expect((await send(phone, device(deviceToken))).code).toBeNull();
});

test('the token of another account, or one made up, is worth nothing here', async () => {
  const [{ phone }, other] = [await registerUser(server), await registerUser(server)];
  await useUpMessages(phone);
  for (const token of [other.deviceToken, 'x'.repeat(43), 'short', 'ü'.repeat(40)])
    expect((await send(phone, { ...from(freshIp()), 'x-otpql-device': encodeURIComponent(token) })).code).toBe(
      'RATE_LIMITED',
    );
});

test('of a destination eight clients are known, the last ones', async () => {
  const { phone, deviceToken } = await registerUser(server);
  for (let index = 0; index < 8; index += 1) {
    server.clock.advance(10 * 60_000);
    const headers = device(`${index}`.repeat(43));
    const code = await sendCode(server, phone, { purpose: 'LOGIN', headers });
    expect((await signIn(phone, code, headers)).data?.loginWithOtp).toMatchObject({
      deviceToken: `${index}`.repeat(43),
    });
  }
  server.clock.advance(10 * 60_000);
  await useUpMessages(phone);
  expect((await send(phone, device(deviceToken))).code).toBe('RATE_LIMITED');
  expect((await send(phone, device('0'.repeat(43)))).code).toBeNull();
});

test('what is kept of a client tells neither its token nor its address', async () => {
  const ip = freshIp();
  const { phone, deviceToken } = await registerUser(server);
  const headers = { 'x-otpql-device': deviceToken, ...from(ip) };
  await signIn(phone, await sendCode(server, phone, { purpose: 'LOGIN', headers }), headers);
  const kept = JSON.stringify(await server.db.collection('challenges').find().toArray()) + server.log();
  expect(kept).toContain('clients');
  expect(kept).not.toContain(deviceToken);
  expect(kept).not.toContain(ip);
});
