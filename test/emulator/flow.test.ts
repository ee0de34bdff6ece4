import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  ACCOUNT_SID,
  createClient,
  EMAIL,
  type Harness,
  OTHER_SERVICE_SID,
  PHONE,
  refusal,
  SERVICE_SID,
  startHarness,
  wrong,
} from './harness.ts';

let harness: Harness;

beforeEach(async () => {
  harness = await startHarness();
});

afterEach(async () => {
  await harness.emulator.close();
});

const verifications = () => harness.service().verifications;
const checks = () => harness.service().verificationChecks;

describe('a whole verification', () => {
  test.each([
    ['sms', PHONE],
    ['call', PHONE],
    ['whatsapp', PHONE],
    ['email', EMAIL],
  ])('by %s', async (channel, to) => {
    const started = await verifications().create({ to, channel, locale: 'de' });
    expect(started).toMatchObject({ to, channel, status: 'pending', valid: false, serviceSid: SERVICE_SID });
    expect(started.sid).toMatch(/^VE[0-9a-f]{32}$/);
    expect(started.accountSid).toBe(ACCOUNT_SID);

    const [message] = harness.emulator.control.messages(to);
    expect(message).toMatchObject({ to, channel, sid: started.sid, serviceSid: SERVICE_SID, locale: 'de' });
    expect(message?.code).toMatch(/^\d{6}$/);

    const missed = await checks().create({ to, code: wrong(harness.lastCode(to)) });
    expect(missed).toMatchObject({ sid: started.sid, status: 'pending', valid: false });
    const hit = await checks().create({ verificationSid: started.sid, code: harness.lastCode(to) });
    expect(hit).toMatchObject({ sid: started.sid, to, channel, status: 'approved', valid: true });
  });

  test('has the body of the OpenAPI document, field by field', async () => {
    const started = await verifications().create({ to: PHONE, channel: 'sms' });
    expect(started.toJSON()).toEqual({
      sid: started.sid,
      serviceSid: SERVICE_SID,
      accountSid: ACCOUNT_SID,
      to: PHONE,
      channel: 'sms',
      status: 'pending',
      valid: false,
      lookup: { carrier: null },
      amount: null,
      payee: null,
      sendCodeAttempts: [
        { time: '2030-01-01T00:00:00.000Z', channel: 'sms', attempt_sid: expect.stringMatching(/^VL[0-9a-f]{32}$/) },
      ],
      dateCreated: new Date(harness.clock.now),
      dateUpdated: new Date(harness.clock.now),
      sna: null,
      url: `${harness.url}/v2/Services/${SERVICE_SID}/Verifications/${started.sid}`,
    });
    const checked = await checks().create({ to: PHONE, code: harness.lastCode() });
    expect(checked.toJSON()).toEqual({
      sid: started.sid,
      serviceSid: SERVICE_SID,
      accountSid: ACCOUNT_SID,
      to: PHONE,
      channel: 'sms',
      status: 'approved',
      valid: true,
      amount: null,
      payee: null,
      dateCreated: new Date(harness.clock.now),
      dateUpdated: new Date(harness.clock.now),
      snaAttemptsErrorCodes: [],
    });
  });

  test('cannot be checked, fetched or canceled once approved', async () => {
    const { sid } = await verifications().create({ to: PHONE, channel: 'sms' });
    const code = harness.lastCode();
    await checks().create({ to: PHONE, code });

    await expect(checks().create({ to: PHONE, code })).rejects.toMatchObject({
      ...refusal(404, 20404),
      message: `The requested resource /Services/${SERVICE_SID}/VerificationCheck was not found`,
    });
    await expect(verifications()(sid).fetch()).rejects.toMatchObject(refusal(404, 20404));
    await expect(verifications()(sid).update({ status: 'canceled' })).rejects.toMatchObject(refusal(404, 20404));
  });

  test('is approved exactly once by 100 parallel right checks', async () => {
    await verifications().create({ to: PHONE, channel: 'sms' });
    const code = harness.lastCode();
    const outcomes = await Promise.allSettled(Array.from({ length: 100 }, () => checks().create({ to: PHONE, code })));
    const approved = outcomes.filter((outcome) => outcome.status === 'fulfilled');
    expect(approved).toHaveLength(1);
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused.map(({ reason }) => reason.code)).toEqual(Array(99).fill(20404));
  });
});

