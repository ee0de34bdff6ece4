// Invariant 8 with a provider that takes its time: reset codes are delivered after the answer, so that neither its time nor
// its content tells whether the destination is known; a failed delivery leaves what an unknown destination has.
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { SendOtpDocument, VerifyOtpDocument } from '../../web/generated/operations.ts';
import { freshPhone, registerUser, wrongCode } from '../support/codes.ts';
import { countCommands, type SentCommand } from '../support/command-counter.ts';
import {
  ONE_SERVICE,
  occurrences,
  ownServers,
  startTwilioServer,
  until,
  type TwilioServer,
} from '../support/twilio-server.ts';

const { open, closeOpened } = ownServers();

let server: TwilioServer;
beforeAll(async () => {
  server = await startTwilioServer({ TWILIO_TIMEOUT_MS: '2000' });
});
afterEach(async () => {
  server.emulator.control.resetBehavior();
  await closeOpened();
});
afterAll(() => server.close());

const purpose = 'PASSWORD_RESET';
const send = (to: string, on = server) => on.run(SendOtpDocument, { input: { to, purpose } });
const verify = (to: string, code: string, on = server) => on.run(VerifyOtpDocument, { input: { to, code, purpose } });
const set: TwilioServer['emulator']['control']['setBehavior'] = (change) => server.emulator.control.setBehavior(change);

/** Waits until no message is on its way. */
const settled = (on = server) =>
  until(async () => {
    const documents = await on.db.collection('challenges').find().toArray();
    return !/"deliveringSince":\d/.test(JSON.stringify(documents));
  });

describe('a slow start', () => {
  test('is not waited for, and a check that comes before its end waits', async () => {
    const { phone } = await registerUser(server);
    set({ latencyMs: 1_000 });
    server.forgetCalls();
    expect((await send(phone)).errors).toEqual([]);
    expect(server.messages(phone)).toHaveLength(1);

    const early = verify(phone, '000000');
    const early2 = verify(phone, '000001');
    await server.delivered(phone, 2);
    expect(server.calls().check).toBe(0);
    set({ latencyMs: 0 });
    expect([(await early).code, (await early2).code]).toEqual([null, null]);
    expect(server.calls().check).toBe(2);
    expect((await verify(phone, server.code(phone))).data?.verifyOtp.valid).toBe(true);
  });

  test('is waited for at shutdown', async () => {
    const closing = await open();
    const { phone } = await registerUser(closing);
    closing.emulator.control.setBehavior({ latencyMs: 1_000 });
    await send(phone, closing);
    expect(closing.messages(phone)).toHaveLength(1);
    await closeOpened();
    expect(closing.messages(phone)).toHaveLength(2);
    expect(closing.log()).not.toContain('work failed');
  });

  test('whose answer is lost leaves the code that came good', async () => {
    const { phone } = await registerUser(server);
    set({ outage: 'reset', outageOn: 'start', outageAfterEffect: true });
    await send(phone);
    await server.delivered(phone, 2);
    await settled();
    expect((await verify(phone, server.code(phone))).data?.verifyOtp.valid).toBe(true);
  });
});

describe('a start that Twilio refuses', () => {
  async function refusedOnce() {
    const { phone } = await registerUser(server);
    server.newLog();
    set({ error: { on: 'start', code: 60410, times: 1 } });
    const answer = await send(phone);
    let log = '';
    await until(() => (log += server.newLog()).includes('Fraud Guard blocks'));
    await settled();
    return { phone, answer, log };
  }

  test('is answered like any other, explained once in the log, and checked like an unknown number', async () => {
    const { phone, answer, log } = await refusedOnce();
    const unknown = freshPhone();
    const other = await send(unknown);
    expect(Object.keys(answer.data!.sendOtp)).toEqual(Object.keys(other.data!.sendOtp));
    expect(answer.data?.sendOtp).toMatchObject({ status: 'PENDING', message: 'OTP sent successfully via sms' });
    expect(occurrences(log, 'Fraud Guard blocks')).toBe(1);
    expect(log).not.toContain(phone.slice(1));

    server.forgetCalls();
    const checks = [await verify(phone, '123456'), await verify(unknown, '123456')];
    expect(checks[0]!.data?.verifyOtp).toMatchObject({ valid: false, message: 'Invalid OTP', attemptsRemaining: 2 });
    expect(checks[0]!.data).toEqual(checks[1]!.data);
    expect(server.calls().check).toBe(0);
  });

  test('can be asked for again at once', async () => {
    const { phone } = await refusedOnce();
    expect((await send(phone)).errors).toEqual([]);
    await server.delivered(phone, 2);
    expect((await verify(phone, server.code(phone))).data?.verifyOtp.valid).toBe(true);
  });

  test('is answered the second time as an unknown destination is: the same challenge', async () => {
    const { phone, answer } = await refusedOnce();
    const unknown = freshPhone();
    const first = await send(unknown);
    expect((await send(unknown)).data).toEqual(first.data);
    expect((await send(phone)).data).toEqual(answer.data);
  });
});

