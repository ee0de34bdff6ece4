import type { OtpChannel } from '../../otp/challenge.ts';
import type { UnitOfWork } from '../../unit-of-work.ts';

/** A sign-in that waits for its second factor. It gives access to nothing (invariant 13). */
export interface LoginTicket {
  /** The hash of what the client holds. */
  readonly id: string;
  readonly userId: string;
  readonly authVersion: number;
  /** How the first step proved the user (RFC 8176). */
  readonly amr: readonly string[];
  /** How the second factor's code travels. */
  readonly channel: OtpChannel;
  readonly expiresAt: Date;
}

export interface LoginTicketStore {
  insert(ticket: LoginTicket, unit: UnitOfWork): Promise<void>;
  /** Null once it is used or `now` is past its expiry. */
  find(id: string, now: number): Promise<LoginTicket | null>;
  /** Spends it. False when it is used or expired. */
  consume(id: string, now: number, unit: UnitOfWork): Promise<boolean>;
  removeAll(userId: string, unit: UnitOfWork): Promise<void>;
}

/** Limits the messages of second steps at one destination. */
export interface MessageLimit {
  /** Counts one. @returns null when it may go out, else when one may (milliseconds since the epoch) */
  take(destination: string): Promise<{ readonly retryAt: number; readonly now: number } | null>;
  /** For one that was counted and did not go out; after the answer. */
  giveBack(destination: string): void;
}
