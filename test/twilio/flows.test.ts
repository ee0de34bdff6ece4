// The account flows over Twilio Verify: sign-in with a second factor, phone change and recovery; and what a lock or a logout
// does to an action that waits for Twilio's answer.
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import {
  ChangePhoneWithOtpDocument,
  LoginWithOtpDocument,
  RecoverAccountWithOtpDocument,
  RevokeAllSessionsDocument,
  SendOtpDocument,
} from '../../web/generated/operations.ts';
import { bearer, firstStep, tokenOf, userWithFactor } from '../support/accounts.ts';
import { freshPhone, registerUser } from '../support/codes.ts';
import { codeFor, confirm, PAYMENT, payer } from '../support/payments.ts';
import { startTwilioServer, type TwilioServer } from '../support/twilio-server.ts';

let server: TwilioServer;
beforeAll(async () => {
  server = await startTwilioServer();
});
afterEach(() => {
  server.emulator.control.resetBehavior();
});
afterAll(() => server.close());

const suspend = (email: string) =>
  server.db.collection('users').updateOne({ email }, { $set: { suspendedAt: new Date() } });

test('two sign-ins at once: the newer code works for its own ticket, the older ticket has ended at Twilio', async () => {
  const user = await userWithFactor(server);
  server.clock.advance(31_000);
  const before = server.messages(user.phone).length;
  const first = await firstStep(server, user);
  await server.delivered(user.phone, before + 1);
  const second = await firstStep(server, user);
  await server.delivered(user.phone, before + 2);
  const otpCode = server.code(user.phone);
  const complete = (loginTicket: string) => server.run(LoginWithOtpDocument, { input: { loginTicket, otpCode } });
  expect((await complete(first.loginTicket)).code).toBe('OTP_EXPIRED');
  expect(tokenOf((await complete(second.loginTicket)).data?.loginWithOtp)).not.toBeNull();
});

test('a phone changes, and an account is recovered', async () => {
  const user = await registerUser(server, { verifiedEmail: true });
  const newPhone = freshPhone();
  await server.run(SendOtpDocument, { input: { to: newPhone, purpose: 'PHONE_CHANGE' } }, bearer(user.token));
  const input = { newPhone, password: user.password, otpCode: server.code(newPhone) };
  const changed = await server.run(ChangePhoneWithOtpDocument, { input }, bearer(user.token));
  expect(changed.data?.changePhoneWithOtp.phone).toBe(newPhone);

  const { email, password } = user;
  const mails = server.messages(email).length;
  await server.run(SendOtpDocument, { input: { to: email, channel: 'EMAIL', purpose: 'ACCOUNT_RECOVERY' } });
  await server.delivered(email, mails + 1);
  const next = freshPhone();
  await server.run(SendOtpDocument, { input: { to: next } });
  const recovered = await server.run(RecoverAccountWithOtpDocument, {
    input: { email, password, otpCode: server.code(email), newPhone: next, newPhoneOtpCode: server.code(next) },
  });
  expect(recovered.data?.recoverAccountWithOtp.user.phone).toBe(next);
});

describe('while Twilio takes its time over a payment', () => {
  test.each(['suspended', 'signed out everywhere'])('an account that is %s gets no receipt', async (how) => {
    const who = await payer(server);
    const proof = await codeFor(server, who, { ...PAYMENT, reference: how });
    server.forgetCalls();
    server.emulator.control.setBehavior({ latencyMs: 1_500 });
    const confirming = confirm(server, who, proof, { ...PAYMENT, reference: how });
    while (server.calls().check === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    if (how === 'suspended') await suspend(who.email);
    else await server.run(RevokeAllSessionsDocument, {}, bearer(who.token));
    expect((await confirming).code).toBe('UNAUTHENTICATED');
  });
});
