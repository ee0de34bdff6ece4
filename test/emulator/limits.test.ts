import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { LIFETIME_MS } from '../../emulator/verification-store.ts';
import { MAX_CHECKS, MAX_SENDS } from '../../emulator/verifications.ts';
import { EMAIL, type Harness, PHONE, refusal, startHarness, wrong } from './harness.ts';

let harness: Harness;

beforeEach(async () => {
  harness = await startHarness();
});

afterEach(async () => {
  await harness.emulator.close();
});

const start = (to = PHONE, channel = 'sms') => harness.service().verifications.create({ to, channel });
const check = (code: string) => harness.service().verificationChecks.create({ to: PHONE, code });
const verification = (sid: string) => harness.service().verifications(sid);

async function exhaust(): Promise<string> {
  const { sid } = await start();
  for (let attempt = 0; attempt < MAX_CHECKS; attempt += 1) {
    expect(await check(wrong(harness.lastCode()))).toMatchObject({ status: 'pending', valid: false });
  }
  return sid;
}

describe('attempts', () => {
  test('five sends, then 60203 without a message', async () => {
    for (let send = 1; send <= MAX_SENDS; send += 1) {
      expect((await start()).sendCodeAttempts).toHaveLength(send);
    }
    await expect(start()).rejects.toMatchObject({ ...refusal(429, 60203), message: 'Max send attempts reached' });
    expect(harness.emulator.control.messages()).toHaveLength(MAX_SENDS);
    expect(await check(harness.lastCode())).toMatchObject({ status: 'approved' });
  });

  test('five wrong checks, then 60202 even for the right code', async () => {
    const sid = await exhaust();
    await expect(check(harness.lastCode())).rejects.toMatchObject({
      ...refusal(429, 60202),
      message: 'Max check attempts reached',
    });
    expect(await verification(sid).fetch()).toMatchObject({ status: 'max_attempts_reached' });
  });

  test('an exhausted verification blocks a new one until it expires', async () => {
    await exhaust();
    await expect(start()).rejects.toMatchObject(refusal(429, 60202));
    harness.clock.now += LIFETIME_MS;
    expect(await start()).toMatchObject({ status: 'pending' });
  });

  test('an exhausted verification can be canceled, but not approved', async () => {
    const sid = await exhaust();
    await expect(verification(sid).update({ status: 'approved' })).rejects.toMatchObject(refusal(404, 20404));
    expect(await verification(sid).update({ status: 'canceled' })).toMatchObject({ status: 'canceled' });
    expect((await start()).sid).not.toBe(sid);
  });

  test('the fifth check may still be the right one', async () => {
    await start();
    for (let attempt = 1; attempt < MAX_CHECKS; attempt += 1) await check(wrong(harness.lastCode()));
    expect(await check(harness.lastCode())).toMatchObject({ status: 'approved', valid: true });
  });
});

describe('ten minutes of life', () => {
  test.each([
    ['1 ms before the end', -1, 'fulfilled'],
    ['at the end', 0, 'rejected'],
    ['1 ms after the end', 1, 'rejected'],
  ])('%s', async (_name, offsetMs, outcome) => {
    const { sid } = await start();
    const code = harness.lastCode();
    harness.clock.now += LIFETIME_MS + offsetMs;
    const fetched = await Promise.allSettled([verification(sid).fetch()]);
    expect(fetched[0].status).toBe(outcome);
    const [checked] = await Promise.allSettled([check(code)]);
    expect(checked).toMatchObject(
      outcome === 'fulfilled' ? { value: { status: 'approved' } } : { reason: refusal(404, 20404) },
    );
  });

  test('a resend does not lengthen it, and afterwards a start makes a new verification', async () => {
    const first = await start();
    harness.clock.now += LIFETIME_MS - 1;
    expect((await start()).sid).toBe(first.sid);
    harness.clock.now += 1;
    expect((await start()).sid).not.toBe(first.sid);
    await expect(verification(first.sid).fetch()).rejects.toMatchObject(refusal(404, 20404));
  });
});

