// DESIGN sections 3 and 7: sessions are listed to their owner, with enough to recognise a device by and too little to find
// anybody, and ended one by one or all at once; whatever is ended is refused at the next request.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import jwt from 'jsonwebtoken';
import mongoose from 'mongoose';
import { MongoUnitsOfWork, openConnection } from '../../src/mongo/connection.ts';
import { MongoUserStore } from '../../src/mongo/user-store.ts';
import {
  LogoutDocument,
  MeDocument,
  RefreshSessionDocument,
  RevokeAllSessionsDocument,
  RevokeSessionDocument,
  SessionsDocument,
} from '../../web/generated/operations.ts';
import { registerUser } from '../support/codes.ts';
import { from, startServer, type TestServer } from '../support/server.ts';
import { SECRETS, SignIns } from '../support/sessions.ts';
import { sharedMongodUri } from '../support/shared-mongod.ts';
import { tally, volley } from '../attack/volley.ts';

const MONTH_MS = 2_592_000_000;
let server: TestServer;
let signIns: SignIns;
beforeAll(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '1000', ...SECRETS });
  signIns = await SignIns.on(server);
});
afterAll(async () => {
  await signIns.close();
  await server.close();
});

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const sidOf = (token: string) => String((jwt.decode(token) as jwt.JwtPayload)['sid']);
const me = async (token: string) => (await server.run(MeDocument, {}, bearer(token))).code ?? 'lives';
const refresh = async (refreshToken: string) => (await server.run(RefreshSessionDocument, { refreshToken })).code;
const list = async (token: string) => (await server.run(SessionsDocument, {}, bearer(token))).data!.sessions;
const revoke = (id: string, token: string) => server.run(RevokeSessionDocument, { id }, bearer(token));
const owner = (id: string) => ({ _id: new mongoose.mongo.ObjectId(id) });

