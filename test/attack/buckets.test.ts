// What a rate limit counts by is normalised before it is counted, and nothing that an attacker may vary freely is part of
// it: not a number's spelling, not other input fields, not headers, not an IPv6 address within its /64, and not
// X-Forwarded-For unless the operator named a proxy. Seen in: CVE-2025-64526, CVE-2026-45364.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SendOtpDocument, VerifyOtpDocument, type SendOtpInput } from '../../web/generated/operations.ts';
import { freshEmail, freshPhone } from '../support/codes.ts';
import { from, startServer, type Answer, type TestServer } from '../support/server.ts';
import { freshIp, tally, volley } from './volley.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const send = (input: SendOtpInput, headers: Record<string, string>) => server.run(SendOtpDocument, { input }, headers);
/** How many of these calls, one after the other, are refused by a limit; so far none of the others may fail for another reason. */
const refusals = (answers: readonly Answer<unknown>[]) => tally(answers)['RATE_LIMITED'] ?? 0;

test('five spellings of one number are one bucket', async () => {
  const requester = from(freshIp());
  const phone = freshPhone();
  const [country, area, rest] = [phone.slice(0, 2), phone.slice(2, 5), phone.slice(5)];
  const spellings = [
    phone,
    ` ${phone} `,
    `${country} (${area}) ${rest}`,
    `${country}-${area}-${rest}`,
    `${country}.${area}.${rest}`,
  ];
  const answers = await Promise.all(spellings.map((to) => send({ to }, requester)));
  expect(tally(answers)).toEqual({ OK: 5 });
  for (const to of spellings) expect((await send({ to }, requester)).code).toBe('RATE_LIMITED');
});

test('five spellings of one e-mail address are one bucket', async () => {
  const requester = from(freshIp());
  const email = freshEmail().replace('person', 'pérson');
  const spellings = [
    email,
    email.toUpperCase(),
    `  ${email}\t`,
    email.normalize('NFD'),
    email.replace('example', 'Example'),
  ];
  const answers = await Promise.all(spellings.map((to) => send({ to, channel: 'EMAIL' }, requester)));
  expect(tally(answers)).toEqual({ OK: 5 });
  for (const to of spellings) expect((await send({ to, channel: 'EMAIL' }, requester)).code).toBe('RATE_LIMITED');
});

test('other input fields do not change the bucket', async () => {
  const ip = from(freshIp());
  const to = freshPhone();
  const inputs: SendOtpInput[] = [
    { to, channel: 'SMS' },
    { to, channel: 'WHATSAPP' },
    { to, channel: 'VOICE', purpose: 'PASSWORD_RESET' },
    { to, channel: 'SMS', purpose: 'PASSWORD_RESET', email: freshEmail() },
    { to, purpose: 'VERIFICATION', email: null },
    { to, channel: 'SMS', purpose: 'PASSWORD_RESET', email: freshEmail() },
    { to, channel: 'WHATSAPP', purpose: 'PASSWORD_RESET' },
  ];
  const codes: (string | null)[] = [];
  for (const input of inputs) codes.push((await send(input, ip)).code);
  expect(codes.slice(0, 5)).not.toContain('RATE_LIMITED');
  expect(codes.slice(5)).toEqual(['RATE_LIMITED', 'RATE_LIMITED']);
});

test('a challengeId or a purpose does not give verifyOtp a fresh bucket', async () => {
  const requester = from(freshIp());
  const to = freshPhone();
  const answers = await volley(20, (index) =>
    server.run(
      VerifyOtpDocument,
      {
        input: {
          to,
          code: String(100_000 + index),
          challengeId: `challenge-${index}`,
          purpose: index % 2 === 0 ? 'VERIFICATION' : 'PASSWORD_RESET',
        },
      },
      requester,
    ),
  );
  expect(refusals(answers)).toBe(5);
});

