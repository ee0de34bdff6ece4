import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import {
  ErrorsDocument,
  MeDocument,
  OtpPolicyDocument,
  SendOtpDocument,
  VerifyOtpDocument,
} from '../../web/generated/operations.ts';
import { freshPhone, registerUser, wrongCode } from '../support/codes.ts';
import { ownServers, startTwilioServer, until, type TwilioServer } from '../support/twilio-server.ts';

const UNAVAILABLE = {
  message: 'The service is unavailable for a moment; try again',
  extensions: { code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: expect.any(Number) },
};

const { open, closeOpened } = ownServers();

let server: TwilioServer;
beforeAll(async () => {
  server = await startTwilioServer({ TWILIO_TIMEOUT_MS: '300' });
});
afterEach(async () => {
  server.emulator.control.resetBehavior();
  await closeOpened();
});
afterAll(() => server.close());

const send = (to: string, on = server) => on.run(SendOtpDocument, { input: { to } });
const verify = (to: string, code: string, on = server) => on.run(VerifyOtpDocument, { input: { to, code } });
const set: TwilioServer['emulator']['control']['setBehavior'] = (change) => server.emulator.control.setBehavior(change);

describe('with the time limit of 8 seconds', () => {
  test('a Twilio that hangs is SERVICE_UNAVAILABLE within 9 seconds, on start and on check', async () => {
    const patient = await open();
    const waiting = freshPhone();
    await send(waiting, patient);
    patient.emulator.control.setBehavior({ outage: 'hang' });
    const before = performance.now();
    const timed = async (answer: ReturnType<typeof send> | ReturnType<typeof verify>) => {
      const { errors } = await answer;
      return { error: errors[0], ms: performance.now() - before };
    };
    const answers = [timed(send(freshPhone(), patient)), timed(verify(waiting, '123456', patient))];
    for (const { error, ms } of await Promise.all(answers)) {
      expect(error).toMatchObject(UNAVAILABLE);
      expect(ms).toBeLessThan(9_000);
    }
  });
});

describe('a start', () => {
  test.each(['hang', 'reset'] as const)(
    'whose answer is lost (%s) leaves the challenge, and the code that came is accepted',
    async (outage) => {
      const to = freshPhone();
      set({ outage, outageOn: 'start', outageAfterEffect: true });
      expect((await send(to)).errors[0]).toMatchObject(UNAVAILABLE);
      const code = server.code(to);
      expect((await verify(to, wrongCode(code))).data?.verifyOtp).toMatchObject({ valid: false, attemptsRemaining: 2 });
      expect((await verify(to, code)).data?.verifyOtp).toMatchObject({ valid: true });
    },
  );

  test('that was lost before its effect is mended by the next one after the cool-down', async () => {
    const to = freshPhone();
    set({ outage: 'hang' });
    expect((await send(to)).code).toBe('SERVICE_UNAVAILABLE');
    set({ outage: 'none' });
    server.clock.advance(31_000);
    expect((await send(to)).errors).toEqual([]);
    expect((await verify(to, server.code(to))).data?.verifyOtp.valid).toBe(true);
  });

  test('that nothing took is void: the user may try again at once', async () => {
    const to = freshPhone();
    await server.unplug();
    expect((await send(to)).errors[0]).toMatchObject(UNAVAILABLE);
    await server.plugIn();
    expect((await send(to)).errors).toEqual([]);
    expect((await verify(to, server.code(to))).data?.verifyOtp.valid).toBe(true);
  });
});

