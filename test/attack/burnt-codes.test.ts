// Invariant 11 (DESIGN section 4): a stranger never ends the owner's code. A requester that has no attempt left gets a new
// challenge only where nobody else asked for the present one; a message goes out at most five times in ten minutes to a
// destination, over challenges and requesters. The attack: ask again after the cool-down, use up three attempts, ask
// again. Each round gave the stranger a fresh challenge, killed the code that the owner was typing, and cost a message.
// The rate limits are scaled away: they must not be what saves us.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SendOtpDocument, VerifyOtpDocument, type OtpPurpose } from '../../web/generated/operations.ts';
import { freshPhone, registerUser, sendCode } from '../support/codes.ts';
import { from, startServer, type TestServer } from '../support/server.ts';
import { freshIp, otherCode } from './volley.ts';

const COOLDOWN_MS = 1_000;
const ROUNDS = 20;
const TEN_MINUTES = 600_000;

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '1000', OTP_RESEND_COOLDOWN_SECONDS: '1' });
});
afterAll(() => server.close());

const send = (to: string, purpose: OtpPurpose, headers: Record<string, string>) =>
  server.run(SendOtpDocument, { input: { to, purpose } }, headers);
const verify = (to: string, code: string, purpose: OtpPurpose, headers: Record<string, string>) =>
  server.run(VerifyOtpDocument, { input: { to, code, purpose } }, headers);

test.each(['VERIFICATION', 'LOGIN'] as const)(
  'twenty rounds of a stranger leave the %s code of the owner as it is, and cost at most five messages',
  async (purpose) => {
    const to = purpose === 'LOGIN' ? (await registerUser(server)).phone : freshPhone();
    server.clock.advance(TEN_MINUTES);
    const before = (await server.inbox(to)).length;
    const [owner, stranger] = [from(freshIp()), from(freshIp())];
    const code = await sendCode(server, to, { purpose, headers: owner });
    const started = (await send(to, purpose, owner)).data!.sendOtp.challengeId;

    const refusals = new Set<string>();
    for (let round = 0; round < ROUNDS; round += 1) {
      server.clock.advance(COOLDOWN_MS);
      const asked = await send(to, purpose, stranger);
      if (asked.code) refusals.add(asked.code);
      else expect(asked.data!.sendOtp.challengeId).toBe(started);
      if (asked.code === 'MAX_ATTEMPTS_REACHED')
        expect(asked.errors[0]?.extensions.retryAfterSeconds).toBe(600 - round - 1);
      for (let attempt = 0; attempt < 3; attempt += 1)
        await verify(to, otherCode(code, 3 * round + attempt), purpose, stranger);
    }
    expect([...refusals]).toEqual(['MAX_ATTEMPTS_REACHED']);
    const codes = (await server.inbox(to)).slice(0, -before || undefined).map((message) => message.code);
    expect(new Set(codes)).toEqual(new Set([code]));
    expect(codes.length).toBeLessThanOrEqual(5);
    expect((await verify(to, code, purpose, owner)).data?.verifyOtp.valid).toBe(true);
  },
);

test('twenty strangers in turns send five messages in ten minutes, whatever challenges they start', async () => {
  const to = freshPhone();
  const outcomes: (string | null)[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const stranger = from(freshIp());
    const asked = await send(to, 'VERIFICATION', stranger);
    outcomes.push(asked.code);
    const [message] = await server.inbox(to);
    // Two strangers exhaust a challenge, so that the next one starts anew.
    for (let attempt = 0; attempt < 3; attempt += 1)
      await verify(to, otherCode(message!.code, attempt), 'VERIFICATION', stranger);
    server.clock.advance(COOLDOWN_MS);
  }
  expect(await server.inbox(to)).toHaveLength(5);
  expect(outcomes.slice(5).every((code) => code === 'RATE_LIMITED')).toBe(true);
  // The first message was ROUNDS seconds ago.
  const limited = await send(to, 'VERIFICATION', from(freshIp()));
  expect(limited.errors[0]?.extensions.retryAfterSeconds).toBe((TEN_MINUTES - ROUNDS * COOLDOWN_MS) / 1000);
  server.clock.advance(TEN_MINUTES - ROUNDS * COOLDOWN_MS - 1);
  expect((await send(to, 'VERIFICATION', from(freshIp()))).code).toBe('RATE_LIMITED');
  server.clock.advance(1);
  expect((await send(to, 'VERIFICATION', from(freshIp()))).code).toBeNull();
});

test('in the last minute of a code a stranger waits for its end, and its owner alone gets a new one', async () => {
  const to = freshPhone();
  const [owner, stranger] = [from(freshIp()), from(freshIp())];
  const code = await sendCode(server, to, { headers: owner });
  server.clock.advance(COOLDOWN_MS);
  expect((await send(to, 'VERIFICATION', stranger)).code).toBeNull();
  server.clock.advance(TEN_MINUTES - 30_000 - COOLDOWN_MS);
  const refused = await send(to, 'VERIFICATION', stranger);
  expect([refused.code, refused.errors[0]?.extensions.retryAfterSeconds]).toEqual(['RESEND_TOO_SOON', 30]);
  expect((await verify(to, code, 'VERIFICATION', owner)).data?.verifyOtp.valid).toBe(true);

  const alone = freshPhone();
  const first = await sendCode(server, alone, { headers: owner });
  server.clock.advance(TEN_MINUTES - 30_000);
  expect(await sendCode(server, alone, { headers: owner })).not.toBe(first);
});
