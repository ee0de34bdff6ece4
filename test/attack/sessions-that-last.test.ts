// DESIGN section 7, issue 11 number 9: a session is one chain of refresh tokens with an end. A retry within 10 s by the same
// client gets the successor that the first use got, never a second chain beside it; used later, or by another client, a
// token ends the session, and the owner is told when and from where. After SESSION_MAX_DAYS a session is over, whatever
// was refreshed; its access tokens end with it.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import jwt from 'jsonwebtoken';
import type { InboxNotice } from '../../src/local/notice-inbox.ts';
import { RETRY_MS } from '../../src/session/refresh-rules.ts';
import {
  LoginDocument,
  MeDocument,
  RefreshSessionDocument,
  RevokeAllSessionsDocument,
  SessionsDocument,
} from '../../web/generated/operations.ts';
import { registerUser } from '../support/codes.ts';
import { startMailServer } from '../support/mail-server.ts';
import { noticesTo } from '../support/notices.ts';
import { from, startServer, type TestServer } from '../support/server.ts';
import { SECRETS } from '../support/sessions.ts';
import { sharedMongodUri } from '../support/shared-mongod.ts';
import { successes, tally, volley } from './volley.ts';

const CLIENT = { ...from('198.51.100.1'), 'user-agent': 'phone' };
const THIEF = { ...from('203.0.113.99'), 'user-agent': 'phone' };
const DAY_MS = 86_400_000;
const MAX_DAYS = 90;

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '1000', ...SECRETS });
});
afterAll(() => server.close());

const ask = (refreshToken: string, headers: Record<string, string> = CLIENT, at = server) =>
  at.run(RefreshSessionDocument, { refreshToken }, headers);
async function refresh(refreshToken: string, headers = CLIENT, at = server) {
  const { data, code } = await ask(refreshToken, headers, at);
  expect(code).toBeNull();
  return data!.refreshSession;
}
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const me = async (token: string, at = server) => (await at.run(MeDocument, {}, bearer(token))).code ?? 'lives';
const list = async (token: string) => (await server.run(SessionsDocument, {}, bearer(token))).data!.sessions;
const expiryOf = (token: string) => Number((jwt.decode(token) as jwt.JwtPayload)['exp']) * 1000;
const tokensOf = async (token: string) => {
  const { sid } = jwt.decode(token) as { sid: string };
  return (await server.db.collection<{ _id: string; tokens: string[] }>('sessions').findOne({ _id: sid }))!.tokens;
};

describe('a retry by the same client', () => {
  test('within 10 s gets the same successor, however often, and the session has one chain', async () => {
    const { refreshToken } = await registerUser(server);
    const first = await refresh(refreshToken);
    for (const later of [0, 1, RETRY_MS - 2]) {
      server.clock.advance(later);
      expect((await refresh(refreshToken)).refreshToken).toBe(first.refreshToken);
    }
    expect(await tokensOf(first.token)).toHaveLength(1);
    const second = await refresh(first.refreshToken);
    expect(await me(second.token)).toBe('lives');
  });

  test('50 times at once gets one and the same successor', async () => {
    const { refreshToken, token } = await registerUser(server);
    const answers = await volley(50, () => ask(refreshToken));
    expect(tally(answers)).toEqual({ OK: 50 });
    expect(new Set(successes(answers).map((one) => one.refreshSession.refreshToken)).size).toBe(1);
    expect(await tokensOf(token)).toHaveLength(1);
  });

  test('after the successor was used gets nothing, and the session lives', async () => {
    const { refreshToken } = await registerUser(server);
    const second = await refresh((await refresh(refreshToken)).refreshToken);
    expect((await ask(refreshToken)).code).toBe('UNAUTHENTICATED');
    expect(await me((await refresh(second.refreshToken)).token)).toBe('lives');
  });

  test('at a server that knows the next OTP_SECRET too gets the same; at one that does not know it nothing, and lives', async () => {
    const uri = { MONGODB_URI: sharedMongodUri(server.db.databaseName) };
    const next = { ...SECRETS, OTP_SECRET: 'the next otp secret of this test, long enough', ...uri };
    const rotated = await startServer({ ...next, OTP_SECRET_PREVIOUS: SECRETS.OTP_SECRET }, server.clock);
    const one = await registerUser(server);
    const { refreshToken } = await refresh(one.refreshToken);
    expect((await refresh(one.refreshToken, CLIENT, rotated)).refreshToken).toBe(refreshToken);
    const other = await registerUser(server);
    const given = await refresh(other.refreshToken, CLIENT, rotated);
    expect((await ask(other.refreshToken)).code).toBe('UNAUTHENTICATED');
    expect(await me((await refresh(given.refreshToken, CLIENT, rotated)).token)).toBe('lives');
    await rotated.close();
  });
});

