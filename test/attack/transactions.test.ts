// Invariant 12: TRANSACTION needs a session and goes only to the user's own verified destination; only
// confirmTransactionWithOtp, with the same transaction again, spends it; verifyOtp refuses it.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { SEND_WINDOW_MS } from '../../src/otp/message-limit.ts';
import { SendOtpDocument, VerifyOtpDocument } from '../../web/generated/operations.ts';
import { freshPhone, sendCode, wrongCode } from '../support/codes.ts';
import { askForCode, codeFor, confirm, PAYMENT, payer, type Payer, type Payment } from '../support/payments.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { sharedMongodUri } from '../support/shared-mongod.ts';

const SHARED = {
  OTP_SECRET: 'the-first-otp-secret-of-these-tests',
  JWT_SECRET_KEY: 'the-jwt-secret-of-these-tests-0123',
  // The clock moves by hours here, and the sessions are not what is tested.
  ACCESS_TOKEN_TTL_SECONDS: '86400',
};
let server: TestServer;
let who: Payer;
beforeAll(async () => {
  server = await startServer({ ...SHARED, RATE_LIMIT_SCALE: '1000' });
  who = await payer(server);
});
// So that no test's codes count towards the limit of the next one's.
beforeEach(() => server.clock.advance(SEND_WINDOW_MS));
afterAll(() => server.close());

let counter = 0;
/** A payment of its own for each test, so that none meets the code of another. */
const fresh = (): Payment => ({ ...PAYMENT, reference: `order-${(counter += 1)}` });

const CHANGES: Record<string, Partial<Payment>> = {
  amount: { amount: '1000.00' },
  'the last digit': { amount: '10.01' },
  currency: { currency: 'USD' },
  payee: { payee: 'Acme lnc.' },
  reference: { reference: 'another-order' },
};

describe('a code for a payment is refused', () => {
  test('to who is not signed in', async () => {
    for (const headers of [{} as Record<string, string>, { authorization: 'Bearer nonsense' }])
      expect((await askForCode(server, { phone: who.phone, headers })).code).toBe('UNAUTHENTICATED');
  });

  test('to a destination that its user has not proven: a stolen session cannot have it sent elsewhere', async () => {
    const other = await payer(server);
    for (const to of [freshPhone(), other.phone]) {
      const answer = await askForCode(server, who, fresh(), { to });
      expect(answer.errors[0]).toMatchObject({ extensions: { code: 'FORBIDDEN', field: 'to' } });
      expect((await server.inbox(to)).filter(({ purpose }) => purpose === 'TRANSACTION')).toEqual([]);
    }
    // An address that was only claimed.
    const answer = await askForCode(server, who, fresh(), { to: who.email, channel: 'EMAIL' });
    expect(answer.code).toBe('FORBIDDEN');
    expect(await server.inbox(who.email)).toEqual([]);
  });

  test('without the payment, and with one for any other purpose', async () => {
    for (const input of [
      { to: who.phone, purpose: 'TRANSACTION' as const },
      { to: who.phone, purpose: 'TRANSACTION' as const, transaction: null },
      { to: who.phone, transaction: PAYMENT },
      { to: who.phone, purpose: 'PASSWORD_RESET' as const, transaction: PAYMENT },
    ]) {
      const answer = await server.run(SendOtpDocument, { input }, who.headers);
      expect(answer.errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'transaction' });
    }
  });

  const BAD: [Partial<Payment>, string][] = [
    [{ amount: '10.505' }, 'transaction.amount'],
    [{ amount: '-10' }, 'transaction.amount'],
    [{ currency: 'eur' }, 'transaction.currency'],
    [{ payee: 'Acme\nInc.' }, 'transaction.payee'],
    [{ payee: '\u202eAcme' }, 'transaction.payee'],
    [{ reference: '' }, 'transaction.reference'],
  ];
  test.each(BAD)('for a payment with %j, here and at its confirmation', async (bad, field) => {
    const sent = await askForCode(server, who, { ...PAYMENT, ...bad });
    expect(sent.errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field });
    const proof = { challengeId: 'any', otpCode: '000000' };
    const confirmed = await confirm(server, who, proof, { ...PAYMENT, ...bad });
    expect(confirmed.errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field });
  });

  test('for an amount that is a number: floats are not what was meant', async () => {
    const query = `mutation { sendOtp(input: { to: "${who.phone}", purpose: TRANSACTION,
      transaction: { reference: "r", amount: 10.1, currency: "EUR", payee: "p" } }) { status } }`;
    expect((await server.query(query, undefined, who.headers)).code).toBe('BAD_USER_INPUT');
  });
});