describe('sessions lists', () => {
  test('every living session of the user, the last used first, with what its owner knows it by', async () => {
    const { user, token } = await registerUser(server);
    const opened = server.clock.now();
    server.clock.advance(1_000);
    const tablet = await signIns.open(user.id, { ip: '2001:db8:aaaa:bbbb::/64', userAgent: 'Tablet/1.0' }, [
      'otp',
      'sms',
    ]);
    const listed = await list(token);
    expect(listed.map(({ id }) => id)).toEqual([sidOf(tablet.token), sidOf(token)]);
    expect(listed[0]).toEqual({
      __typename: undefined,
      id: sidOf(tablet.token),
      current: false,
      userAgent: 'Tablet/1.0',
      ip: '2001:db8:aaaa::/48',
      createdAt: new Date(opened + 1_000).toISOString(),
      lastUsedAt: new Date(opened + 1_000).toISOString(),
      expiresAt: new Date(opened + 1_000 + MONTH_MS).toISOString(),
      endsAt: new Date(opened + 1_000 + 3 * MONTH_MS).toISOString(),
      amr: ['otp', 'sms'],
    });
    expect(listed[1]).toMatchObject({ current: true, ip: '127.0.0.x', createdAt: new Date(opened).toISOString() });
    expect((await list(tablet.token)).map(({ current }) => current)).toEqual([true, false]);
  });

  test('when and from where a session was last refreshed', async () => {
    const { refreshToken, token } = await registerUser(server);
    const [before] = await list(token);
    server.clock.advance(3_600_000);
    const headers = { ...from('203.0.113.99'), 'user-agent': 'Renewed/2' };
    const { data } = await server.run(RefreshSessionDocument, { refreshToken }, headers);
    const [after] = await list(data!.refreshSession.token);
    expect(after).toMatchObject({ id: before!.id, userAgent: 'Renewed/2', ip: '203.0.113.x', current: true });
    expect(after!.createdAt).toBe(before!.createdAt);
    const moved = (name: 'lastUsedAt' | 'expiresAt') =>
      Date.parse(String(after![name])) - Date.parse(String(before![name]));
    expect([moved('lastUsedAt'), moved('expiresAt')]).toEqual([3_600_000, 3_600_000]);
  });

  test("nobody else's, no ended or expired one, and no more of an address than its network", async () => {
    const [{ user, token }, stranger] = [await registerUser(server), await registerUser(server)];
    await signIns.open(stranger.user.id, { ip: '198.51.100.77', userAgent: 'foreign' });
    const ended = await signIns.open(user.id);
    const expired = await signIns.open(user.id, { ip: '203.0.113.200' });
    await revoke(sidOf(ended.token), token);
    const sessions = server.db.collection('sessions');
    await sessions.updateOne(
      { _id: sidOf(expired.token) as never },
      { $set: { expiresAt: new Date(server.clock.now()) } },
    );
    expect((await list(token)).map(({ id }) => id)).toEqual([sidOf(token)]);
    const stored = JSON.stringify(await sessions.find().toArray());
    for (const ip of ['198.51.100.77', '203.0.113.200', '127.0.0.1']) expect(stored).not.toContain(ip);
  });

  test.each([
    ['long', 'x'.repeat(8_000), 'x'.repeat(256)],
    ['with markup', '<script>alert(1)</script>', '<script>alert(1)</script>'],
    ['like an operator', '$userId', '$userId'],
    ['in another alphabet', '\u00fc\u00e9\u00ff', '\u00fc\u00e9\u00ff'],
    ['empty', '', ''],
  ])('a user agent that is %s as text, shortened', async (_what, userAgent, shown) => {
    const { refreshToken } = await registerUser(server);
    const { data } = await server.run(RefreshSessionDocument, { refreshToken }, { 'user-agent': userAgent });
    expect((await list(data!.refreshSession.token))[0]!.userAgent).toBe(shown);
  });

  test('the first hundred', async () => {
    const { user, token } = await registerUser(server);
    const sessions = server.db.collection<{ _id: string }>('sessions');
    const own = (await sessions.findOne({ _id: sidOf(token) }))!;
    await sessions.insertMany(Array.from({ length: 104 }, (_, index) => ({ ...own, _id: `${index}-${user.id}` })));
    expect(await list(token)).toHaveLength(100);
  });
});

test.each([
  ['sessions', '{ sessions { id } }'],
  ['logout', 'mutation { logout { message } }'],
  ['revokeSession', 'mutation { revokeSession(id: "x") { sessionsRevoked } }'],
  ['revokeAllSessions', 'mutation { revokeAllSessions { sessionsRevoked } }'],
])('%s needs a living session', async (_field, query) => {
  const { token, user, refreshToken } = await registerUser(server);
  await server.db.collection('users').updateOne(owner(user.id), { $set: { suspendedAt: new Date() } });
  const tries = [{}, bearer(token), bearer(refreshToken), bearer('garbage')];
  for (const headers of tries) expect((await server.query(query, {}, headers)).code).toBe('UNAUTHENTICATED');
});

test('logout ends the session that asks, at once, and no other', async () => {
  const { user, token, refreshToken } = await registerUser(server);
  const other = await signIns.open(user.id);
  const { data } = await server.run(LogoutDocument, {}, bearer(token));
  expect(data?.logout.message).toBe('Logged out');
  expect([await me(token), await refresh(refreshToken)]).toEqual(['UNAUTHENTICATED', 'UNAUTHENTICATED']);
  expect((await server.run(LogoutDocument, {}, bearer(token))).code).toBe('UNAUTHENTICATED');
  expect(await me(other.token)).toBe('lives');
});