test('neither the database nor OTP_SECRET alone tells a successor: of one token and one secret no two servers make the same', async () => {
  const successors = new Set<string>();
  for (let user = 0; user < 3; user += 1) {
    const { refreshToken } = await registerUser(server);
    successors.add((await refresh(refreshToken)).refreshToken);
    const stored = JSON.stringify(await server.db.collection('sessions').find().toArray());
    for (const successor of successors) expect(stored).not.toContain(successor.slice(22, 64));
  }
  expect(successors.size).toBe(3);
});

describe('a token that comes back', () => {
  test.each([
    ['later, by the same client', CLIENT, RETRY_MS, '198.51.100.x'],
    ['at once, by another client', THIEF, 0, '203.0.113.x'],
    ['at once, by another IPv6 network', { ...CLIENT, ...from('2001:db8:1:2::9') }, 0, '2001:db8:1::/48'],
  ])('%s ends the family, and the owner is told once, when and from where', async (_who, headers, later, range) => {
    const { refreshToken, token, phone, email } = await registerUser(server, { verifiedEmail: true });
    const next = await refresh(refreshToken);
    server.clock.advance(later);
    for (let again = 0; again < 3; again += 1) expect((await ask(refreshToken, headers)).code).toBe('UNAUTHENTICATED');
    expect((await ask(next.refreshToken)).code).toBe('UNAUTHENTICATED');
    for (const ended of [token, next.token]) expect(await me(ended)).toBe('UNAUTHENTICATED');
    for (const to of [phone, email]) expect(await noticesTo(server, to, 1)).toEqual(['REFRESH_TOKEN_REUSED']);
    const told = (await (
      await fetch(`${server.url}/dev/notices.json?to=${encodeURIComponent(email)}`)
    ).json()) as InboxNotice[];
    const at = new Date(server.clock.now()).toISOString();
    expect(told[0]!.text).toContain(`${at.slice(0, 10)} ${at.slice(11, 16)} UTC`);
    expect(told[0]!.text).toContain(range);
    expect(told[0]!.text).not.toMatch(/203\.0\.113\.99|198\.51\.100\.1\b|2001:db8:1:2/);
    expect(server.log()).not.toContain('203.0.113.99');
  });

  test('is answered while the mail server that should tell of it hangs', async () => {
    const mail = await startMailServer();
    const mailing = await startServer({ ...mail.environment, RATE_LIMIT_SCALE: '1000' });
    const release = mail.hold();
    const { refreshToken, email } = await registerUser(mailing);
    await mailing.db.collection('users').updateOne({ email }, { $set: { emailVerifiedAt: new Date() } });
    await refresh(refreshToken, CLIENT, mailing);
    expect((await ask(refreshToken, THIEF, mailing)).code).toBe('UNAUTHENTICATED');
    expect(mail.mailsTo(email)).toEqual([]);
    release();
    expect((await mail.arrived(email))[0]!.text).toContain('203.0.113.x');
    await mailing.close();
    await mail.close();
  });
});

