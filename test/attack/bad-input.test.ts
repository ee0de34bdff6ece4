// Issue 3, bad input: wrong types, missing fields, unknown enum values, objects, arrays and operator objects where a string
// belongs, control characters, unicode digits, lone surrogates: each is an error with a code of the table and the field's
// name, never INTERNAL_SERVER_ERROR or a stack trace, and the next good request works. Only strings of ASCII digits reach a
// query as a code, and no string of a client is ever read as an operator or a field path (AIL, next-auth adapters).
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { BODY_LIMIT_BYTES } from '../../src/http/mistakes.ts';
import fc from 'fast-check';
import { print } from 'graphql';
import {
  RegisterWithOtpDocument,
  ResetPasswordWithOtpDocument,
  SendOtpDocument,
  VerifyOtpDocument,
} from '../../web/generated/operations.ts';
import { freshPhone, sendCode } from '../support/codes.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { expectUnharmed, post, refusal } from './refusal.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '10000' });
});
afterEach(() => expectUnharmed(server));
afterAll(() => server.close());

type Input = Record<string, unknown>;
const phone = '+12025550100';
const OPERATIONS: Record<string, { query: string; good: Input }> = {
  sendOtp: { query: print(SendOtpDocument), good: { to: phone } },
  verifyOtp: { query: print(VerifyOtpDocument), good: { to: phone, code: '123456' } },
  registerWithOtp: {
    query: print(RegisterWithOtpDocument),
    good: { email: 'a@example.com', password: 'securepassword', phone, otpCode: '123456' },
  },
  resetPasswordWithOtp: {
    query: print(ResetPasswordWithOtpDocument),
    good: { email: 'a@example.com', newPassword: 'newpassword123', phone, otpCode: '123456' },
  },
};

const NOT_STRINGS: unknown[] = [
  5,
  1.5,
  -0,
  true,
  [],
  ['+12025550100'],
  {},
  { $ne: null },
  { $gt: '' },
  { $regex: '.*' },
];
const NOT_PHONES = [
  '',
  ' ',
  '12025550100',
  '+02025550100',
  '+1',
  '+1202555010012345678',
  '+1202555010O',
  '+1202\u0000555',
  '+1202555\n0100',
  '+1202\u200b5550100',
  '+\u0661\u0662\u0660\u0662\u0665\u0665\u0665\u0660\u0661\u0660\u0660',
  '+１２０２５５５０１００',
  '\ud800',
  '+1202555\udfff0100',
  '$where',
  '+1202555010\u202e0',
  "+1202'; return true; '",
  '+1'.padEnd(50_000, '2'),
];
const NOT_EMAILS = [
  '',
  'a',
  '@example.com',
  'a@',
  'a@b',
  'a@@example.com',
  'a@example..com',
  'a@-example.com',
  '.a@example.com',
  'a.@example.com',
  'a b@example.com',
  'a@example.com\nbcc: b@example.com',
  'a\r\n@example.com',
  'a\u0000@example.com',
  'a\u202e@example.com',
  '\ud800@example.com',
  'a@example.com,b@example.com',
  '<a@example.com>',
  'A <a@example.com>',
  '"a b"@example.com',
  `${'a'.repeat(243)}@example.com`,
  `${'a@'.repeat(20_000)}`,
];
const NOT_CODES = [
  '',
  ' ',
  '12345',
  '1234567',
  '12345a',
  '12345\n',
  '\t123456',
  '1e5000',
  '-12345',
  '+12345',
  '0x1234',
  '12.345',
  '１２３４５６',
  '\u0661\u0662\u0663\u0664\u0665\u0666',
  '𝟏𝟐𝟑𝟒𝟓𝟔',
  '12345\u0000',
  '123\u200b456',
  '\ud83512345',
  '.*',
  '$ne',
  '1'.repeat(50_000),
];

