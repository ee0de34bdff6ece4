// DESIGN section 9: /metrics for Prometheus. No label holds personal data or anything that a client chose, and in
// production nobody reads it without the token.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { root } from '../../scripts/project.mjs';
import type { ConfigError } from '../../src/config/config.ts';
import { parseConfig } from '../../src/config/config.ts';
import { ResetPasswordWithOtpDocument, SendOtpDocument, VerifyOtpDocument } from '../../web/generated/operations.ts';
import { freshPhone, registerUser, sendCode, wrongCode } from '../support/codes.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { startTwilioServer, until, type TwilioServer } from '../support/twilio-server.ts';

const TOKEN = 'a-metrics-token-of-this-test-0123456789';
let server: TestServer;
let twilio: TwilioServer;
beforeAll(async () => {
  server = await startServer();
  twilio = await startTwilioServer({ NODE_ENV: 'production', PHONE_STRICT: 'false', METRICS_TOKEN: TOKEN });
});
afterAll(() => Promise.all([server.close(), twilio.close()]));

const scrape = async (from: TestServer = server, headers: Record<string, string> = {}) => {
  const response = await fetch(`${from.url}/metrics`, { headers });
  return { status: response.status, headers: response.headers, text: await response.text() };
};
/** The value of a metric with exactly these labels; 0 when it has none yet. */
async function value(name: string, labels: Record<string, string>, from = server, headers = {}): Promise<number> {
  const { text } = await scrape(from, headers);
  const wanted = Object.entries(labels).map(([label, of]) => `${label}="${of}"`);
  const line = text
    .split('\n')
    .find((one) => one.startsWith(name) && wanted.every((label) => one.includes(label)) && !one.includes('le="'));
  return Number(line?.split(' ').at(-1) ?? 0);
}

test('codes are counted from the send to the reset, and so are requests, operations and errors', async () => {
  const user = await registerUser(server);
  const code = await sendCode(server, freshPhone());
  const to = (await server.inbox())[0]!.to;
  await server.run(VerifyOtpDocument, { input: { to, code: wrongCode(code) } });
  await server.run(VerifyOtpDocument, { input: { to: freshPhone(), code } });
  await server.run(SendOtpDocument, { input: { to: user.phone, purpose: 'PASSWORD_RESET' } });
  await until(async () => (await server.inbox(user.phone))[0]?.purpose === 'PASSWORD_RESET');
  const otpCode = (await server.inbox(user.phone))[0]!.code;
  const input = { email: user.email, phone: user.phone, newPassword: 'a brand new passphrase', otpCode };
  expect((await server.run(ResetPasswordWithOtpDocument, { input })).code).toBeNull();

  const sent = { channel: 'SMS', provider: 'local', outcome: 'OK' };
  expect(await value('otpql_codes_sent_total', { purpose: 'VERIFICATION', ...sent })).toBe(2);
  expect(await value('otpql_codes_sent_total', { purpose: 'PASSWORD_RESET', ...sent })).toBe(1);
  for (const outcome of ['APPROVED', 'WRONG', 'OTP_EXPIRED'])
    expect([outcome, await value('otpql_codes_checked_total', { purpose: 'VERIFICATION', outcome })]).toEqual([
      outcome,
      1,
    ]);
  expect(await value('otpql_provider_duration_seconds_count', { provider: 'local', verb: 'start' })).toBe(3);
  expect(await value('otpql_password_resets_total', { method: 'otp' })).toBe(1);
  await until(async () => (await value('otpql_notices_total', { kind: 'PASSWORD_RESET', outcome: 'SENT' })) === 1);
  expect(await value('otpql_graphql_operations_total', { field: 'sendOtp' })).toBe(3);
  expect(await value('otpql_graphql_errors_total', { field: 'verifyOtp', code: 'OTP_EXPIRED' })).toBe(1);
  const graphql = { method: 'POST', route: '/graphql', status: '200' };
  expect(await value('otpql_http_request_duration_seconds_count', graphql)).toBe(7);
  expect((await scrape()).text).toContain('nodejs_eventloop_lag_seconds');
});

test('a refusal of a rate limit is counted by its field, whatever the alias', async () => {
  const to = freshPhone();
  for (let count = 0; count < 6; count += 1)
    await server.query(`mutation { chosenByTheClient: sendOtp(input: { to: "${to}" }) { status } }`);
  expect(await value('otpql_rate_limit_refusals_total', { field: 'sendOtp', by: 'ARGUMENTS' })).toBe(1);
  expect(await value('otpql_graphql_errors_total', { field: 'sendOtp', code: 'RATE_LIMITED' })).toBe(1);
});