describe('the end of a session', () => {
  /** Refreshes every 29 days, as long as that is answered; returns the last tokens. */
  async function keepAlive(refreshToken: string, days: number) {
    let last = { refreshToken, token: '' };
    for (let left = days * DAY_MS; left > 0; left -= 29 * DAY_MS) {
      server.clock.advance(Math.min(left, 29 * DAY_MS));
      last = await refresh(last.refreshToken);
    }
    return last;
  }

  test.each([
    [-2_000, 'lives'],
    [0, 'UNAUTHENTICATED'],
    [1, 'UNAUTHENTICATED'],
  ])('%d ms from it a session that was always refreshed answers %p', async (beside, expected) => {
    const { refreshToken } = await registerUser(server);
    const ends = server.clock.now() + MAX_DAYS * DAY_MS;
    const last = await keepAlive(refreshToken, MAX_DAYS - 1);
    server.clock.set(ends + beside);
    const { data, code } = await ask(last.refreshToken);
    expect(code ?? (await me(data!.refreshSession.token))).toBe(expected);
  });

  test('is said by endsAt, is never exceeded by expiresAt, and access tokens end with it', async () => {
    const { refreshToken } = await registerUser(server);
    const opened = server.clock.now();
    const ends = opened + MAX_DAYS * DAY_MS;
    const last = await keepAlive(refreshToken, MAX_DAYS - 1);
    const [before] = await list(last.token);
    expect(before).toMatchObject({ endsAt: new Date(ends).toISOString(), expiresAt: new Date(ends).toISOString() });
    server.clock.set(ends - 60_000);
    const { token, expiresAt } = await refresh(last.refreshToken);
    expect(expiryOf(token)).toBe(Math.floor(ends / 1000) * 1000);
    expect(Date.parse(String(expiresAt))).toBe(expiryOf(token));
    server.clock.set(ends);
    expect(await me(token)).toBe('UNAUTHENTICATED');
  });

  test('holds for sessions that the release before keeps alive, and for the time that is set now', async () => {
    const { refreshToken, token } = await registerUser(server);
    const { sid } = jwt.decode(token) as { sid: string };
    const sessions = server.db.collection<{ _id: string; expiresAt: Date; createdAt: Date }>('sessions');
    const uri = { MONGODB_URI: sharedMongodUri(server.db.databaseName), ...SECRETS };
    const week = await startServer({ ...uri, SESSION_MAX_DAYS: '7' }, server.clock);
    const createdAt = new Date(server.clock.now() - 8 * DAY_MS);
    await sessions.updateOne({ _id: sid }, { $set: { createdAt } });
    expect([await me(token), await me(token, week)]).toEqual(['lives', 'UNAUTHENTICATED']);
    expect((await ask(refreshToken, CLIENT, week)).code).toBe('UNAUTHENTICATED');
    const old = { createdAt: new Date(server.clock.now() - MAX_DAYS * DAY_MS) };
    await sessions.updateOne({ _id: sid }, { $set: { ...old, expiresAt: new Date(server.clock.now() + DAY_MS) } });
    expect(await me(token)).toBe('UNAUTHENTICATED');
    expect((await ask(refreshToken)).code).toBe('UNAUTHENTICATED');
    // It was over by its age; nothing came back.
    expect(await noticesTo(server, (await registerUser(server)).phone)).toEqual([]);
    await week.close();
  });

  test('is not undone by a longer time that is set later, for sessions that were ended after it', async () => {
    const uri = { MONGODB_URI: sharedMongodUri(server.db.databaseName), ...SECRETS };
    const week = await startServer({ ...uri, SESSION_MAX_DAYS: '7' }, server.clock);
    const { token, email, password } = await registerUser(server);
    server.clock.advance(8 * DAY_MS);
    const { data } = await week.run(LoginDocument, { input: { email, password } });
    const signedIn = data!.login as { token: string };
    expect((await week.run(RevokeAllSessionsDocument, {}, bearer(signedIn.token))).code).toBeNull();
    const { sid } = jwt.decode(token) as { sid: string };
    expect(await server.db.collection<{ _id: string }>('sessions').findOne({ _id: sid })).toBeNull();
    await week.close();
  });
});