/** Each: the operation, the wrong field, its values, the code that they get. */
const WRONG: [operation: string, field: string, values: unknown[], code: string][] = [
  ...Object.entries(OPERATIONS).flatMap(([operation, { good }]) =>
    Object.keys(good).map((field): (typeof WRONG)[number] => [operation, field, NOT_STRINGS, 'BAD_USER_INPUT']),
  ),
  ['sendOtp', 'channel', ['PIGEON', 'sms', 0, null, ['SMS', 'SMS'], {}, 'constructor'], 'BAD_USER_INPUT'],
  ['sendOtp', 'purpose', ['SIGN_IN', 'toString', '__proto__', 1, null, {}, '$ne'], 'BAD_USER_INPUT'],
  ['sendOtp', 'email', [...NOT_STRINGS, 'a@example.com'], 'BAD_USER_INPUT'],
  ['verifyOtp', 'purpose', ['TRANSACTION', 'constructor', null, { $ne: 1 }], 'BAD_USER_INPUT'],
  ['verifyOtp', 'challengeId', [{}, [], true, { $ne: null }, 1.5], 'BAD_USER_INPUT'],
  ['verifyOtp', 'code', NOT_CODES, 'BAD_USER_INPUT'],
  ['registerWithOtp', 'otpCode', NOT_CODES, 'BAD_USER_INPUT'],
  ['resetPasswordWithOtp', 'otpCode', NOT_CODES, 'BAD_USER_INPUT'],
  ['registerWithOtp', 'emailVerificationToken', NOT_STRINGS, 'BAD_USER_INPUT'],
  ['resetPasswordWithOtp', 'verificationToken', NOT_STRINGS, 'BAD_USER_INPUT'],
  ['sendOtp', 'to', NOT_PHONES, 'INVALID_PHONE_NUMBER'],
  ['verifyOtp', 'to', NOT_PHONES, 'INVALID_PHONE_NUMBER'],
  ['registerWithOtp', 'phone', [...NOT_PHONES, 'a@example.com'], 'INVALID_PHONE_NUMBER'],
  ['resetPasswordWithOtp', 'phone', [...NOT_PHONES, 'a@example.com'], 'INVALID_PHONE_NUMBER'],
  ['registerWithOtp', 'email', [...NOT_EMAILS, phone], 'INVALID_EMAIL'],
  ['resetPasswordWithOtp', 'email', [...NOT_EMAILS, phone], 'INVALID_EMAIL'],
  [
    'registerWithOtp',
    'password',
    ['', 'short', 'password', 'PASSWORD1', 'x'.repeat(257), '😀'.repeat(7)],
    'WEAK_PASSWORD',
  ],
  ['resetPasswordWithOtp', 'newPassword', ['', '1234567', '12345678', 'y'.repeat(90_000)], 'WEAK_PASSWORD'],
];

test.each(WRONG)('%s refuses a wrong %s and names it', async (operation, field, values, code) => {
  const { query, good } = OPERATIONS[operation]!;
  for (const value of values) {
    const refused = await refusal(await post(server, query, { input: { ...good, [field]: value } }));
    expect([value, refused.codes, refused.fields]).toEqual([value, [code], [field]]);
    expect(refused.data ?? null).toBeNull();
  }
});

test('e-mail addresses are refused as such on the EMAIL channel and where they hold an @', async () => {
  const { query } = OPERATIONS['sendOtp']!;
  for (const to of [...NOT_EMAILS, phone]) {
    const refused = await refusal(await post(server, query, { input: { to, channel: 'EMAIL' } }));
    expect([to, refused.codes, refused.fields]).toEqual([to, ['INVALID_EMAIL'], ['to']]);
  }
  const { query: verify, good } = OPERATIONS['verifyOtp']!;
  for (const to of NOT_EMAILS.filter((email) => email.includes('@'))) {
    const refused = await refusal(await post(server, verify, { input: { ...good, to } }));
    expect([to, refused.codes, refused.fields]).toEqual([to, ['INVALID_EMAIL'], ['to']]);
  }
});

test.each(Object.entries(OPERATIONS))('%s names the field that is missing, null or unknown', async (_name, op) => {
  const { query, good } = op;
  const optional = ['phone', 'otpCode'].filter(() => query.includes('resetPassword'));
  for (const field of Object.keys(good).filter((name) => !optional.includes(name))) {
    const { [field]: _left, ...rest } = good;
    for (const input of [rest, { ...good, [field]: null }]) {
      const refused = await refusal(await post(server, query, { input }));
      expect([refused.codes, refused.fields]).toEqual([['BAD_USER_INPUT'], [field]]);
    }
  }
  for (const unknown of ['foo', 'Otp_Code', 'constructor', '_id', '$where', 'toString']) {
    const refused = await refusal(await post(server, query, { input: { ...good, [unknown]: 'x' } }));
    expect([refused.codes, refused.fields]).toEqual([['BAD_USER_INPUT'], [unknown]]);
  }
  for (const input of [null, 'x', 5, [], [good, good]]) {
    const refused = await refusal(await post(server, query, { input }));
    expect(refused.codes[0]).toBe('BAD_USER_INPUT');
    expect(refused.fields[0]).toBeDefined();
  }
  const refused = await refusal(await post(server, query, {}));
  expect([refused.codes, refused.fields]).toEqual([['BAD_USER_INPUT'], ['input']]);
});

