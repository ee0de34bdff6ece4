import { randomBytes } from 'node:crypto';
import type { Channel, Transaction } from './forms.ts';

export const LIFETIME_MS = 10 * 60_000;

type Status = 'pending' | 'approved' | 'canceled' | 'max_attempts_reached';

/** What a code is bound to. Amount and payee are null without PSD2. */
export interface Slot extends Readonly<Transaction> {
  readonly serviceSid: string;
  readonly to: string;
}

/** One verification, with the code Twilio never shows. Instants are milliseconds of the injected clock. */
export interface Verification extends Slot {
  readonly sid: string;
  readonly code: string;
  readonly createdAt: number;
  channel: Channel;
  status: Status;
  updatedAt: number;
  checks: number;
  sends: { sid: string; channel: Channel; at: number }[];
}

/** Verifications in memory. An expired one is never found again, whatever its status was. */
export class VerificationStore {
  readonly #now: () => number;
  /** In order of creation, so that the expired ones are in front. */
  readonly #bySid = new Map<string, Verification>();
  readonly #latest = new Map<string, Verification>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Adds a verification, which becomes the latest of its slot and of its number. */
  add(verification: Verification): void {
    this.#dropExpired();
    this.#bySid.set(verification.sid, verification);
    for (const key of keysOf(verification)) this.#latest.set(key, verification);
  }

  /** By SID, or by number or address: then the latest one of the service. */
  find(serviceSid: string, sidOrTo: string): Verification | undefined {
    const found = this.#bySid.get(sidOrTo) ?? this.#latest.get(destinationKey(serviceSid, sidOrTo));
    return found?.serviceSid === serviceSid ? this.#ifAlive(found) : undefined;
  }

  /** The latest one bound to exactly this. */
  findInSlot(slot: Slot): Verification | undefined {
    return this.#ifAlive(this.#latest.get(slotKey(slot)));
  }

  #ifAlive(found: Verification | undefined): Verification | undefined {
    return found && this.#now() < found.createdAt + LIFETIME_MS ? found : undefined;
  }

  #dropExpired(): void {
    for (const verification of this.#bySid.values()) {
      if (this.#ifAlive(verification)) return;
      this.#bySid.delete(verification.sid);
      for (const key of keysOf(verification)) {
        if (this.#latest.get(key) === verification) this.#latest.delete(key);
      }
    }
  }
}

/** A SID as Twilio makes them: a prefix that names the resource, then 32 hex digits. */
export function newSid(prefix: 'VE' | 'VL'): string {
  return prefix + randomBytes(16).toString('hex');
}

/** The slot of a request. Without PSD2 a code is bound to nothing but the number, whatever amount and payee say. */
export function slotOf(serviceSid: string, to: string, { amount, payee }: Transaction, psd2: boolean): Slot {
  return { serviceSid, to, amount: psd2 ? amount : null, payee: psd2 ? payee : null };
}

function keysOf(slot: Slot): string[] {
  return [slotKey(slot), destinationKey(slot.serviceSid, slot.to)];
}

function slotKey({ serviceSid, to, amount, payee }: Slot): string {
  return JSON.stringify([serviceSid, to, amount, payee]);
}

function destinationKey(serviceSid: string, to: string): string {
  return JSON.stringify([serviceSid, to]);
}
