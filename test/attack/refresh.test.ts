// DESIGN section 7: a refresh token is rotated at each use. Used again within 10 s by the same client it gets the same
// successor; used later, or by another client, it ends the session, whose access tokens are refused at the next request. A
// string that was not made here does nothing, whoever's session it names.
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import jwt from 'jsonwebtoken';
import mongoose from 'mongoose';
import { createHash, randomBytes } from 'node:crypto';
import { Keyring } from '../../src/keyring.ts';
import { RefreshTokens } from '../../src/session/refresh-tokens.ts';
import { MAX_RETIRED_TOKENS, RETRY_MS } from '../../src/session/refresh-rules.ts';
import { MeDocument, RefreshSessionDocument } from '../../web/generated/operations.ts';
import { registerUser } from '../support/codes.ts';
import { countCommands } from '../support/command-counter.ts';
import { from, startServer, type TestServer } from '../support/server.ts';
import { SECRETS } from '../support/sessions.ts';
import { sharedMongodUri } from '../support/shared-mongod.ts';
import { successes, tally, volley } from './volley.ts';

const { EJSON } = mongoose.mongo.BSON;
const CLIENT = { ...from('198.51.100.1'), 'user-agent': 'phone' };
const MONTH_MS = 2_592_000_000;

let server: TestServer;
const given = new Set<string>();
beforeAll(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '1000', ...SECRETS });
});
afterAll(() => server.close());

const ask = (refreshToken: string, headers: Record<string, string> = CLIENT, at = server) =>
  at.run(RefreshSessionDocument, { refreshToken }, headers);
/** A refresh that must succeed. */
async function refresh(refreshToken: string, headers = CLIENT, at = server) {
  const { data, code } = await ask(refreshToken, headers, at);
  expect(code).toBeNull();
  given.add(data!.refreshSession.refreshToken);
  return data!.refreshSession;
}
async function signUp(): Promise<{ token: string; refreshToken: string; user: { id: string } }> {
  const registered = await registerUser(server);
  given.add(registered.refreshToken);
  return registered;
}
const me = async (token: string) => {
  const { data, code } = await server.run(MeDocument, {}, { authorization: `Bearer ${token}` });
  return code ?? data?.me?.id;
};
const claims = (token: string) => jwt.decode(token) as jwt.JwtPayload;
const user = (id: string) => ({ _id: new mongoose.mongo.ObjectId(id) });
const reuseLines = () => server.log().match(/refresh_token_reuse/g)?.length ?? 0;

// Whatever a test did, neither the database nor the log can be used to go on.
afterEach(async () => {
  const stored = EJSON.stringify(await server.db.collection('sessions').find().toArray());
  const secretsOf = (token: string) => [token, token.slice(22, 64)];
  for (const secret of [...given].flatMap(secretsOf)) expect(stored + server.log()).not.toContain(secret);
});

test('each refresh gives new tokens of the same session, with the sign-in that it had', async () => {
  const first = await signUp();
  let { refreshToken } = first;
  const seen = new Set([refreshToken]);
  for (let step = 0; step < 4; step += 1) {
    server.clock.advance(3_600_000);
    const next = await refresh(refreshToken);
    ({ refreshToken } = next);
    seen.add(refreshToken);
    expect(next).toMatchObject({ message: 'Session refreshed', user: first.user });
    const { sid, sub, amr, auth_time } = claims(first.token);
    expect(claims(next.token)).toMatchObject({ sid, sub, amr, auth_time });
    expect(claims(next.token)['jti']).not.toBe(claims(first.token)['jti']);
    expect(Date.parse(String(next.expiresAt))).toBe(Math.floor(server.clock.now() / 1000) * 1000 + 900_000);
    expect(await me(next.token)).toBe(first.user.id);
  }
  expect(seen.size).toBe(5);
});

test.each([
  [-1, null],
  [0, 'UNAUTHENTICATED'],
  [1, 'UNAUTHENTICATED'],
])('%d ms from the end of the session a refresh answers %p; each one moves the end', async (beside, code) => {
  const { refreshToken } = await signUp();
  server.clock.advance(MONTH_MS - 1);
  const next = await refresh(refreshToken);
  server.clock.advance(MONTH_MS + beside);
  expect((await ask(next.refreshToken)).code).toBe(code);
});