describe('a confirmation', () => {
  test.each(Object.entries(CHANGES))('with %s changed is a mismatch and spends nothing', async (_what, change) => {
    const transaction = fresh();
    const proof = await codeFor(server, who, transaction);
    const wrong = { ...proof, otpCode: wrongCode(proof.otpCode) };
    // More often than there are attempts, with the right code and with a wrong one.
    for (let turn = 0; turn < 6; turn += 1) {
      const answer = await confirm(server, who, turn % 2 ? proof : wrong, { ...transaction, ...change });
      expect(answer.code).toBe('TRANSACTION_MISMATCH');
      expect(answer.data).toBeNull();
    }
    expect((await confirm(server, who, wrong, transaction)).errors[0]?.extensions).toMatchObject({
      code: 'OTP_INVALID',
      field: 'otpCode',
      attemptsRemaining: 2,
    });
    expect((await confirm(server, who, proof, transaction)).code).toBeNull();
  });

  test('with wrong codes ends after three', async () => {
    const other = await payer(server);
    const proof = await codeFor(server, other);
    const wrong = { ...proof, otpCode: wrongCode(proof.otpCode) };
    for (const attemptsRemaining of [2, 1, 0])
      expect((await confirm(server, other, wrong)).errors[0]?.extensions).toMatchObject({
        code: 'OTP_INVALID',
        attemptsRemaining,
      });
    expect((await confirm(server, other, proof)).code).toBe('MAX_ATTEMPTS_REACHED');
  });

  test('of 50 at once is one: a second receipt would be a second payment', async () => {
    const transaction = fresh();
    const proof = await codeFor(server, who, transaction);
    const answers = await Promise.all(Array.from({ length: 50 }, () => confirm(server, who, proof, transaction)));
    expect(answers.filter(({ data }) => data !== null)).toHaveLength(1);
    const refused = answers.flatMap(({ code }) => code ?? []);
    expect(refused.filter((code) => !['OTP_EXPIRED', 'SERVICE_UNAVAILABLE'].includes(code))).toEqual([]);
  });

  test("of another user's code finds nothing, and leaves it alone", async () => {
    const transaction = fresh();
    const proof = await codeFor(server, who, transaction);
    const thief = await payer(server);
    for (const tried of [transaction, fresh()])
      expect((await confirm(server, thief, proof, tried)).code).toBe('OTP_EXPIRED');
    expect((await confirm(server, { headers: {} }, proof, transaction)).code).toBe('UNAUTHENTICATED');
    expect((await confirm(server, who, proof, transaction)).code).toBeNull();
  });

  test('takes no code of another payment, nor its name', async () => {
    const [one, two] = [fresh(), fresh()];
    const first = await codeFor(server, who, one);
    const second = await codeFor(server, who, two);
    expect((await confirm(server, who, first, two)).code).toBe('TRANSACTION_MISMATCH');
    const crossed = { challengeId: second.challengeId, otpCode: first.otpCode };
    expect((await confirm(server, who, crossed, two)).code).toBe('OTP_INVALID');
    expect((await confirm(server, who, second, two)).code).toBeNull();
    expect((await confirm(server, who, first, one)).code).toBeNull();
  });

  test('takes no code of another purpose', async () => {
    const otpCode = await sendCode(server, who.phone);
    const answer = await server.run(SendOtpDocument, { input: { to: who.phone } });
    const { challengeId } = answer.data!.sendOtp;
    for (const id of [challengeId, 'no-such-challenge', '', '$where'])
      expect((await confirm(server, who, { challengeId: id, otpCode })).code).toBe('OTP_EXPIRED');
  });

  test.each([
    [-1, null],
    [0, 'OTP_EXPIRED'],
    [1, 'OTP_EXPIRED'],
  ])('%d ms from the expiry of its code is answered %s', async (beside, code) => {
    const other = await payer(server);
    const transaction = fresh();
    const sent = await askForCode(server, other, transaction);
    const [message] = await server.inbox(other.phone);
    const { challengeId, expiresAt } = sent.data!.sendOtp;
    server.clock.set(Date.parse(String(expiresAt)) + beside);
    const proof = { challengeId, otpCode: message!.code };
    // A change finds nothing either, once there is nothing to differ from.
    const changed = await confirm(server, other, proof, { ...transaction, amount: '1.00' });
    expect(changed.code).toBe(code ?? 'TRANSACTION_MISMATCH');
    expect((await confirm(server, other, proof, transaction)).code).toBe(code);
  });

  test('needs the session and the destination to be still theirs', async () => {
    const other = await payer(server);
    const proof = await codeFor(server, other);
    const users = server.db.collection('users');
    const moved = freshPhone();
    await users.updateOne({ phone: other.phone }, { $set: { phone: moved } });
    expect((await confirm(server, other, proof)).code).toBe('OTP_EXPIRED');
    await users.updateOne({ phone: moved }, { $set: { phone: other.phone, suspendedAt: new Date() } });
    expect((await confirm(server, other, proof)).code).toBe('UNAUTHENTICATED');
    await users.updateOne({ phone: other.phone }, { $set: { suspendedAt: null } });
    expect((await confirm(server, other, proof)).code).toBeNull();
  });
});

