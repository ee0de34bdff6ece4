import { ConfirmTransactionWithOtpDocument, SendOtpDocument, type OtpChannel } from '../../web/generated/operations.ts';
import { registerUser } from './codes.ts';
import type { TestServer } from './server.ts';

export const PAYMENT = { reference: 'order-1', amount: '10.00', currency: 'EUR', payee: 'Acme Inc.' };
export type Payment = typeof PAYMENT;

export type Payer = Awaited<ReturnType<typeof registerUser>> & { readonly headers: Record<string, string> };

/** A signed-in user who can pay. */
export async function payer(server: TestServer, verifiedEmail = false): Promise<Payer> {
  const user = await registerUser(server, { verifiedEmail });
  return { ...user, headers: { authorization: `Bearer ${user.token}` } };
}

/** Asks for the code of a payment; to the payer's phone unless told otherwise. */
export function askForCode(
  server: TestServer,
  who: Pick<Payer, 'phone' | 'headers'>,
  transaction: Payment = PAYMENT,
  to: { to?: string; channel?: OtpChannel } = {},
) {
  const input = { to: who.phone, purpose: 'TRANSACTION' as const, transaction, ...to };
  return server.run(SendOtpDocument, { input }, who.headers);
}

/** Sends a code and reads it. */
export async function codeFor(server: TestServer, who: Payer, transaction: Payment = PAYMENT, to?: string) {
  const answer = await askForCode(server, who, transaction, to ? { to, channel: 'EMAIL' } : {});
  if (answer.code) throw new Error(`sendOtp answered ${answer.code}`);
  const [message] = await server.inbox(to ?? who.phone);
  return { challengeId: answer.data!.sendOtp.challengeId, otpCode: message!.code };
}

export function confirm(
  server: TestServer,
  who: Pick<Payer, 'headers'>,
  proof: { challengeId: string; otpCode: string },
  transaction: Payment = PAYMENT,
) {
  return server.run(ConfirmTransactionWithOtpDocument, { input: { transaction, ...proof } }, who.headers);
}