describe('a refresh token that is used a second time', () => {
  test.each([
    ['1 ms before 10 s', true, RETRY_MS - 1],
    ['at 10 s', false, RETRY_MS],
    ['1 ms after 10 s', false, RETRY_MS + 1],
    ['a day later', false, 86_400_000],
  ])('%s by the same client: the session lives on: %p', async (_when, lives, later) => {
    const { refreshToken } = await signUp();
    const first = await refresh(refreshToken);
    const reuses = reuseLines();
    server.clock.advance(later);
    const again = await ask(refreshToken);
    expect(again.code).toBe(lives ? null : 'UNAUTHENTICATED');
    expect(reuseLines() - reuses).toBe(lives ? 0 : 1);
    if (later < 900_000) expect(await me(first.token)).toBe(lives ? claims(first.token).sub : 'UNAUTHENTICATED');
    expect((await ask(first.refreshToken)).code).toBe(lives ? null : 'UNAUTHENTICATED');
  });

  test.each([
    ['from another address', { ...CLIENT, ...from('198.51.100.2') }],
    ['by another user agent', { ...CLIENT, 'user-agent': 'Phone' }],
  ])('at once, but %s, ends the session', async (_what, headers) => {
    const { token, refreshToken } = await signUp();
    const first = await refresh(refreshToken);
    const reuses = reuseLines();
    const stolen = await ask(refreshToken, headers);
    expect(stolen.code).toBe('UNAUTHENTICATED');
    expect(stolen.errors[0]?.message).toBe('Sign in again: the refresh token is not valid, or its session has ended');
    expect([await me(token), await me(first.token)]).toEqual(['UNAUTHENTICATED', 'UNAUTHENTICATED']);
    expect((await ask(first.refreshToken)).code).toBe('UNAUTHENTICATED');
    expect((await ask(refreshToken)).code).toBe('UNAUTHENTICATED');
    expect(reuseLines() - reuses).toBe(1);
  });

  test('at once, from another address of the same IPv6 household, gets the same successor', async () => {
    const { refreshToken } = await signUp();
    const first = await refresh(refreshToken, { ...CLIENT, ...from('2001:db8:1:2::1') });
    const again = await refresh(refreshToken, { ...CLIENT, ...from('2001:db8:1:2:ffff::9') });
    expect(again.refreshToken).toBe(first.refreshToken);
  });

  test('by 50 clients at once: one answer at most, and the session is over', async () => {
    const { refreshToken, token } = await signUp();
    const answers = await volley(50, (index) => ask(refreshToken, { ...CLIENT, ...from(`198.51.101.${index}`) }));
    expect(tally(answers)).toEqual({ OK: 1, UNAUTHENTICATED: 49 });
    const [thief] = successes(answers);
    expect(await me(token)).toBe('UNAUTHENTICATED');
    expect((await ask(thief!.refreshSession.refreshToken)).code).toBe('UNAUTHENTICATED');
  });
});

test('so many retired tokens are remembered as such; one more in 10 s counts as reused', async () => {
  const chain = [(await signUp()).refreshToken];
  for (let step = 0; step <= MAX_RETIRED_TOKENS; step += 1) chain.push((await refresh(chain.at(-1)!)).refreshToken);
  // Its successor was used, and it is remembered: nobody is called a thief.
  expect((await ask(chain[1]!)).code).toBe('UNAUTHENTICATED');
  chain.push((await refresh(chain.at(-1)!)).refreshToken);
  expect((await ask(chain[0]!)).code).toBe('UNAUTHENTICATED');
  expect((await ask(chain.at(-1)!)).code).toBe('UNAUTHENTICATED');
});