test('nothing that a client chose, and no number or address, becomes a label', async () => {
  const user = await registerUser(server);
  const before = (await scrape()).text.split('\n').length;
  for (let count = 0; count < 20; count += 1) {
    const chosen = `chosenByTheClient${count}`;
    await fetch(`${server.url}/${chosen}?to=${user.phone}`);
    await fetch(`${server.url}/${chosen}`, { method: 'PUT' });
    await server.query(`query ${chosen} { ${chosen}: otpPolicy { codeLength } }`);
    await server.query(`query ${chosen} { ${chosen} }`);
    await server.query(`query ${chosen} { ...F } fragment F on Query { ${chosen}: errors { code } ...F }`);
    await server.query(`{ ...F } fragment F on Query { ${chosen}: errors { code } ... on Query { __typename } }`);
    await server.query(`mutation { ${chosen}: sendOtp(input: { to: "${chosen}" }) { status } }`);
  }
  const { text } = await scrape();
  for (const secret of ['chosenByTheClient', user.phone.slice(1), user.email, '127.0.0.1'])
    expect(text).not.toContain(secret);
  // Some labels are new, and not one for each try.
  expect(text.split('\n').length - before).toBeLessThan(100);
  expect(await value('otpql_graphql_errors_total', { field: 'none', code: 'BAD_USER_INPUT' })).toBe(40);
  expect(await value('otpql_graphql_operations_total', { field: 'errors' })).toBe(20);
});

test('development shows the metrics to this machine only', async () => {
  const { status, headers } = await scrape();
  expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
  expect(headers.get('content-type')).toMatch(/^text\/plain; version=/);
});

test('production has none without METRICS_TOKEN, and with it answers only whoever brings it', async () => {
  const bare = await startTwilioServer({ NODE_ENV: 'production' });
  expect((await scrape(bare)).status).toBe(404);
  await bare.close();
  for (const authorization of ['', 'Bearer', 'Bearer wrong', `Bearer ${TOKEN}x`, `Basic ${TOKEN}`, TOKEN]) {
    const refused = await scrape(twilio, { authorization });
    expect([authorization, refused.status, refused.headers.get('www-authenticate')]).toEqual([
      authorization,
      401,
      'Bearer',
    ]);
    expect(refused.text).not.toContain('otpql_');
  }
  expect((await scrape(twilio, { authorization: `Bearer ${TOKEN}` })).status).toBe(200);
});

test('calls to Twilio are timed by outcome, and a delivery that failed late is counted', async () => {
  const bearer = { authorization: `Bearer ${TOKEN}` };
  const user = await registerUser(twilio);
  const calls = { provider: 'twilio', outcome: 'OK' };
  for (const verb of ['start', 'check'])
    expect(await value('otpql_provider_duration_seconds_count', { ...calls, verb }, twilio, bearer)).toBe(1);
  await twilio.unplug();
  const sent = await twilio.run(SendOtpDocument, { input: { to: user.phone, purpose: 'PASSWORD_RESET' } });
  expect(sent.code).toBeNull();
  await until(async () => (await value('otpql_late_failures_total', {}, twilio, bearer)) === 1);
  const failed = { purpose: 'PASSWORD_RESET', provider: 'twilio', outcome: 'SERVICE_UNAVAILABLE' };
  expect(await value('otpql_codes_sent_total', failed, twilio, bearer)).toBe(1);
  await twilio.plugIn();
});

test('a METRICS_TOKEN that is short or cannot stand in a header stops production', () => {
  const problems = (METRICS_TOKEN: string) => {
    try {
      parseConfig({ NODE_ENV: 'production', METRICS_TOKEN });
    } catch (error) {
      return (error as ConfigError).problems.filter((problem) => problem.startsWith('METRICS_TOKEN'));
    }
    throw new Error('it was accepted');
  };
  expect(problems('x'.repeat(31))).toHaveLength(1);
  expect(problems(`${'x'.repeat(32)} y`)).toHaveLength(1);
  expect(problems('x'.repeat(32))).toEqual([]);
});

test('docs/metrics.md lists every metric of ours with its labels, and no other', async () => {
  const documented = [...readFileSync(join(root, 'docs/metrics.md'), 'utf8').matchAll(/^\| `(otpql_\w+)` +\|/gm)];
  const { text } = await scrape();
  const exposed = [...text.matchAll(/^# HELP (otpql_\w+) /gm)].map(([, name]) => name);
  expect(documented.map(([, name]) => name)).toEqual(exposed);
});
