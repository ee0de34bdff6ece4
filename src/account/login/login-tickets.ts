import { secondsUntil, type Clock } from '../../clock.ts';
import { AppError } from '../../errors.ts';
import { hashToken, makeToken } from '../../opaque-token.ts';
import type { OtpChannel } from '../../otp/challenge.ts';
import type { OtpService, SendRequest, Sent } from '../../otp/otp-service.ts';
import type { UnitOfWork } from '../../unit-of-work.ts';
import { maskDestination } from '../../otp/mask.ts';
import type { SlotName } from '../../otp/slot.ts';
import type { LoginTicket, LoginTicketStore, MessageLimit } from './ports.ts';
import type { User } from '../../users/user.ts';
import type { UserStore } from '../../users/ports.ts';
import type { Requester } from '../../otp/requester.ts';

/** How long the second factor of a sign-in may take. */
const TICKET_LIFE_MS = 300_000;

/** What a client gets instead of a session while the second factor is missing. */
export interface PendingSecondFactor {
  readonly loginTicket: string;
  readonly method: 'CODE' | 'AUTHENTICATOR';
  readonly channel: OtpChannel;
  /** Masked. */
  readonly to: string;
  readonly expiresAt: Date;
  readonly resendAfter: Date;
  /** False when no message went out: an authenticator makes the code, or it is too soon for another message. */
  readonly sent: boolean;
}

/** What the first step was, which the second must not repeat (invariant 13). */
export type FirstStep = 'PASSWORD' | 'PHONE' | 'EMAIL';

interface Parts {
  readonly otp: OtpService;
  readonly users: UserStore;
  readonly tickets: LoginTicketStore;
  /** Channels that are configured here. */
  readonly channels: readonly OtpChannel[];
  readonly messageLimit: MessageLimit;
  readonly clock: Clock;
}

