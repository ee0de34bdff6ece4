// Invariant 8 (DESIGN section 4): a check for an unknown destination answers as one for a known destination, also while
// many calls are under way. The attack: fill the places for calls to Twilio, then check codes at the numbers in question.
// The known ones were told OVERLOADED, the unknown ones "invalid" at once, and neither cost an attempt; afterwards the
// unknown ones took as long as the longest wait of the flood.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { SendOtpDocument, VerifyOtpDocument } from '../../web/generated/operations.ts';
import { freshPhone, registerUser } from '../support/codes.ts';
import { from, type Answer } from '../support/server.ts';
import { ownServers, until, type TwilioServer } from '../support/twilio-server.ts';
import { freshIp, tally, volley } from './volley.ts';

/** Calls at once, and calls that wait for a place. */
const PLACES = 140;
const LATENCY_MS = 2_000;

const { open, closeOpened } = ownServers();
let server: TwilioServer;
beforeEach(async () => {
  server = await open();
});
afterEach(closeOpened);

const prober = from(freshIp());
const sendLogin = (to: string) => server.run(SendOtpDocument, { input: { to, purpose: 'LOGIN' } }, prober);
const check = (to: string) =>
  server.run(VerifyOtpDocument, { input: { to, code: '000000', purpose: 'LOGIN' } }, prober);

/** Two numbers with a code to check each, of which one has an account. */
async function suspects() {
  const known = (await registerUser(server)).phone;
  const unknown = freshPhone();
  await sendLogin(known);
  await sendLogin(unknown);
  await server.delivered(known, 2);
  return { known, unknown };
}

/** Wrong codes for numbers of a stranger's own. @returns when they have taken the places, or wait for one, or are refused */
async function flood(calls: number, latencyMs: number): Promise<{ readonly answers: Promise<Answer<unknown>[]> }> {
  const numbers = await volley(calls, async () => {
    const to = freshPhone();
    await server.run(SendOtpDocument, { input: { to } }, from(freshIp()));
    return to;
  });
  server.emulator.control.setBehavior({ latencyMs });
  let refused = 0;
  const answers = volley(calls, async (index) => {
    const answer = await server.run(
      VerifyOtpDocument,
      { input: { to: numbers[index]!, code: '000000' } },
      from(freshIp()),
    );
    if (answer.code === 'OVERLOADED') refused += 1;
    return answer;
  });
  await until(async () => refused >= calls - PLACES && (await pendingChecks()) >= Math.min(calls, PLACES));
  return { answers };
}

/** Attempts that are spent, and have no answer of Twilio yet. */
const pendingChecks = async () => {
  const documents = await server.db.collection('challenges').find().toArray();
  return JSON.stringify(documents).split('"askedAt"').length - 1;
};

const timed = async (call: Promise<Answer<unknown>>) => {
  const begun = performance.now();
  const { code, data } = await call;
  return { code, data, ms: performance.now() - begun };
};

test('with every place taken, known and unknown are OVERLOADED, and neither has spent an attempt', async () => {
  const { known, unknown } = await suspects();
  const { answers } = await flood(PLACES + 20, 3 * LATENCY_MS);
  const [first, second] = await Promise.all([check(known), check(unknown)]);
  expect([first.code, second.code]).toEqual(['OVERLOADED', 'OVERLOADED']);
  server.emulator.control.resetBehavior();
  expect(tally(await answers)['OVERLOADED']).toBe(20);
  const after = await Promise.all([check(known), check(unknown)]);
  expect(after.map(({ data }) => data?.verifyOtp.attemptsRemaining)).toEqual([2, 2]);
});

test('with calls waiting, an unknown one waits for its turn as well', async () => {
  const { known, unknown } = await suspects();
  const { answers } = await flood(90, LATENCY_MS);
  const [first, second] = await Promise.all([timed(check(known)), timed(check(unknown))]);
  await answers;
  expect(second.data).toEqual(first.data);
  // At least one turn of the places ends before theirs begins.
  for (const { ms } of [first, second]) expect(ms).toBeGreaterThan(LATENCY_MS + 500);
});

test('after the flood an unknown one takes what Twilio takes, not what the queue took', async () => {
  const { unknown } = await suspects();
  const { answers } = await flood(90, LATENCY_MS);
  await answers;
  const times = [];
  for (let attempt = 0; attempt < 3; attempt += 1) times.push((await timed(check(unknown))).ms);
  // Of the flood more than half waited for a turn or two.
  expect(Math.max(...times)).toBeLessThan(1.8 * LATENCY_MS);
});

test('while Twilio is down, known and unknown fail alike: at once, and when it is asked again', async () => {
  const { known, unknown } = await suspects();
  server.emulator.control.setBehavior({ outage: 'reset' });
  for (let call = 0; call < 6; call += 1) await server.run(SendOtpDocument, { input: { to: freshPhone() } });
  const down = await Promise.all([check(known), check(unknown)]);
  expect(down.map(({ code }) => code)).toEqual(['SERVICE_UNAVAILABLE', 'SERVICE_UNAVAILABLE']);
  await new Promise((resolve) => setTimeout(resolve, 5_100));
  // The first of them is the probe.
  expect((await check(unknown)).code).toBe('SERVICE_UNAVAILABLE');
  expect((await check(known)).code).toBe('SERVICE_UNAVAILABLE');
});
