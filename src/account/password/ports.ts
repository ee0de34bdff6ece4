import type { UnitOfWork } from '../../unit-of-work.ts';

/** A link that was mailed, or that stands for one where nothing was (its user is null). */
export interface ResetLink {
  /** Names the address, keyed. */
  readonly addressId: string;
  readonly tokenHash: string;
  readonly userId: string | null;
  /** Of the account when the link was made: any change of password, destination or factor since ends the link. */
  readonly authVersion: number;
  readonly expiresAt: Date;
}

/** Keeps the outstanding links of each address together: the first that is used ends them all. */
export interface ResetLinkStore {
  keep(link: ResetLink): Promise<void>;
  /** Null once it is used or `now` is past its expiry. */
  find(tokenHash: string, now: number): Promise<ResetLink | null>;
  /** Spends it and every other link of its address. False when it is gone. */
  consume(link: ResetLink, unit: UnitOfWork): Promise<boolean>;
}

/** Where a code can reach an account. */
export type CodeDestination = 'PHONE' | 'EMAIL';

/** Mails, after the answer: never throws, never delays. */
export interface ResetMailSender {
  /** False where nothing carries mail here. */
  readonly canMail: boolean;
  mailResetLink(to: string, link: string): void;
  /** Says that a code does it now, and where one arrives. */
  mailCodeHint(to: string, codesTo: readonly CodeDestination[]): void;
}