describe('parameters', () => {
  test.each([
    ['12025551234', 'sms'],
    ['+02025551234', 'sms'],
    ['+120255', 'whatsapp'],
    ['+1234567890123456', 'sms'],
    ['+1 202 555 1234', 'call'],
    [EMAIL, 'sms'],
    [PHONE, 'email'],
    ['nobody@nowhere', 'email'],
  ])('To %s by %s is 60200 and names the parameter', async (to, channel) => {
    await expect(start(to, channel)).rejects.toMatchObject({
      ...refusal(400, 60200),
      message: `Invalid parameter \`To\`: ${to}`,
    });
  });

  test.each(['auto', 'sna', 'SMS', 'pigeon'])('channel %s is 60200', async (channel) => {
    await expect(start(PHONE, channel)).rejects.toMatchObject(refusal(400, 60200));
  });

  test('a service that does not exist is 20404 for every call', async () => {
    const nowhere = harness.service('VA00000000000000000000000000000000');
    const missing = refusal(404, 20404);
    await expect(nowhere.fetch()).rejects.toMatchObject(missing);
    await expect(nowhere.verifications.create({ to: PHONE, channel: 'sms' })).rejects.toMatchObject(missing);
    await expect(nowhere.verificationChecks.create({ to: PHONE, code: '123456' })).rejects.toMatchObject(missing);
  });

  test('a check needs a code of 4 to 10 characters, and something to check', async () => {
    await start();
    const { verificationChecks } = harness.service();
    await expect(verificationChecks.create({ to: PHONE })).rejects.toMatchObject(refusal(400, 60200));
    await expect(check('123')).rejects.toMatchObject(refusal(400, 60200));
    await expect(check('12345678901')).rejects.toMatchObject(refusal(400, 60200));
    await expect(verificationChecks.create({ code: '123456' })).rejects.toMatchObject(refusal(400, 60221));
    await expect(check(wrong(harness.lastCode()))).resolves.toMatchObject({ status: 'pending' });
  });

  test('nothing pending for a number is 20404', async () => {
    await expect(check('123456')).rejects.toMatchObject(refusal(404, 20404));
  });

  test('tags are a JSON map of at most ten short texts', async () => {
    const { verifications } = harness.service();
    const pairs = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`key${i}`, 'value']));
    const withTags = (tags: string) => verifications.create({ to: PHONE, channel: 'sms', tags });

    await withTags(JSON.stringify(pairs(10)));
    expect(harness.emulator.control.messages()[0]?.tags).toEqual(pairs(10));
    for (const tags of [
      JSON.stringify(pairs(11)),
      '[]',
      'no json',
      '{"a":1}',
      JSON.stringify({ a: 'x'.repeat(129) }),
    ]) {
      await expect(withTags(tags)).rejects.toMatchObject(refusal(400, 60200));
    }
  });

  test('the optional ones are accepted', async () => {
    const started = await harness.service().verifications.create({
      to: PHONE,
      channel: 'sms',
      customFriendlyName: 'otpql',
      templateSid: `HJ${'0'.repeat(32)}`,
      locale: 'pt-BR',
    });
    expect(started.status).toBe('pending');
    expect(harness.emulator.control.messages()[0]?.locale).toBe('pt-BR');
  });

  test('a missing parameter, a JSON body and an unknown status are 60200', async () => {
    const { sid } = await start();
    const answers = [
      await harness.post('Verifications', new URLSearchParams({ To: PHONE })),
      await harness.post('Verifications', new URLSearchParams({ Channel: 'sms' })),
      await harness.post('Verifications', JSON.stringify({ To: PHONE, Channel: 'sms' })),
      await harness.post(`Verifications/${sid}`, new URLSearchParams()),
      await harness.post(`Verifications/${sid}`, new URLSearchParams({ Status: 'deleted' })),
    ];
    for (const answer of answers) {
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ code: 60200, status: 400 });
    }
  });
});