test('verifyOtp takes no code of a payment, and spends nothing on it', async () => {
  const transaction = fresh();
  const proof = await codeFor(server, who, transaction);
  for (const code of Array.from({ length: 4 }, () => proof.otpCode)) {
    const input = { to: who.phone, code, purpose: 'TRANSACTION' as const };
    const answer = await server.run(VerifyOtpDocument, { input }, who.headers);
    expect(answer.errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'purpose' });
  }
  const other = await server.run(VerifyOtpDocument, { input: { to: who.phone, code: proof.otpCode } }, who.headers);
  expect(other.data?.verifyOtp.valid ?? false).toBe(false);
  expect((await confirm(server, who, proof, transaction)).code).toBeNull();
});

test('a code of before a change of OTP_SECRET still confirms its payment, and no other', async () => {
  const transaction = fresh();
  const proof = await codeFor(server, who, transaction);
  const MONGODB_URI = sharedMongodUri(server.db.databaseName);
  const secrets = { OTP_SECRET: 'the-second-otp-secret-of-these-tests', OTP_SECRET_PREVIOUS: SHARED.OTP_SECRET };
  const rotated = await startServer({ ...SHARED, ...secrets, MONGODB_URI }, server.clock);
  try {
    const changed = { ...transaction, amount: '11.00' };
    expect((await confirm(rotated, who, proof, changed)).code).toBe('TRANSACTION_MISMATCH');
    expect((await confirm(rotated, who, proof, transaction)).code).toBeNull();
  } finally {
    await rotated.close();
  }
});

test('one user confirms at most 20 times in 10 minutes, from wherever', async () => {
  const limited = await startServer();
  try {
    const other = await payer(limited);
    const codes: (string | null)[] = [];
    for (let turn = 0; turn < 21; turn += 1) {
      const headers = { ...other.headers, 'x-forwarded-for': `192.0.2.${turn}` };
      codes.push((await confirm(limited, { headers }, { challengeId: 'none', otpCode: '000000' })).code);
    }
    expect(codes).toEqual([...Array.from({ length: 20 }, () => 'OTP_EXPIRED'), 'RATE_LIMITED']);
  } finally {
    await limited.close();
  }
});