describe('revokeSession', () => {
  test('ends one session of the user, at once', async () => {
    const { user, token } = await registerUser(server);
    const [lost, kept] = [await signIns.open(user.id), await signIns.open(user.id)];
    const { data } = await revoke(sidOf(lost.token), token);
    expect(data?.revokeSession).toMatchObject({ message: '1 session revoked', sessionsRevoked: 1 });
    expect([await me(lost.token), await refresh(lost.refreshToken)]).toEqual(['UNAUTHENTICATED', 'UNAUTHENTICATED']);
    expect([await me(kept.token), await me(token)]).toEqual(['lives', 'lives']);
  });

  test('may end the session that asks', async () => {
    const { token } = await registerUser(server);
    expect((await revoke(sidOf(token), token)).data?.revokeSession.sessionsRevoked).toBe(1);
    expect(await me(token)).toBe('UNAUTHENTICATED');
  });

  test.each([
    ['that of another user', (foreign: string) => foreign],
    ['unknown', () => 'A'.repeat(22)],
    ['empty', () => ''],
    ['10 kB long', () => 'x'.repeat(10_000)],
    ['an operator as text', () => '{"$ne":null}'],
  ])('answers 0 for an id that is %s, and ends nothing', async (_what, idOf) => {
    const [{ token }, foreign] = [await registerUser(server), await registerUser(server)];
    const answer = await revoke(idOf(sidOf(foreign.token)), token);
    expect(answer.code).toBeNull();
    expect(answer.data?.revokeSession).toMatchObject({ message: '0 sessions revoked', sessionsRevoked: 0 });
    expect([await me(foreign.token), await me(token)]).toEqual(['lives', 'lives']);
  });

  test('refuses what is no id as bad input', async () => {
    const { token } = await registerUser(server);
    const query = 'mutation ($id: ID!) { revokeSession(id: $id) { sessionsRevoked } }';
    for (const variables of [{ id: { $ne: null } }, { id: ['a'] }, { id: null }, { id: true }, { id: 1.5 }, {}])
      expect((await server.query(query, variables, bearer(token))).code).toBe('BAD_USER_INPUT');
  });

  test('counts a session once, also when it is ended 20 times at once', async () => {
    const { user, token } = await registerUser(server);
    const lost = await signIns.open(user.id);
    const answers = await volley(20, () => revoke(sidOf(lost.token), token));
    const counted = answers.map(({ data }) => data!.revokeSession.sessionsRevoked);
    expect(counted.reduce((sum, one) => sum + one)).toBe(1);
  });
});

describe('revokeAllSessions', () => {
  test('ends every session of the user, at once, and none of another', async () => {
    const [{ user, token, refreshToken }, stranger] = [await registerUser(server), await registerUser(server)];
    const other = await signIns.open(user.id);
    const { data } = await server.run(RevokeAllSessionsDocument, {}, bearer(token));
    expect(data?.revokeAllSessions).toMatchObject({ message: '2 sessions revoked', sessionsRevoked: 2 });
    expect([await me(token), await me(other.token)]).toEqual(['UNAUTHENTICATED', 'UNAUTHENTICATED']);
    for (const gone of [refreshToken, other.refreshToken]) expect(await refresh(gone)).toBe('UNAUTHENTICATED');
    expect(await me(stranger.token)).toBe('lives');
  });

  test('ends sign-ins that were begun before it', async () => {
    const { user, token } = await registerUser(server);
    const connection = await openConnection(sharedMongodUri(server.db.databaseName));
    const users = new MongoUserStore(connection);
    const begun = (await users.findById(user.id))!;
    const complete = () => new MongoUnitsOfWork(connection).run((unit) => users.signIn(begun, new Date(), unit));
    expect(await complete()).toBe(true);
    await server.run(RevokeAllSessionsDocument, {}, bearer(token));
    expect(await complete()).toBe(false);
    await connection.close();
  });

  test('20 times at once ends each session once', async () => {
    const { user, token } = await registerUser(server);
    await signIns.open(user.id);
    const answers = await volley(20, () => server.run(RevokeAllSessionsDocument, {}, bearer(token)));
    const { OK = 0, UNAUTHENTICATED = 0 } = tally(answers);
    expect(OK + UNAUTHENTICATED).toBe(20);
    const counted = answers.map(({ data }) => data?.revokeAllSessions.sessionsRevoked ?? 0);
    expect(counted.reduce((sum, one) => sum + one)).toBe(2);
  });
});
