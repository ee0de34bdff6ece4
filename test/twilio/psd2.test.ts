// Payments through Twilio Verify: with PSD2 the message shows amount and payee and Twilio binds its code to them too;
// without it they are bound here alone. Either way the receipt stands for one payment.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { ConfigError } from '../../src/config/config.ts';
import { parseConfig } from '../../src/config/config.ts';
import { SEND_WINDOW_MS } from '../../src/otp/message-limit.ts';
import { TwilioVerifyProvider } from '../../src/twilio/verify-provider.ts';
import { wrongCode } from '../support/codes.ts';
import { askForCode, codeFor, confirm, PAYMENT, payer, type Payer } from '../support/payments.ts';
import {
  ACCOUNT_SID,
  AUTH_TOKEN,
  FAMILY_SERVICES,
  SERVICES,
  startTwilioServer,
  type TwilioServer,
} from '../support/twilio-server.ts';

const COMPLETE = {
  NODE_ENV: 'production',
  MONGODB_URI: 'mongodb://127.0.0.1/x',
  OTP_SECRET: 'o'.repeat(40),
  JWT_SECRET_KEY: 'j'.repeat(40),
  TWILIO_ACCOUNT_SID: ACCOUNT_SID,
  TWILIO_AUTH_TOKEN: AUTH_TOKEN,
  ...SERVICES,
};

describe('with TWILIO_PSD2', () => {
  let server: TwilioServer;
  let who: Payer;
  beforeAll(async () => {
    server = await startTwilioServer({ TWILIO_PSD2: 'true', ACCESS_TOKEN_TTL_SECONDS: '86400' });
    who = await payer(server);
    // From here on no service of the emulator takes a code without a payment.
    server.emulator.control.setBehavior({ psd2: true });
  });
  // So that no test's codes count towards the limit of the next one's.
  beforeEach(() => server.clock.advance(SEND_WINDOW_MS));
  afterAll(() => server.close());

  test('the message shows the payment, and Twilio approves it as a whole', async () => {
    const order = { ...PAYMENT, amount: '39.9' };
    const proof = await codeFor(server, who, order);
    expect(server.messages(who.phone).at(-1)).toMatchObject({ amount: '39.90 EUR', payee: 'Acme Inc.' });
    const wrong = { ...proof, otpCode: wrongCode(proof.otpCode) };
    expect((await confirm(server, who, wrong, order)).code).toBe('OTP_INVALID');
    expect((await confirm(server, who, proof, order)).data?.confirmTransactionWithOtp.reference).toBe(order.reference);
    expect((await confirm(server, who, proof, order)).code).toBe('OTP_EXPIRED');
  });

  test.each<Partial<typeof PAYMENT>>([{ amount: '11' }, { payee: 'Other' }, { currency: 'USD' }, { reference: 'r' }])(
    'a change to %j is a mismatch before Twilio is asked',
    async (change) => {
      const order = { ...PAYMENT, reference: JSON.stringify(change) };
      const proof = await codeFor(server, who, order);
      server.forgetCalls();
      expect((await confirm(server, who, proof, { ...order, ...change })).code).toBe('TRANSACTION_MISMATCH');
      expect(server.calls().check).toBe(0);
      expect((await confirm(server, who, proof, order)).code).toBeNull();
    },
  );

  test('of 20 confirmations at once one gets a receipt', async () => {
    const order = { ...PAYMENT, reference: 'parallel' };
    const proof = await codeFor(server, who, order);
    const answers = await Promise.all(Array.from({ length: 20 }, () => confirm(server, who, proof, order)));
    expect(answers.filter(({ data }) => data !== null)).toHaveLength(1);
  });

  test('a call is not possible, and other channels are named', async () => {
    const answer = await askForCode(server, who, { ...PAYMENT, reference: 'by-voice' }, { channel: 'VOICE' });
    expect(answer.errors[0]?.extensions).toMatchObject({
      code: 'CHANNEL_UNAVAILABLE',
      channels: ['SMS', 'WHATSAPP'],
    });
  });

  test('phone changes use the service of accounts, which asks for no payment', () => {
    const rivals = (psd2: boolean) => {
      const config = parseConfig({ ...COMPLETE, ...FAMILY_SERVICES, TWILIO_PSD2: String(psd2) }).otp.provider;
      if (config === null || config === 'local') throw new Error('Twilio is not configured');
      return new TwilioVerifyProvider(config, Date.now, () => undefined).rivalsOf('PHONE_CHANGE');
    };
    expect(rivals(true)).toEqual(expect.arrayContaining(['LOGIN', 'PHONE_CHANGE']));
    expect(rivals(true)).not.toContain('TRANSACTION');
    expect(rivals(false)).toEqual(expect.arrayContaining(['TRANSACTION', 'PHONE_CHANGE']));
  });
});

describe('without it', () => {
  let server: TwilioServer;
  let who: Payer;
  beforeAll(async () => {
    server = await startTwilioServer();
    who = await payer(server);
  });
  afterAll(() => server.close());

  test('Twilio is told nothing of the payment, which is bound here', async () => {
    const proof = await codeFor(server, who);
    expect(server.messages(who.phone).at(-1)).toMatchObject({ amount: null, payee: null });
    expect((await confirm(server, who, proof, { ...PAYMENT, amount: '1000' })).code).toBe('TRANSACTION_MISMATCH');
    expect((await confirm(server, who, proof)).code).toBeNull();
  });

  test('a service that has PSD2 all the same says so to the operator', async () => {
    server.emulator.control.setBehavior({ psd2: true });
    server.newLog();
    const answer = await askForCode(server, who, { ...PAYMENT, reference: 'unexpected' });
    server.emulator.control.setBehavior({ psd2: false });
    expect(answer.code).not.toBeNull();
    expect(server.newLog()).toContain('PSD2');
  });
});

test('TWILIO_PSD2 needs a service for payments alone', () => {
  const problems = (environment: Record<string, string>) => {
    try {
      parseConfig({ ...COMPLETE, TWILIO_PSD2: 'true', ...environment });
      return [];
    } catch (error) {
      return (error as ConfigError).problems.map((problem) => problem.split(' ')[0]);
    }
  };
  const own = 'TWILIO_VERIFY_SERVICE_SID_TRANSACTION';
  expect(problems({})).toEqual([]);
  expect(problems({ [own]: '' })).toEqual([own]);
  expect(problems({ [own]: SERVICES.TWILIO_VERIFY_SERVICE_SID })).toEqual([own]);
  expect(problems({ [own]: SERVICES.TWILIO_VERIFY_SERVICE_SID_ACCOUNT })).toEqual([own]);
});
