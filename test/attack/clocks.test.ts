// Issue 11 number 10: whatever the clocks of the machines say, all instances decide by one clock, the database's. Between two
// whose machines are 30 s apart no session ends as theft, no cool-down is skipped, no code lives longer or shorter, and
// an instance whose machine is further off says that it is not ready.
import { afterEach, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { RETRY_MS } from '../../src/session/refresh-rules.ts';
import {
  MeDocument,
  RefreshSessionDocument,
  SendOtpDocument,
  VerifyOtpDocument,
} from '../../web/generated/operations.ts';
import { freshPhone, registerUser, sendCode } from '../support/codes.ts';
import { FakeClock, from, startServer, type TestServer } from '../support/server.ts';
import { SECRETS } from '../support/sessions.ts';
import { sharedMongodUri } from '../support/shared-mongod.ts';

const COOL_DOWN_MS = 30_000;
const CODE_MS = 600_000;
const CLIENT = { ...from('198.51.100.1'), 'user-agent': 'phone' };

const opened: TestServer[] = [];
afterEach(async () => {
  await opened[0]?.db.dropDatabase();
  for (const server of opened.splice(0)) await server.close();
});

/** Instances on one database, with what each machine's clock says beside the database's. */
async function instances(...skewsMs: number[]): Promise<TestServer[]> {
  const clock = new FakeClock();
  const MONGODB_URI = sharedMongodUri(`otpql_${randomBytes(6).toString('hex')}`);
  for (const skewMs of skewsMs)
    opened.push(await startServer({ ...SECRETS, MONGODB_URI, RATE_LIMIT_SCALE: '1000' }, clock, skewMs));
  return opened;
}

const refresh = async (at: TestServer, refreshToken: string) => {
  const { data, code } = await at.run(RefreshSessionDocument, { refreshToken }, CLIENT);
  return code ?? data!.refreshSession.refreshToken;
};

describe.each([
  ['30 s ahead of', 30_000, 0],
  ['30 s behind', 0, 30_000],
  ['by 15 s each apart, ahead of', 15_000, -15_000],
  ['by 15 s each apart, behind', -15_000, 15_000],
])('one machine is %s the other', (_how, oneMs, otherMs) => {
  test('a refresh at one and a retry at the other is no theft, up to the last moment of the grace', async () => {
    const [one, other] = (await instances(oneMs, otherMs)) as [TestServer, TestServer];
    const { refreshToken, token } = await registerUser(one);
    const next = await refresh(one, refreshToken);
    expect(await refresh(other, refreshToken)).toBe(next);
    one.clock.advance(RETRY_MS - 1);
    expect(await refresh(other, refreshToken)).toBe(next);
    expect((await other.run(MeDocument, {}, { authorization: `Bearer ${token}` })).code).toBeNull();
    one.clock.advance(1);
    expect(await refresh(other, refreshToken)).toBe('UNAUTHENTICATED');
    expect(other.log()).toContain('refresh_token_reuse');
  });

  test('the cool-down of a code that one has sent holds at the other, to the millisecond', async () => {
    const [one, other] = (await instances(oneMs, otherMs)) as [TestServer, TestServer];
    const to = freshPhone();
    const send = async (at: TestServer, headers = CLIENT) =>
      (await at.run(SendOtpDocument, { input: { to } }, headers)).code;
    expect(await send(one)).toBeNull();
    const messages = async () => (await one.inbox(to)).length + (await other.inbox(to)).length;
    one.clock.advance(COOL_DOWN_MS - 1);
    expect([await send(other), await messages()]).toEqual([null, 1]);
    expect(await send(other, { ...CLIENT, ...from('203.0.113.5') })).toBe('RESEND_TOO_SOON');
    one.clock.advance(1);
    expect([await send(other), await messages()]).toEqual([null, 2]);
  });

  test.each([
    [-1, null],
    [0, 'OTP_EXPIRED'],
  ])('%d ms from its expiry a code that one has sent answers %p at the other', async (beside, expected) => {
    const [one, other] = (await instances(oneMs, otherMs)) as [TestServer, TestServer];
    const to = freshPhone();
    const code = await sendCode(one, to);
    one.clock.advance(CODE_MS + beside);
    expect((await other.run(VerifyOtpDocument, { input: { to, code } })).code).toBe(expected);
  });
});

test.each([
  [30_000, 200],
  [-30_000, 200],
  [30_001, 503],
  [-30_001, 503],
  [3_600_000, 503],
])(
  'an instance whose machine is %d ms ahead answers /readyz with %d, and its metric says how far',
  async (skewMs, status) => {
    const [server] = (await instances(skewMs)) as [TestServer];
    const ready = await fetch(`${server.url}/readyz`);
    expect(ready.status).toBe(status);
    if (status === 503) {
      expect(await ready.json()).toEqual({ status: 'unavailable', clock: 'far from the database' });
      expect(server.log()).toContain('not ready; set it by NTP');
    }
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toMatch(new RegExp(`^otpql_clock_offset_seconds ${skewMs / 1000}$`, 'm'));
  },
);
