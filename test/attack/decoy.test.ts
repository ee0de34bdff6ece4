// Invariant 8 (DESIGN section 4), across several requests: what a decoy and a real challenge in one slot do to each other
// must not show. An attacker who asks for a number with a wrong e-mail address, then without one, or from two addresses,
// learns nothing from challenge ids, instants, RESEND_TOO_SOON or the number of sends; and cannot keep the owner's message away.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { SendOtpDocument, VerifyOtpDocument, type SendOtpInput } from '../../web/generated/operations.ts';
import { freshEmail, freshPhone, registerUser } from '../support/codes.ts';
import { from, startServer, type TestServer } from '../support/server.ts';
import { freshIp } from './volley.ts';

const SECOND = 1000;
const purpose = 'PASSWORD_RESET' as const;

let server: TestServer;
let known: { phone: string; email: string };
let unknown: { phone: string; email: string };
beforeAll(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '1000' });
});
beforeEach(async () => {
  known = await registerUser(server);
  unknown = { phone: freshPhone(), email: freshEmail() };
});
afterAll(() => server.close());

/** One request of an attack: without an e-mail address, with the owner's, or with a wrong one; after a pause; by A or B. */
interface Step {
  readonly email: 'none' | 'owner' | 'wrong';
  readonly after?: number;
  readonly by?: 'A' | 'B';
}

/** What an attacker learns from a course of sends: codes, instants, and which answers name the same challenge. */
async function learn(target: { phone: string; email: string }, steps: readonly Step[]): Promise<unknown[]> {
  const addresses = { A: from(freshIp()), B: from(freshIp()) };
  const wrong = freshEmail();
  const start = server.clock.now();
  const ids: string[] = [];
  const learned: unknown[] = [];
  for (const { email, after = 0, by = 'A' } of steps) {
    server.clock.advance(after);
    const input: SendOtpInput = { to: target.phone, purpose };
    if (email !== 'none') input.email = email === 'owner' ? target.email : wrong;
    const { data, code, errors } = await server.run(SendOtpDocument, { input }, addresses[by]);
    if (!data) {
      learned.push([code, errors[0]!.extensions.retryAfterSeconds]);
      continue;
    }
    const { challengeId, resendAfter, expiresAt } = data.sendOtp;
    if (!ids.includes(challengeId)) ids.push(challengeId);
    const since = (date: unknown) => new Date(String(date)).getTime() - start;
    learned.push([`challenge ${ids.indexOf(challengeId)}`, since(resendAfter), since(expiresAt)]);
  }
  return learned;
}

const COURSES: { name: string; steps: Step[] }[] = [
  { name: 'wrong e-mail, then none', steps: [{ email: 'wrong' }, { email: 'none' }] },
  { name: 'wrong e-mail, then none from elsewhere', steps: [{ email: 'wrong' }, { email: 'none', by: 'B' }] },
  { name: "wrong e-mail, then the owner's", steps: [{ email: 'wrong' }, { email: 'owner' }] },
  { name: 'none, then a wrong e-mail', steps: [{ email: 'none' }, { email: 'wrong' }] },
  {
    name: 'none, then a wrong e-mail after the cool-down, twice',
    steps: [{ email: 'none' }, { email: 'wrong', after: 30 * SECOND }, { email: 'wrong', after: SECOND }],
  },
  {
    name: 'none, a wrong e-mail after the cool-down, none',
    steps: [{ email: 'none' }, { email: 'wrong', after: 30 * SECOND }, { email: 'none', after: SECOND }],
  },
  {
    name: 'none, a wrong e-mail after the cool-down, none from elsewhere',
    steps: [{ email: 'none' }, { email: 'wrong', after: 30 * SECOND }, { email: 'none', after: SECOND, by: 'B' }],
  },
  {
    name: 'none, then wrong e-mails until the sends are used up',
    steps: [
      { email: 'none' },
      ...Array.from({ length: 6 }, (): Step => ({ email: 'wrong', after: 31 * SECOND })),
      { email: 'none', after: 31 * SECOND },
    ],
  },
];

test.each(COURSES)('$name: a known number shows what an unknown one shows', async ({ steps }) => {
  const ofUnknown = await learn(unknown, steps);
  const ofKnown = await learn(known, steps);
  expect(ofKnown).toEqual(ofUnknown);
});

test.each([
  { when: 'at once', after: 0 },
  { when: 'after the cool-down', after: 30 * SECOND },
])('a decoy that a stranger left does not keep the message of the owner away who asks $when', async ({ after }) => {
  await learn(known, [{ email: 'wrong' }]);
  server.clock.advance(after);
  const owner = from(freshIp());
  await server.run(SendOtpDocument, { input: { to: known.phone, purpose } }, owner);
  const delivered = async () => (await server.inbox(known.phone)).filter((message) => message.purpose === purpose);
  // The delivery runs off the request path.
  for (let look = 0; look < 100 && (await delivered()).length === 0; look += 1);
  const [message] = await delivered();
  expect(message).toBeDefined();
  const input = { to: known.phone, code: message!.code, purpose };
  const verified = await server.run(VerifyOtpDocument, { input }, owner);
  expect(verified.data?.verifyOtp.valid).toBe(true);
});
