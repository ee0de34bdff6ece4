import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createHash, randomBytes } from 'node:crypto';
import type { Connection } from 'mongoose';
import { MongoUnitsOfWork, openConnection } from '../../src/mongo/connection.ts';
import { MongoSessionStore } from '../../src/mongo/session-store.ts';
import { MongoUserStore } from '../../src/mongo/user-store.ts';
import { Keyring } from '../../src/keyring.ts';
import { AccessTokens } from '../../src/session/access-token.ts';
import { RefreshTokens } from '../../src/session/refresh-tokens.ts';
import { SessionService } from '../../src/session/session-service.ts';
import { SigningKeys } from '../../src/session/signing-keys.ts';
import { freshEmail, freshPhone } from '../support/codes.ts';
import { FakeClock } from '../support/server.ts';
import { sharedMongodUri } from '../support/shared-mongod.ts';

const SETTINGS = { issuer: 'i', audience: 'a', accessTtlSeconds: 10_000 };
const KEYS = new SigningKeys({ algorithm: 'HS256', secrets: ['s'.repeat(32)] });
const REFRESH_TTL_SECONDS = 60;
const SESSION_MAX_SECONDS = 3_600;
const CLIENT = { ip: '203.0.113.7', userAgent: 'test' };

let connection: Connection;
let clock: FakeClock;
let sessions: SessionService;
let units: MongoUnitsOfWork;
let users: MongoUserStore;
beforeAll(async () => {
  connection = await openConnection(sharedMongodUri(`otpql_${randomBytes(6).toString('hex')}`));
  clock = new FakeClock();
  const store = new MongoSessionStore(connection, SESSION_MAX_SECONDS);
  users = new MongoUserStore(connection);
  await store.prepare();
  await users.prepare();
  units = new MongoUnitsOfWork(connection);
  const accessTokens = new AccessTokens(SETTINGS, KEYS, clock.now);
  const refreshTokens = new RefreshTokens([new Keyring('o'.repeat(32))]);
  const seconds = { refreshTtlSeconds: REFRESH_TTL_SECONDS, sessionMaxSeconds: SESSION_MAX_SECONDS };
  sessions = new SessionService({ store, users, accessTokens, refreshTokens, ...seconds, clock: clock.now });
});
afterAll(async () => {
  await connection.db!.dropDatabase();
  await connection.close();
});

function newUser() {
  const proven = { email: freshEmail(), phone: freshPhone(), phoneVerifiedAt: new Date(), emailVerifiedAt: null };
  return units.run((unit) => users.insert({ ...proven, passwordHash: 'hash' }, unit));
}

const open = (userId: string) => units.run((unit) => sessions.open(userId, ['otp'], CLIENT, unit));
const endAll = (userId: string) => units.run((unit) => sessions.endAll(userId, unit));

test('an access token leads to its session and user', async () => {
  const user = await newUser();
  const { token } = await open(user.id);
  const found = await sessions.find(token);
  expect(found?.user).toEqual(user);
  expect(found?.session).toMatchObject({ userId: user.id, amr: ['otp'], authenticatedAt: new Date(clock.now()) });
  expect(await sessions.find('not a token')).toBeNull();
});

test('a refresh token is kept as its hash only', async () => {
  const { id } = await newUser();
  const { refreshToken } = await open(id);
  expect(refreshToken).toMatch(/^[\w-]{96}$/);
  const stored = JSON.stringify(await connection.db!.collection('sessions').find().toArray());
  expect(stored).toContain(createHash('sha256').update(refreshToken).digest('base64url'));
  expect(stored).not.toContain(refreshToken);
});

test.each([
  [-1, true],
  [0, false],
  [1, false],
])('%d ms from the end of a session it lives: %s', async (beside, lives) => {
  const { id } = await newUser();
  const { token } = await open(id);
  clock.advance(REFRESH_TTL_SECONDS * 1000 + beside);
  expect((await sessions.find(token)) !== null).toBe(lives);
  // Only those that lived count as ended.
  expect(await endAll(id)).toBe(lives ? 1 : 0);
});

test('ending every session of a user ends no session of another', async () => {
  const [one, other] = [await newUser(), await newUser()];
  const [first, second, kept] = [await open(one.id), await open(one.id), await open(other.id)];
  expect(await endAll(one.id)).toBe(2);
  expect(await sessions.find(first.token)).toBeNull();
  expect(await sessions.find(second.token)).toBeNull();
  expect(await sessions.find(kept.token)).not.toBeNull();
});

test('ending the other sessions of a user leaves the one at hand', async () => {
  const [one, other] = [await newUser(), await newUser()];
  const [first, kept, third] = [await open(one.id), await open(one.id), await open(other.id)];
  const { session } = (await sessions.find(kept.token))!;
  const endOthers = () => units.run((unit) => sessions.endOthers(one.id, session.id, unit));
  expect(await endOthers()).toBe(1);
  expect(await endOthers()).toBe(0);
  expect(await sessions.find(first.token)).toBeNull();
  expect(await sessions.find(kept.token)).not.toBeNull();
  expect(await sessions.find(third.token)).not.toBeNull();
});

test('a session of an action that failed was never opened', async () => {
  const { id } = await newUser();
  let token = '';
  const failed = units.run(async (unit) => {
    ({ token } = await sessions.open(id, ['otp'], CLIENT, unit));
    throw new Error('the action failed');
  });
  await expect(failed).rejects.toThrow('the action failed');
  expect(await sessions.find(token)).toBeNull();
});

test("a session of a user who is gone is nobody's", async () => {
  const { id } = await newUser();
  const { token } = await open(id);
  await connection.db!.collection('users').deleteMany({});
  expect(await sessions.find(token)).toBeNull();
});