describe('a check', () => {
  test.each(['hang', 'reset'] as const)('whose answer is lost (%s) has spent its attempt', async (outage) => {
    const to = freshPhone();
    await send(to);
    const code = server.code(to);
    set({ outage, outageOn: 'check' });
    expect((await verify(to, wrongCode(code))).errors[0]).toMatchObject(UNAVAILABLE);
    set({ outage: 'none' });
    expect((await verify(to, wrongCode(code))).data?.verifyOtp).toMatchObject({ valid: false, attemptsRemaining: 1 });
  });

  test('that nothing took gives its attempt back', async () => {
    const to = freshPhone();
    await send(to);
    const code = server.code(to);
    await server.unplug();
    for (let round = 0; round < 4; round++) expect((await verify(to, code)).errors[0]).toMatchObject(UNAVAILABLE);
    await server.plugIn();
    expect((await verify(to, wrongCode(code))).data?.verifyOtp).toMatchObject({ valid: false, attemptsRemaining: 2 });
    expect((await verify(to, code)).data?.verifyOtp.valid).toBe(true);
  });

  test('is asked of Twilio once, never again by itself', async () => {
    const to = freshPhone();
    await send(to);
    server.forgetCalls();
    set({ outage: 'reset', outageOn: 'check' });
    await verify(to, '123456');
    expect(server.calls().check).toBe(1);
  });
});

describe('a breaker', () => {
  test('opens after failures, holds calls back without spending attempts, and closes when Twilio is back', async () => {
    const to = freshPhone();
    await send(to);
    const code = server.code(to);
    server.newLog();
    set({ outage: 'reset' });
    for (let failure = 0; failure < 5; failure++) await send(freshPhone());

    server.forgetCalls();
    for (const refused of [await send(freshPhone()), await verify(to, code), await verify(to, code)]) {
      expect(refused.errors[0]).toMatchObject(UNAVAILABLE);
      expect(refused.errors[0]!.extensions.retryAfterSeconds).toBeLessThanOrEqual(5);
      expect(refused.headers.get('retry-after')).toBe(String(refused.errors[0]!.extensions.retryAfterSeconds));
    }
    expect(server.calls()).toMatchObject({ start: 0, check: 0 });
    expect(server.newLog()).toContain('Twilio is down');

    set({ outage: 'none' });
    const other = freshPhone();
    await until(async () => (await send(other)).code === null);
    expect((await verify(to, wrongCode(code))).data?.verifyOtp).toMatchObject({ valid: false, attemptsRemaining: 2 });
    expect((await verify(to, code)).data?.verifyOtp.valid).toBe(true);
    expect(server.newLog()).toContain('Twilio answers again');
  });

  test('lets one call probe while Twilio is still down', async () => {
    set({ outage: 'reset' });
    for (let failure = 0; failure < 5; failure++) await send(freshPhone());
    await new Promise((resolve) => setTimeout(resolve, 5_100));
    server.forgetCalls();
    const answers = await Promise.all(Array.from({ length: 10 }, () => send(freshPhone())));
    expect(answers.map(({ code }) => code)).toEqual(Array(10).fill('SERVICE_UNAVAILABLE'));
    expect(server.calls().start).toBe(1);
    set({ outage: 'none' });
    await until(async () => (await send(freshPhone())).code === null);
  });

  test('does not open over refusals, which are answers', async () => {
    set({ error: { on: 'start', code: 60410 } });
    for (let refusal = 0; refusal < 12; refusal++) expect((await send(freshPhone())).code).toBe('DESTINATION_BLOCKED');
    set({ error: null });
    expect((await send(freshPhone())).errors).toEqual([]);
  });
});

test('while Twilio hangs under forty calls, queries answer', async () => {
  const slow = await open({ TWILIO_TIMEOUT_MS: '8000' });
  const { token, user } = await registerUser(slow);
  slow.forgetCalls();
  slow.emulator.control.setBehavior({ outage: 'hang' });
  let answered = 0;
  const sends = Array.from({ length: 50 }, () => send(freshPhone(), slow).finally(() => (answered += 1)));
  await until(() => slow.calls().start === 40);
  const me = await slow.run(MeDocument, {}, { authorization: `Bearer ${token}` });
  const policy = await slow.run(OtpPolicyDocument, {});
  const errors = await slow.run(ErrorsDocument, {});
  expect(answered).toBe(0);
  expect(me.data?.me).toEqual(user);
  expect([policy.errors, errors.errors]).toEqual([[], []]);

  await slow.unplug();
  const codes = (await Promise.all(sends)).map(({ code }) => code);
  expect(codes).toEqual(Array(50).fill('SERVICE_UNAVAILABLE'));
  expect(slow.calls().start).toBe(40);
});
