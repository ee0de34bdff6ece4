import type { Clock } from '../clock.ts';
import type { OtpChannel, OtpPurpose } from '../otp/challenge.ts';
import type { Payment } from '../otp/slot.ts';

const MAX_MESSAGES = 100;

/** A message that "arrived" on the laptop. */
export interface InboxMessage {
  readonly to: string;
  readonly channel: OtpChannel;
  readonly purpose: OtpPurpose;
  readonly code: string;
  readonly sentAt: string;
  /** What the code confirms; TRANSACTION only. */
  readonly transaction?: Payment;
}

/** The development inbox: the last messages, in memory only (invariant 6). */
export class DevelopmentInbox {
  readonly #messages: InboxMessage[] = [];
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  deliver(message: Omit<InboxMessage, 'sentAt'>): void {
    this.#messages.unshift({ ...message, sentAt: new Date(this.#clock()).toISOString() });
    this.#messages.length = Math.min(this.#messages.length, MAX_MESSAGES);
  }

  /** Newest first; with `to`, only messages to that destination. */
  messages(to?: string): readonly InboxMessage[] {
    return to === undefined ? this.#messages : this.#messages.filter((message) => message.to === to);
  }
}
