import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { SEND_WINDOW_MS } from '../../src/otp/message-limit.ts';
import { transactionHash } from '../../src/transaction/transaction.ts';
import { MeDocument } from '../../web/generated/operations.ts';
import { askForCode, codeFor, confirm, PAYMENT, payer, type Payer, type Payment } from '../support/payments.ts';
import { startServer, type TestServer } from '../support/server.ts';

const JWT_SECRET_KEY = 'the-jwt-secret-of-these-tests-0123';
let server: TestServer;
let who: Payer;
beforeAll(async () => {
  const tokens = {
    JWT_SECRET_KEY,
    JWT_ISSUER: 'https://id.example',
    JWT_AUDIENCE: 'bank',
    ACCESS_TOKEN_TTL_SECONDS: '86400',
  };
  server = await startServer({ ...tokens, RATE_LIMIT_SCALE: '1000' });
  who = await payer(server);
});
// So that no test's codes count towards the limit of the next one's.
beforeEach(() => server.clock.advance(SEND_WINDOW_MS));
afterAll(() => server.close());

let counter = 0;
/** A payment of its own for each test, so that none meets the code of another. */
const fresh = (): Payment => ({ ...PAYMENT, reference: `order-${(counter += 1)}` });

describe('a payment', () => {
  test('is shown with its code, confirmed once, and answered with a receipt', async () => {
    const transaction = fresh();
    const sent = await askForCode(server, who, transaction);
    expect(sent.data?.sendOtp).toMatchObject({ status: 'PENDING', to: who.phone, channel: 'SMS' });
    const [message] = await server.inbox(who.phone);
    const { reference: _reference, ...shown } = transaction;
    expect(message).toMatchObject({ to: who.phone, channel: 'SMS', purpose: 'TRANSACTION', transaction: shown });
    const proof = { challengeId: sent.data!.sendOtp.challengeId, otpCode: message!.code };
    const answer = await confirm(server, who, proof, transaction);
    const receipt = answer.data!.confirmTransactionWithOtp;
    const { token, ...rest } = receipt;
    const hash = transactionHash(transaction);
    const confirmedAt = new Date(server.clock.now()).toISOString();
    expect(rest).toEqual({
      id: expect.stringMatching(/^[\w-]{22}$/),
      reference: transaction.reference,
      hash,
      confirmedAt,
    });
    const { header, payload } = jwt.verify(token, JWT_SECRET_KEY, { complete: true });
    const iat = Math.floor(server.clock.now() / 1000);
    expect(header).toEqual({ alg: 'HS256', typ: 'transaction-receipt+jwt' });
    expect(payload).toEqual({
      iss: 'https://id.example',
      aud: 'bank/transactions',
      sub: who.user.id,
      jti: receipt.id,
      iat,
      exp: iat + 600,
      transaction_hash: hash,
      reference: transaction.reference,
      amr: expect.arrayContaining(['otp']),
    });
    expect((await confirm(server, who, proof, transaction)).code).toBe('OTP_EXPIRED');
    // Spent is spent: a change is no mismatch any more.
    expect((await confirm(server, who, proof, { ...transaction, amount: '9.00' })).code).toBe('OTP_EXPIRED');
  });

  test('may be spelled otherwise the second time', async () => {
    const transaction = fresh();
    const proof = await codeFor(server, who, { ...transaction, amount: '10', payee: ' Acme Inc. ' });
    expect((await confirm(server, who, proof, transaction)).code).toBeNull();
  });

  test('can be confirmed by a verified e-mail address too', async () => {
    const other = await payer(server, true);
    const transaction = fresh();
    const proof = await codeFor(server, other, transaction, other.email);
    expect((await confirm(server, other, proof, transaction)).data?.confirmTransactionWithOtp.reference).toBe(
      transaction.reference,
    );
  });

  test('keeps its code in a resend, and shows itself again', async () => {
    const transaction = fresh();
    const proof = await codeFor(server, who, transaction);
    server.clock.advance(31_000);
    const again = await codeFor(server, who, transaction);
    expect(again).toEqual(proof);
    const [second, first] = await server.inbox(who.phone);
    expect(second!.transaction).toEqual(first!.transaction);
    expect((await confirm(server, who, proof, transaction)).code).toBeNull();
  });

  test('leaves nothing to read in the database or the log', async () => {
    const transaction = { ...fresh(), payee: 'Payee-of-a-secret', amount: '98765.43' };
    const proof = await codeFor(server, who, transaction);
    const pending = JSON.stringify(await server.db.collection('challenges').find().toArray());
    const receipt = (await confirm(server, who, proof, transaction)).data!.confirmTransactionWithOtp;
    const spent = JSON.stringify(await server.db.collection('challenges').find().toArray());
    for (const text of [pending, spent, server.log()])
      for (const secret of [proof.otpCode, transaction.payee, transaction.amount, receipt.hash, receipt.token])
        expect(text).not.toContain(`${secret}`);
  });
});

test('a receipt is no access token', async () => {
  const transaction = fresh();
  const proof = await codeFor(server, who, transaction);
  const { token } = (await confirm(server, who, proof, transaction)).data!.confirmTransactionWithOtp;
  expect((await server.run(MeDocument, {}, { authorization: `Bearer ${token}` })).code).toBe('UNAUTHENTICATED');
});