/** Sign-ins that wait for their second factor. */
export class LoginTickets {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * The channel of the second step. With an authenticator nothing is sent, so every channel will do.
   * @throws AppError CHANNEL_UNAVAILABLE
   */
  channelFor(user: User, first: FirstStep): OtpChannel {
    if (user.authenticator) return first === 'PHONE' ? 'EMAIL' : 'SMS';
    const channel = secondStepChannel(user, first, this.#parts.channels);
    if (channel) return channel;
    throw new AppError('CHANNEL_UNAVAILABLE', { reason: 'no configured channel reaches the second factor' });
  }

  /** Writes a ticket within the transaction that spends the first step. @returns what the client holds of it */
  async issue(
    user: User,
    amr: readonly string[],
    channel: OtpChannel,
    unit: UnitOfWork,
  ): Promise<{ loginTicket: string; ticket: LoginTicket }> {
    const { token: loginTicket, hash: id } = makeToken();
    const expiresAt = new Date(this.#parts.clock() + TICKET_LIFE_MS);
    const { id: userId, authVersion } = user;
    const ticket = { id, userId, authVersion, amr, channel, expiresAt };
    await this.#parts.tickets.insert(ticket, unit);
    return { loginTicket, ticket };
  }

  /**
   * The ticket and its user, as they stand now: a lock or a change since the first step ends the sign-in (CVE-2026-9798).
   * @throws AppError UNAUTHENTICATED
   */
  async find(loginTicket: string): Promise<{ ticket: LoginTicket; user: User }> {
    const { tickets, users, clock } = this.#parts;
    const ticket = await tickets.find(hashToken(loginTicket), clock());
    const user = ticket && (await users.findById(ticket.userId));
    if (!ticket || !user || user.suspendedAt || user.authVersion !== ticket.authVersion) throw ticketIsOver();
    return { ticket, user };
  }

  /**
   * Spends a ticket within the transaction that opens the session.
   * @throws AppError UNAUTHENTICATED when another request was first
   */
  async consume(ticket: LoginTicket, unit: UnitOfWork): Promise<void> {
    const { tickets, clock } = this.#parts;
    if (!(await tickets.consume(ticket.id, clock(), unit))) throw ticketIsOver();
  }

  /** Where the second step's code goes, bound to the ticket: no other sign-in's code fits (ASVS 6.6.2). */
  slotOf(ticket: LoginTicket, user: User): SlotName<'LOGIN'> {
    return { destination: destinationOf(ticket, user), purpose: 'LOGIN', binding: ticket.id };
  }

  /**
   * Sends the second step's code, off the request path. Each sign-in has a slot and a cool-down of its own, so messages are
   * also limited by destination: who knows a password cannot have a phone flooded, nor the operator's money spent.
   * @throws AppError RESEND_TOO_SOON, RATE_LIMITED, MAX_ATTEMPTS_REACHED
   */
  async send(loginTicket: string, ticket: LoginTicket, user: User, requester: Requester): Promise<PendingSecondFactor> {
    const { channel } = ticket;
    const slot = this.slotOf(ticket, user);
    const refusal = await this.#parts.messageLimit.take(slot.destination);
    if (refusal)
      throw new AppError('RATE_LIMITED', {
        facts: { retryAfterSeconds: secondsUntil(refusal.retryAt, refusal.now) },
      });
    const { challenge } = await this.#sendCounted({ kind: 'neutral', slot, user, channel, locale: null, requester });
    return this.#pending(loginTicket, ticket, user, new Date(challenge.resendAfter), true);
  }

  async #sendCounted(request: SendRequest): Promise<Sent> {
    const { otp, messageLimit } = this.#parts;
    let isNew = false;
    try {
      const sent = await otp.send(request);
      ({ isNew } = sent);
      return sent;
    } finally {
      if (!isNew) messageLimit.giveBack(request.slot.destination);
    }
  }

  /** The same for the sign-in itself: the ticket is good although the message must wait, for a recovery code is too. */
  async sendIfPossible(loginTicket: string, ticket: LoginTicket, user: User, requester: Requester) {
    const { clock } = this.#parts;
    if (user.authenticator) return this.#pending(loginTicket, ticket, user, ticket.expiresAt, false);
    try {
      return await this.send(loginTicket, ticket, user, requester);
    } catch (error) {
      if (!(error instanceof AppError) || error.facts.retryAfterSeconds === undefined) throw error;
      const resendAfter = new Date(clock() + error.facts.retryAfterSeconds * 1000);
      return this.#pending(loginTicket, ticket, user, resendAfter, false);
    }
  }

  #pending(loginTicket: string, ticket: LoginTicket, user: User, resendAfter: Date, sent: boolean) {
    const { channel, expiresAt } = ticket;
    const to = maskDestination(destinationOf(ticket, user));
    const method = user.authenticator ? ('AUTHENTICATOR' as const) : ('CODE' as const);
    return { loginTicket, method, channel, to, expiresAt, resendAfter, sent };
  }
}

/**
 * How a code reaches another destination of the user than the first step's.
 * @param channels those that are configured here
 * @returns null where none does
 */
export function secondStepChannel(user: User, first: FirstStep, channels: readonly OtpChannel[]): OtpChannel | null {
  const byPhone = channels.find((channel) => channel !== 'EMAIL');
  if (first !== 'PHONE' && user.phone !== null && byPhone) return byPhone;
  // A password that was reset by this mailbox proves no more than the mailbox: one destination would be both factors.
  const byEmail = first !== 'EMAIL' && !(first === 'PASSWORD' && user.passwordResetBy === 'EMAIL');
  return byEmail && user.emailVerifiedAt && channels.includes('EMAIL') ? 'EMAIL' : null;
}

/** Where a second step's code goes by this channel. */
export function destinationOf({ channel }: Pick<LoginTicket, 'channel'>, user: User): string {
  // Where a code is sent there is a phone: `channelFor` has looked, and a change since then ends the ticket.
  return channel === 'EMAIL' ? user.email : (user.phone ?? user.email);
}

function ticketIsOver(): AppError {
  return new AppError('UNAUTHENTICATED', {
    message: 'Sign in again: the login ticket has expired, was used, or the account has changed',
    facts: { field: 'loginTicket' },
  });
}