describe('known and unknown destinations', () => {
  // A destination that was proven has a document already: one write is an update for the one, an insert for the other.
  const kinds = (commands: SentCommand[]) =>
    commands.map(({ name, collection }) => `${name.replace('insert', 'update')} ${collection}`).sort();

  test('have answers of one shape and take the same store commands, on send, resend and check', async () => {
    const { phone } = await registerUser(server);
    const unknown = freshPhone();
    // What the tests before left in the background is not this one's to count.
    await settled();
    const counter = countCommands(server);
    const steps = [
      send,
      (to: string) => verify(to, '123456'),
      (to: string) => (server.clock.advance(31_000), send(to)),
    ];
    for (const step of steps) {
      const seen = [];
      for (const to of [phone, unknown]) {
        counter.take();
        const { status, errors, data } = await step(to);
        await settled();
        const shape = JSON.stringify(data, (key, value: unknown) =>
          ['to', 'challengeId', 'expiresAt', 'resendAfter'].includes(key) ? key : value,
        );
        seen.push({ status, errors, shape, commands: kinds(counter.take()) });
      }
      expect(seen[1]).toEqual(seen[0]);
    }
    counter.close();
  });

  test('where purposes share a service, a reset code leaves the same traces on the other purpose', async () => {
    const shared = await open(ONE_SERVICE);
    const { phone } = await registerUser(shared);
    const traces = [];
    for (const to of [phone, freshPhone()]) {
      await shared.run(SendOtpDocument, { input: { to } });
      await send(to, shared);
      await settled(shared);
      const own = await shared.run(VerifyOtpDocument, { input: { to, code: wrongCode(shared.code(to)) } });
      traces.push({ code: own.code, data: own.data });
    }
    expect(traces[1]).toEqual(traces[0]);
  });

  test("where purposes share a service, a reset code is as much in a stranger's way", async () => {
    const shared = await open(ONE_SERVICE);
    const { phone } = await registerUser(shared);
    const answers = [];
    for (const to of [phone, freshPhone()]) {
      await send(to, shared);
      const stranger = { 'x-forwarded-for': '203.0.113.77' };
      answers.push((await shared.run(SendOtpDocument, { input: { to } }, stranger)).code);
    }
    expect(answers[1]).toBe(answers[0]);
  });
});

describe('a check of a decoy', () => {
  test('takes about as long as recent real checks', async () => {
    const fresh = await open();
    fresh.emulator.control.setBehavior({ latencyMs: 300 });
    await registerUser(fresh);
    // What never reached Twilio is no measure of it.
    const pending = freshPhone();
    await fresh.run(SendOtpDocument, { input: { to: pending } });
    await fresh.unplug();
    for (let refused = 0; refused < 3; refused++)
      await fresh.run(VerifyOtpDocument, { input: { to: pending, code: '123456' } });
    await fresh.plugIn();
    const unknown = Array.from({ length: 8 }, freshPhone);
    for (const to of unknown) await send(to, fresh);
    await settled(fresh);
    const durations = unknown.map(async (to) => {
      const before = performance.now();
      await verify(to, '123456', fresh);
      return performance.now() - before;
    });
    expect(Math.min(...(await Promise.all(durations)))).toBeGreaterThan(250);
  });

  test('fails like a real one while the breaker is open, and has its attempt back afterwards', async () => {
    const { phone } = await registerUser(server);
    const unknown = freshPhone();
    for (const to of [phone, unknown]) await send(to);
    await server.delivered(phone, 2);
    await settled();
    set({ outage: 'reset' });
    for (let failure = 0; failure < 5; failure++) await server.run(SendOtpDocument, { input: { to: freshPhone() } });

    const [known, decoy] = [await verify(phone, '123456'), await verify(unknown, '123456')];
    const { requestId: _known, ...facts } = known.errors[0]!.extensions;
    const { requestId: _decoy, ...decoyFacts } = decoy.errors[0]!.extensions;
    expect(facts).toEqual({ code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: 5 });
    expect(decoyFacts).toEqual(facts);
    expect(decoy.errors[0]!.message).toBe(known.errors[0]!.message);

    set({ outage: 'none' });
    await until(async () => (await server.run(SendOtpDocument, { input: { to: freshPhone() } })).code === null);
    const after = [await verify(phone, '123456'), await verify(unknown, '123456')];
    expect(after[0]!.data?.verifyOtp.attemptsRemaining).toBe(2);
    expect(after[1]!.data).toEqual(after[0]!.data);
  });
});
