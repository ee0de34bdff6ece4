import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { EMAIL, type Harness, PHONE, SERVICE_SID, startHarness, wrong } from './harness.ts';

let harness: Harness;

beforeEach(async () => {
  harness = await startHarness();
});

afterEach(async () => {
  await harness.emulator.close();
});

async function request(method: string, path: string, body?: unknown) {
  const headers: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
  const response = await fetch(harness.url + path, { method, headers, body: JSON.stringify(body) });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) };
}

describe('/_emulator/messages.json', () => {
  test('lists what was sent, newest first, and filters by destination', async () => {
    const { verifications } = harness.service();
    const { sid } = await verifications.create({ to: PHONE, channel: 'sms', tags: '{"purpose":"LOGIN"}' });
    harness.clock.now += 1000;
    await verifications.create({ to: EMAIL, channel: 'email' });

    const all = await request('GET', '/_emulator/messages.json');
    expect(all.body.map(({ to }: { to: string }) => to)).toEqual([EMAIL, PHONE]);
    const some = await request('GET', `/_emulator/messages.json?to=${encodeURIComponent(PHONE)}`);
    expect(some.body).toEqual([
      {
        to: PHONE,
        channel: 'sms',
        code: harness.lastCode(PHONE),
        serviceSid: SERVICE_SID,
        sid,
        locale: null,
        amount: null,
        payee: null,
        tags: { purpose: 'LOGIN' },
        sentAt: '2030-01-01T00:00:00.000Z',
      },
    ]);
  });

  test('keeps the last 200', async () => {
    const numbers = Array.from({ length: 205 }, (_, i) => `+1202555${1000 + i}`);
    for (const To of numbers) await harness.post('Verifications', new URLSearchParams({ To, Channel: 'sms' }));
    const { body } = await request('GET', '/_emulator/messages.json');
    expect(body).toHaveLength(200);
    expect(body[0].to).toBe(numbers.at(-1));
  });
});

describe('/_emulator/calls.json', () => {
  test('counts and lists the calls of each kind until cleared', async () => {
    const { verifications, verificationChecks } = harness.service();
    const { sid } = await verifications.create({ to: PHONE, channel: 'sms' });
    await verificationChecks.create({ verificationSid: sid, code: wrong(harness.lastCode()) });
    await verifications(sid).update({ status: 'canceled' });
    await verifications(sid).fetch();
    await verificationChecks.create({ verificationSid: 'VE00', code: '123456' }).catch(() => undefined);

    const call = { time: '2030-01-01T00:00:00.000Z', to: PHONE, service: SERVICE_SID };
    expect((await request('GET', '/_emulator/calls.json')).body).toEqual({
      counts: { start: 1, check: 2, cancel: 1, fetch: 1 },
      calls: { start: [call], check: [call, { ...call, to: null }], cancel: [call], fetch: [call] },
    });
    expect((await request('DELETE', '/_emulator/calls')).status).toBe(204);
    expect((await request('GET', '/_emulator/calls.json')).body.counts).toMatchObject({ start: 0, check: 0 });
  });
});

describe('/_emulator/behavior', () => {
  const initial = {
    latencyMs: 0,
    outage: 'none',
    outageOn: 'any',
    outageAfterEffect: false,
    error: null,
    channelsDisabled: [],
    psd2: null,
    refuseConcurrent: false,
  };

  test('changes the switches given, keeps the others, and resets', async () => {
    expect((await request('GET', '/_emulator/behavior')).body).toEqual(initial);
    await request('POST', '/_emulator/behavior', { latencyMs: 5 });
    const changed = await request('POST', '/_emulator/behavior', { error: { code: 60203, on: 'start', times: 1 } });
    const expected = { ...initial, latencyMs: 5, error: { on: 'start', code: 60203, times: 1 } };
    expect(changed).toMatchObject({ status: 200, body: expected });
    expect(harness.emulator.control.behavior()).toEqual(expected);
    expect((await request('DELETE', '/_emulator/behavior')).body).toEqual(initial);
  });

  test('a switch that is given as undefined stays as it is', () => {
    const { control } = harness.emulator;
    control.setBehavior({ latencyMs: 5 });
    expect(control.setBehavior({ latencyMs: undefined, outage: 'reset' })).toMatchObject({ latencyMs: 5 });
  });

  test.each<[unknown, string]>([
    [{ latencyMs: -1 }, 'latencyMs must be an integer from 0 to 120000'],
    [{ latencyMs: '5' }, 'latencyMs must be an integer from 0 to 120000'],
    [{ outage: 'refuse' }, 'outage must be one of none, hang, reset, html502'],
    [{ outageOn: 'send' }, 'outageOn must be one of start, check, cancel, fetch, any'],
    [{ error: {} }, 'error.code must be an integer from 1 to 999999'],
    [{ error: { code: 60203, on: 'send' } }, 'error.on must be one of start, check, cancel, fetch, any'],
    [{ error: { code: 60203, httpStatus: 200 } }, 'error.httpStatus must be an integer from 400 to 599'],
    [{ error: { code: 60203, times: 0 } }, 'error.times must be an integer from 1 to 1000000'],
    [{ error: { code: 60203, often: 1 } }, 'unknown field "error.often"'],
    [{ error: 60203 }, 'error must be a JSON object'],
    [{ error: { code: 60203, message: 1 } }, 'error.message must be a string'],
    [{ channelsDisabled: 'sms' }, 'channelsDisabled must be a list of sms, call, email, whatsapp'],
    [{ channelsDisabled: ['fax'] }, 'channelsDisabled must be one of sms, call, email, whatsapp'],
    [{ psd2: 1 }, 'psd2 must be true or false'],
    [[], 'behavior must be a JSON object'],
    [null, 'behavior must be a JSON object'],
  ])('%j is refused: %s', async (change, error) => {
    expect(await request('POST', '/_emulator/behavior', change)).toMatchObject({ status: 400, body: { error } });
  });

  test('names the switches there are, and applies nothing of a change that is partly wrong', async () => {
    const answer = await request('POST', '/_emulator/behavior', { latencyMs: 50, latency: 50 });
    expect(answer.status).toBe(400);
    expect(answer.body.error).toMatch(/^unknown switch "latency"; known are latencyMs, outage/);
    expect(harness.emulator.control.behavior()).toEqual(initial);
  });
});

describe('the page', () => {
  test('is one self-contained document', async () => {
    const response = await fetch(harness.url);
    const html = await response.text();
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(html).toContain('<html lang="en">');
    expect(html).not.toMatch(/(src|href)="https?:/);
  });
});

test('codes are six digits over the whole range', async () => {
  const codes = new Set<string>();
  for (let i = 0; i < 100; i += 1) {
    const To = `+1202555${1000 + i}`;
    await harness.post('Verifications', new URLSearchParams({ To, Channel: 'sms' }));
    codes.add(harness.lastCode(To));
  }
  expect([...codes].every((code) => /^\d{6}$/.test(code))).toBe(true);
  // 100 draws of a million: three repeats would be a broken generator, as would a first digit that never shows.
  expect(codes.size).toBeGreaterThan(97);
  expect(new Set([...codes].map((code) => code[0])).size).toBeGreaterThan(5);
});