test('headers do not change the bucket', async () => {
  const ip = freshIp();
  const variants: Record<string, string>[] = [
    { 'user-agent': 'curl/8' },
    { cookie: 'session=1' },
    { authorization: 'Bearer no.such.token' },
    { 'x-real-ip': '203.0.113.1' },
    { forwarded: 'for=203.0.113.2' },
    { 'true-client-ip': '203.0.113.3' },
    { 'cf-connecting-ip': '203.0.113.4' },
    { 'x-request-id': 'mine' },
    { 'accept-language': 'fr' },
    { origin: 'http://localhost:3000' },
  ];
  const answers = await volley(40, (index) =>
    send({ to: freshPhone() }, { ...from(ip), ...variants[index % variants.length] }),
  );
  expect(refusals(answers)).toBe(20);
});

test('how the operation is written does not change the bucket', async () => {
  const requester = from(freshIp());
  const to = freshPhone();
  const variables = { to, input: { to }, channel: 'SMS' };
  const operations = [
    'mutation($input: SendOtpInput!) { sendOtp(input: $input) { status } }',
    'mutation Other($to: String!) { sendOtp(input: {to: $to}) { to } }',
    `mutation { sendOtp(input: {to: "${to}"}) { challengeId } }`,
    `mutation { x: sendOtp(input: {channel: SMS, to: "${to}"}) { __typename } }`,
    'mutation A($to: String!, $channel: OtpChannel!) { ...F } fragment F on Mutation { sendOtp(input: {to: $to, channel: $channel}) { status } }',
    `mutation { sendOtp(input: {to: """${to}"""}) { status } }`,
  ];
  const codes: (string | null)[] = [];
  for (const operation of operations) codes.push((await server.query(operation, variables, requester)).code);
  expect(codes).toEqual([null, null, null, null, null, 'RATE_LIMITED']);
});

test('of several X-Forwarded-For entries only the one that the trusted proxy added counts', async () => {
  const ip = freshIp();
  const answers = await volley(30, (index) => send({ to: freshPhone() }, from(`203.0.113.${index}, ${ip}`)));
  expect(tally(answers)).toEqual({ OK: 20, RATE_LIMITED: 10 });
});

test('the addresses of one IPv6 /64 are one client, and the next /64 is another', async () => {
  const spellings = ['2001:db8:1:2::1', '2001:DB8:1:2:0:0:0:2', '2001:0db8:0001:0002:ffff:ffff:ffff:ffff'];
  const answers = await volley(30, (index) =>
    send({ to: freshPhone() }, from(index < 3 ? spellings[index]! : `2001:db8:1:2:${index}:${index}::`)),
  );
  expect(tally(answers)).toEqual({ OK: 20, RATE_LIMITED: 10 });
  expect((await send({ to: freshPhone() }, from('2001:db8:1:3::1'))).code).toBeNull();
});

test('an IPv4-mapped IPv6 address is the IPv4 address', async () => {
  const spellings = ['203.0.113.77', '::ffff:203.0.113.77', '::FFFF:cb00:714d', '0:0:0:0:0:ffff:203.0.113.77'];
  const answers = await volley(24, (index) => send({ to: freshPhone() }, from(spellings[index % 4]!)));
  expect(tally(answers)).toEqual({ OK: 20, RATE_LIMITED: 4 });
});

test('addresses that are none share one bucket', async () => {
  const answers = await volley(24, (index) => send({ to: freshPhone() }, from(`not-an-address-${index}`)));
  expect(tally(answers)).toEqual({ OK: 20, RATE_LIMITED: 4 });
});

test('X-Forwarded-For is ignored unless a proxy is trusted', async () => {
  const direct = await startServer({ TRUST_PROXY: '' });
  try {
    const answers = await volley(30, () =>
      direct.run(SendOtpDocument, { input: { to: freshPhone() } }, from(freshIp())),
    );
    expect(tally(answers)).toEqual({ OK: 20, RATE_LIMITED: 10 });
  } finally {
    await direct.close();
  }
});

test('X-Forwarded-For is ignored from a sender outside the trusted addresses', async () => {
  const elsewhere = await startServer({ TRUST_PROXY: '192.0.2.0/24' });
  try {
    const answers = await volley(25, () =>
      elsewhere.run(SendOtpDocument, { input: { to: freshPhone() } }, from(freshIp())),
    );
    expect(tally(answers)).toEqual({ OK: 20, RATE_LIMITED: 5 });
  } finally {
    await elsewhere.close();
  }
});