describe('starting again while pending', () => {
  test('sends the same code under the same SID, on another channel too', async () => {
    const first = await verifications().create({ to: PHONE, channel: 'sms' });
    harness.clock.now += 30_000;
    const second = await verifications().create({ to: PHONE, channel: 'call' });
    expect(second.sid).toBe(first.sid);
    expect(second.channel).toBe('call');
    expect(second.sendCodeAttempts.map(({ channel }) => channel)).toEqual(['sms', 'call']);
    expect(second.dateCreated).toEqual(first.dateCreated);

    const [newest, oldest] = harness.emulator.control.messages(PHONE);
    expect(newest?.code).toBe(oldest?.code);
    expect(newest?.channel).toBe('call');
  });

  test('makes a verification of its own in another service', async () => {
    const here = await verifications().create({ to: PHONE, channel: 'sms' });
    const there = await harness.service(OTHER_SERVICE_SID).verifications.create({ to: PHONE, channel: 'sms' });
    expect(there.sid).not.toBe(here.sid);
    await expect(harness.service(OTHER_SERVICE_SID).verifications(here.sid).fetch()).rejects.toMatchObject(
      refusal(404, 20404),
    );
  });
});

describe('cancel and fetch', () => {
  test('a canceled verification can be fetched but not checked, and a new start makes a new code', async () => {
    const { sid } = await verifications().create({ to: PHONE, channel: 'sms' });
    const code = harness.lastCode();
    expect(await verifications()(sid).update({ status: 'canceled' })).toMatchObject({ sid, status: 'canceled' });
    expect(await verifications()(sid).fetch()).toMatchObject({ sid, status: 'canceled', valid: false });
    await expect(checks().create({ to: PHONE, code })).rejects.toMatchObject(refusal(404, 20404));
    await expect(checks().create({ verificationSid: sid, code })).rejects.toMatchObject(refusal(404, 20404));

    const again = await verifications().create({ to: PHONE, channel: 'sms' });
    expect(again.sid).not.toBe(sid);
    await expect(checks().create({ verificationSid: sid, code })).rejects.toMatchObject(refusal(404, 20404));
  });

  test.each([PHONE, EMAIL])('%s stands for its SID in the path', async (to) => {
    const { sid } = await verifications().create({ to, channel: to === EMAIL ? 'email' : 'sms' });
    expect(await verifications()(to).fetch()).toMatchObject({ sid, status: 'pending' });
    expect(await verifications()(to).update({ status: 'approved' })).toMatchObject({ status: 'approved', valid: true });
    await expect(checks().create({ to, code: harness.lastCode(to) })).rejects.toMatchObject(refusal(404, 20404));
  });

  test('the service itself can be fetched', async () => {
    const service = await harness.service().fetch();
    expect(service).toMatchObject({ sid: SERVICE_SID, accountSid: ACCOUNT_SID, codeLength: 6, psd2Enabled: false });
  });
});

describe('credentials', () => {
  test('a wrong auth token is 401 with 20003, whatever is asked', async () => {
    const stranger = createClient(harness.url, 'not the token').verify.v2.services(SERVICE_SID);
    const denied = refusal(401, 20003);
    await expect(stranger.fetch()).rejects.toMatchObject(denied);
    await expect(stranger.verifications.create({ to: PHONE, channel: 'sms' })).rejects.toMatchObject(denied);
    await expect(stranger.verificationChecks.create({ to: PHONE, code: '123456' })).rejects.toMatchObject(denied);
    expect(harness.emulator.control.messages()).toEqual([]);
    expect(harness.emulator.control.calls().counts).toEqual({ start: 0, check: 0, cancel: 0, fetch: 0 });
  });

  test('no credentials at all are 401 too, also where nothing is', async () => {
    const response = await fetch(`${harness.url}/v2/Services`);
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({
      code: 20003,
      message: 'Authenticate',
      more_info: 'https://www.twilio.com/docs/errors/20003',
      status: 401,
    });
  });
});