test.each([
  ['mutation { sendOtp(input: {to: 5}) { status } }', 'to'],
  ['mutation { sendOtp(input: {to: ["+12025550100"]}) { status } }', 'to'],
  ['mutation { sendOtp(input: {to: {ne: null}}) { status } }', 'to'],
  ['mutation { sendOtp(input: {to: "+12025550100", channel: PIGEON}) { status } }', 'channel'],
  ['mutation { sendOtp(input: {to: "+12025550100", channel: "SMS"}) { status } }', 'channel'],
  ['mutation { sendOtp(input: {to: "+12025550100", purpose: null}) { status } }', 'purpose'],
  ['mutation { sendOtp(input: {channel: SMS}) { status } }', 'to'],
  ['mutation { sendOtp(input: {to: "+12025550100", tp: "x"}) { status } }', 'tp'],
  ['mutation { verifyOtp(input: {to: "+12025550100", code: 123456}) { valid } }', 'code'],
  ['mutation { verifyOtp(input: {to: "+12025550100", code: """123456\n"""}) { valid } }', null],
  ['mutation { verifyOtp(input: {to: "+12025550100", code: null}) { valid } }', 'code'],
  ['mutation { verifyOtp(input: null) { valid } }', 'input'],
])('a literal is refused like a variable: %s', async (query, field) => {
  const refused = await refusal(await post(server, query));
  if (field) expect([refused.codes, refused.fields]).toEqual([['BAD_USER_INPUT'], [field]]);
  // A block string drops its last line break: the code is right in form, and none is pending.
  else expect(refused.codes).toEqual(['OTP_EXPIRED']);
});

test('a string that looks like a field path or an operator is only a string', async () => {
  const to = freshPhone();
  const code = await sendCode(server, to);
  const paths = ['$slots.VERIFICATION.challenge.id', '$$ROOT', '$_id', '{"$ne": null}', '.', '', '\u0000', '$'];
  for (const challengeId of paths) {
    const refused = await refusal(
      await post(server, OPERATIONS['verifyOtp']!.query, { input: { to, code, challengeId } }),
    );
    expect([challengeId, refused.codes]).toEqual([challengeId, ['OTP_EXPIRED']]);
  }
  const { query, good } = OPERATIONS['registerWithOtp']!;
  for (const verificationToken of ['$slots.VERIFICATION.approval.tokenHash', '', '\u0000', 'null', '\ud800']) {
    const input = { ...good, phone: to, otpCode: null, verificationToken };
    const refused = await refusal(await post(server, query, { input }));
    expect([refused.codes, refused.fields]).toEqual([['OTP_EXPIRED'], ['verificationToken']]);
  }
  expect(await server.db.collection('users').countDocuments()).toBe(0);
});

const strange: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.constantFrom(...NOT_STRINGS, ...NOT_PHONES, ...NOT_EMAILS, ...NOT_CODES),
);
const CLIENT_MISTAKES = ['BAD_USER_INPUT', 'INVALID_PHONE_NUMBER', 'INVALID_EMAIL', 'WEAK_PASSWORD'];

test('whatever the values of an input are, the answer is data or an error of the table with the name of a field', async () => {
  const call = fc.constantFrom(...Object.values(OPERATIONS)).chain(({ query, good }) => {
    const names = [...Object.keys(good), 'channel', 'purpose', 'verificationToken', 'challengeId'];
    const changes = fc.dictionary(fc.constantFrom(...names), strange, { minKeys: 1, maxKeys: 3 });
    return changes.map((changed) => ({ query, names, input: { ...good, ...changed } }));
  });
  await fc.assert(
    fc.asyncProperty(call, async ({ query, names, input }) => {
      const { codes, fields, data } = await refusal(await post(server, query, { input }));
      if (codes.length === 0) expect(data).toBeTruthy();
      // A key that could pollute a prototype has the whole body refused, and so has its length.
      const body = JSON.stringify({ query, variables: { input } });
      const isRefused = /"(__proto__|constructor)"/.test(body) || Buffer.byteLength(body) > BODY_LIMIT_BYTES;
      codes.forEach((code, index) => {
        if (CLIENT_MISTAKES.includes(code)) expect(isRefused ? [...names, 'body'] : names).toContain(fields[index]);
      });
    }),
    { numRuns: 300 },
  );
});