describe('a string that is no refresh token of ours', () => {
  const flip = (token: string, at: number) => {
    const bytes = Buffer.from(token, 'base64url');
    bytes[at]! ^= 1;
    return bytes.toString('base64url');
  };
  const FORGED: Record<string, (own: { token: string; refreshToken: string }) => string> = {
    'is empty': () => '',
    'is garbage': () => 'garbage',
    'is random, of the right length': () => randomBytes(72).toString('base64url'),
    'is 10 kB long': () => 'x'.repeat(10_000),
    'has other letters': ({ refreshToken }) => `ü${refreshToken.slice(1)}`,
    'is cut off': ({ refreshToken }) => refreshToken.slice(0, -1),
    'has one more letter': ({ refreshToken }) => `${refreshToken}A`,
    'has spaces around it': ({ refreshToken }) => ` ${refreshToken} `,
    'ends in a line break': ({ refreshToken }) => `${refreshToken}\n`,
    'is padded': ({ refreshToken }) => `${refreshToken}=`,
    'has a flipped bit in the session id': ({ refreshToken }) => flip(refreshToken, 3),
    'has a flipped bit in the secret': ({ refreshToken }) => flip(refreshToken, 30),
    'has a flipped bit in the MAC': ({ refreshToken }) => flip(refreshToken, 71),
    'was made of the session id by a stranger': ({ token }) =>
      new RefreshTokens([new Keyring(randomBytes(32).toString('hex'))]).make(String(claims(token)['sid'])).token,
    'is the session id': ({ token }) => String(claims(token)['sid']),
    'is the access token': ({ token }) => token,
    'is the hash that is kept': ({ refreshToken }) => createHash('sha256').update(refreshToken).digest('base64url'),
  };
  test.each(Object.entries(FORGED))('which %s, is refused without a look at any session', async (_what, forge) => {
    const own = await signUp();
    const commands = countCommands(server);
    await commands.quiet();
    expect((await ask(forge(own))).code).toBe('UNAUTHENTICATED');
    // What the sign-up has left to write in the background is about its code.
    expect(commands.take().filter(({ collection }) => collection === 'sessions')).toEqual([]);
    commands.close();
    expect(await me(own.token)).toBe(own.user.id);
    await refresh(own.refreshToken);
  });

  test.each(['null', '7', '["a"]', '{ ne: null }', 'true'])('but %s, is bad input', async (value) => {
    const { code } = await server.query(`mutation { refreshSession(refreshToken: ${value}) { token } }`);
    expect(code).toBe('BAD_USER_INPUT');
  });

  test('is not what a refresh token is as an access token either', async () => {
    const { refreshToken } = await signUp();
    expect(await me(refreshToken)).toBe('UNAUTHENTICATED');
    await refresh(refreshToken);
  });
});

describe('the user of the session', () => {
  test('while suspended is refused by access and refresh token at once; the token is not used up', async () => {
    const { token, refreshToken, user: owner } = await signUp();
    await server.db.collection('users').updateOne(user(owner.id), { $set: { suspendedAt: new Date() } });
    expect(await me(token)).toBe('UNAUTHENTICATED');
    expect((await ask(refreshToken)).code).toBe('UNAUTHENTICATED');
    await server.db.collection('users').updateOne(user(owner.id), { $set: { suspendedAt: null } });
    server.clock.advance(RETRY_MS);
    expect(await me((await refresh(refreshToken)).token)).toBe(owner.id);
  });

  test('once deleted is refused by both', async () => {
    const { token, refreshToken, user: owner } = await signUp();
    await server.db.collection('users').deleteOne(user(owner.id));
    expect(await me(token)).toBe('UNAUTHENTICATED');
    expect((await ask(refreshToken)).code).toBe('UNAUTHENTICATED');
  });
});

test('after a change of OTP_SECRET tokens of before work once more, and the next ones are of the new secret', async () => {
  const uri = { MONGODB_URI: sharedMongodUri(server.db.databaseName) };
  const next = { ...SECRETS, OTP_SECRET: 'the next otp secret of this test, long enough', ...uri };
  const [both, only] = await Promise.all([
    startServer({ ...next, OTP_SECRET_PREVIOUS: SECRETS.OTP_SECRET }, server.clock),
    startServer(next, server.clock),
  ]);
  const { refreshToken } = await signUp();
  expect((await ask(refreshToken, CLIENT, only)).code).toBe('UNAUTHENTICATED');
  const first = await refresh(refreshToken, CLIENT, both);
  expect((await ask(first.refreshToken)).code).toBe('UNAUTHENTICATED');
  const second = await refresh(first.refreshToken, CLIENT, only);
  expect(await me(second.token)).toBe(claims(second.token).sub);
  await Promise.all([both.close(), only.close()]);
});
