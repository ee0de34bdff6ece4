import type { Clock } from '../clock.ts';
import type { User } from '../users/user.ts';
import type { UserStore } from '../users/ports.ts';
import { AppError } from '../errors.ts';
import type { OtpChannel } from '../otp/challenge.ts';
import type { Claims } from '../otp/claims.ts';
import type { OtpService, Sent } from '../otp/otp-service.ts';
import type { SlotName } from '../otp/slot.ts';
import type { Session } from '../session/ports.ts';
import type { SessionService } from '../session/session-service.ts';
import type { Receipt, Receipts } from './receipt.ts';
import { transactionHash, type PaymentOrder } from './transaction.ts';
import type { Requester } from '../otp/requester.ts';

export interface CodeRequest {
  readonly user: User;
  /** Where the code goes: a normalised phone number or e-mail address. */
  readonly destination: string;
  readonly order: PaymentOrder;
  readonly channel: OtpChannel;
  readonly locale: string | null;
  readonly requester: Requester;
}

export interface Confirmation {
  readonly user: User;
  readonly session: Session;
  readonly order: PaymentOrder;
  readonly challengeId: string;
  readonly code: string;
  readonly requester: Requester;
}

interface Parts {
  readonly otp: OtpService;
  readonly claims: Claims;
  readonly users: UserStore;
  readonly sessions: SessionService;
  readonly receipts: Receipts;
  readonly clock: Clock;
}

/** Binds codes to payments, and confirms a payment by its code (invariant 12). */
export class TransactionService {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Sends a code for one payment to a destination that the user has proven.
   * @throws AppError FORBIDDEN for any other destination: a stolen session cannot have the code sent elsewhere
   */
  async sendCode(request: CodeRequest): Promise<Sent> {
    const { user, destination, order, channel, locale, requester } = request;
    if (!destinationsOf(user).includes(destination))
      throw new AppError('FORBIDDEN', {
        message: 'A payment code goes only to a phone number or e-mail address that you have verified',
        facts: { field: 'to' },
      });
    const slot = slotOf(user, destination, order);
    return this.#parts.otp.send({ kind: 'bound', slot, user, channel, locale, requester });
  }

  /**
   * Spends a code on the payment that it was sent for.
   * @throws AppError TRANSACTION_MISMATCH when the code was sent for another payment (nothing is spent then), OTP_INVALID,
   *   OTP_EXPIRED, MAX_ATTEMPTS_REACHED
   */
  async confirm(confirmation: Confirmation): Promise<Receipt> {
    const { otp, claims, users, sessions, receipts, clock } = this.#parts;
    const { user, session, order, challengeId, code, requester } = confirmation;
    const slots = destinationsOf(user).map((destination) => slotOf(user, destination, order));
    const found = await otp.locate(challengeId, slots, user.id);
    if (found === 'ELSEWHERE') throw new AppError('TRANSACTION_MISMATCH');
    if (!found) throw new AppError('OTP_EXPIRED');
    const proof = { code, field: 'otpCode' };
    const claim = await claims.claim({ slot: found, challengeId, proof, requester, onlyUser: user });
    const amr = [...new Set([...session.amr, 'otp'])];
    return claims.spend([claim], (commit) =>
      commit(async (unit) => {
        // The provider may have taken its time: a lock or a logout in between refuses the payment.
        if (!(await users.hold(user, unit))) throw new AppError('UNAUTHENTICATED');
        if (found.destination === user.phone) await users.renewPhone(user, new Date(clock()), unit);
        await sessions.hold(session, unit);
        return receipts.sign(order, user.id, amr);
      }),
    );
  }
}

/** Where a user can get a payment code: what they have verified. */
function destinationsOf({ phone, phoneVerifiedAt, email, emailVerifiedAt }: User): string[] {
  return [...(phone !== null && phoneVerifiedAt ? [phone] : []), ...(emailVerifiedAt ? [email] : [])];
}

function slotOf(user: User, destination: string, order: PaymentOrder): SlotName<'TRANSACTION'> {
  const { amount, currency, payee } = order;
  const binding = `${user.id}:${transactionHash(order)}`;
  return { destination, purpose: 'TRANSACTION', binding, payment: { amount, currency, payee } };
}
