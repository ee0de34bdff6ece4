import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Harness, PHONE, refusal, startHarness } from './harness.ts';

let harness: Harness;

beforeEach(async () => {
  harness = await startHarness(400);
});

afterEach(async () => {
  await harness.emulator.close();
});

const start = (channel = 'sms') => harness.service().verifications.create({ to: PHONE, channel });
const check = (code = harness.lastCode()) => harness.service().verificationChecks.create({ to: PHONE, code });
const set: Harness['emulator']['control']['setBehavior'] = (change) => harness.emulator.control.setBehavior(change);

describe('outages', () => {
  test('hang: the SDK runs into its timeout, and no code was sent', async () => {
    set({ outage: 'hang' });
    await expect(start()).rejects.toMatchObject({ code: 'ECONNABORTED' });
    expect(harness.emulator.control.messages()).toEqual([]);
    expect(harness.emulator.control.calls().counts.start).toBe(1);
  });

  test('reset: the connection is cut', async () => {
    set({ outage: 'reset' });
    await expect(start()).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  test('html502: an error without a Twilio code', async () => {
    set({ outage: 'html502' });
    const error = await start().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ status: 502, message: '[HTTP 502] Failed to execute request' });
    expect(error).not.toHaveProperty('code');
  });

  test('outageAfterEffect: the code is on its way, only the answer is lost', async () => {
    set({ outage: 'hang', outageOn: 'start', outageAfterEffect: true });
    await expect(start()).rejects.toMatchObject({ code: 'ECONNABORTED' });
    expect(await check()).toMatchObject({ status: 'approved' });
  });

  test('outageOn spares the other calls, and close() cuts what still hangs', async () => {
    await start();
    set({ outage: 'hang', outageOn: 'check' });
    expect(await start()).toMatchObject({ status: 'pending' });
    const hanging = check();
    await expect(hanging).rejects.toMatchObject({ code: 'ECONNABORTED' });
    await harness.emulator.close();
  });
});

describe('latency', () => {
  test('delays every answer', async () => {
    set({ latencyMs: 120 });
    const before = performance.now();
    await start();
    expect(performance.now() - before).toBeGreaterThanOrEqual(115);
  });

  test('beyond the SDK timeout is a timeout', async () => {
    set({ latencyMs: 1000 });
    await expect(start()).rejects.toMatchObject({ code: 'ECONNABORTED' });
  });
});

describe('scripted errors', () => {
  test.each([
    [20003, 401],
    [20429, 429],
    [25109, 429],
    [21608, 400],
    [60204, 403],
    [60205, 403],
    [60212, 429],
    [60220, 400],
    [60223, 400],
    [60410, 403],
    [60605, 403],
  ])('%i comes with Twilio’s own status %i', async (code, status) => {
    set({ error: { code } });
    await expect(start()).rejects.toMatchObject(refusal(status, code));
  });

  test('status and message can be chosen', async () => {
    set({ error: { on: 'start', code: 64999, httpStatus: 418, message: 'Something new' } });
    await expect(start()).rejects.toMatchObject({ ...refusal(418, 64999), message: 'Something new' });
  });

  test('only the calls asked for, and only so many times', async () => {
    await start();
    set({ error: { on: 'check', code: 20500, times: 2 } });
    expect(await start()).toMatchObject({ status: 'pending' });
    await expect(check()).rejects.toMatchObject(refusal(500, 20500));
    await expect(check()).rejects.toMatchObject(refusal(500, 20500));
    expect(await check()).toMatchObject({ status: 'approved' });
    expect(harness.emulator.control.behavior().error).toBeNull();
  });

  test('20429 carries Retry-After, which can be chosen', async () => {
    const form = new URLSearchParams({ To: PHONE, Channel: 'sms' });
    set({ error: { code: 20429 } });
    expect((await harness.post('Verifications', form)).headers.get('retry-after')).toBe('1');
    set({ error: { code: 20429, retryAfterSeconds: 17 } });
    expect((await harness.post('Verifications', form)).headers.get('retry-after')).toBe('17');
    set({ error: { code: 60203 } });
    expect((await harness.post('Verifications', form)).headers.get('retry-after')).toBeNull();
  });
});

describe('channels and concurrency', () => {
  test('a disabled channel is 60223, the others work', async () => {
    set({ channelsDisabled: ['sms', 'whatsapp'] });
    await expect(start()).rejects.toMatchObject(refusal(400, 60223));
    await expect(start('whatsapp')).rejects.toMatchObject(refusal(400, 60223));
    expect(await start('call')).toMatchObject({ status: 'pending' });
  });

  test('refuseConcurrent: of ten starts in the air at once one is served, the others get 60212', async () => {
    await harness.emulator.close();
    // Long enough for all ten to arrive meanwhile, on a busy machine too.
    harness = await startHarness();
    set({ refuseConcurrent: true, latencyMs: 1_000 });
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => start()));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused.map(({ reason }) => reason.code)).toEqual(Array(9).fill(60212));
    set({ latencyMs: 0 });
    expect(await start()).toMatchObject({ status: 'pending' });
  });
});
