import { setImmediate } from 'node:timers/promises';
import { AppError, type ErrorCode } from '../errors.ts';
import type { Background } from './background.ts';
import {
  DELIVERY_LIFE_MS,
  isDelivering,
  slotOf,
  type Challenge,
  type Destination,
  type OtpChannel,
  type OtpPurpose,
} from './challenge.ts';
import { endDelivery, type DeliveryEnd } from './delivery-rules.ts';
import type { Destinations } from './destinations.ts';
import type { StoredDestination } from './ports.ts';
import { ProviderFailure, type OtpProvider, type RemoteCheck, type RemoteProvider } from './provider.ts';
import type { Superseded } from './send-rules.ts';
import type { Payment, SlotKey } from './slot.ts';

/** How long somebody waits for a delivery that another request began. */
const PATIENCE_MS = 8_000;

interface Parts {
  readonly destinations: Destinations;
  /** Null when none is configured: nothing is ever sent then. */
  readonly provider: OtpProvider | null;
  readonly background: Background;
}

/** A challenge whose message is to be handed over. */
export interface Message {
  readonly key: SlotKey;
  readonly challenge: Challenge;
  /** The destination as it was stored with this challenge, to spare a reading. */
  readonly stored: StoredDestination | null;
  readonly to: string;
  readonly purpose: OtpPurpose;
  readonly channel: OtpChannel;
  readonly locale: string | null;
  readonly payment?: Payment | undefined;
  /** False for a decoy: every write is made, no message is sent. */
  readonly deliverable: boolean;
  /** Verifications that end at the provider first, so that it makes a new code. */
  readonly superseded: readonly Superseded[];
}

/** Hands codes to the provider: one call for simultaneous requests, on the request path or off it. */
export class Deliveries {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Sends a message. How it went is stored: a refusal before it is answered, a success after the answer.
   * @throws AppError the provider's failure: after a definite refusal the challenge and the cool-down are void, after a
   *   lost answer the challenge stays, since the message may arrive
   */
  async deliver(message: Message): Promise<void> {
    await this.#deliver(message, false);
  }

  /**
   * The same after the request was answered: how long it takes tells nothing about the destination (invariant 8). Not one
   * step before: what Twilio's SDK does until its request is out takes a millisecond, and a decoy saves it.
   */
  deliverInBackground(message: Message): void {
    this.#parts.background.track(setImmediate().then(() => this.#deliver(message, true)));
  }

  /**
   * Waits until the delivery that somebody else began has ended, and returns the challenge after it.
   * @throws AppError SERVICE_UNAVAILABLE when it takes too long, or the challenge is gone
   */
  async settled({ destinationId, name }: SlotKey, seen: Challenge): Promise<Challenge> {
    let challenge: Challenge | null = null;
    const hasEnded = (destination: Destination) => {
      ({ challenge } = slotOf(destination, name));
      return challenge?.id !== seen.id || challenge.deliveringSince !== seen.deliveringSince;
    };
    const ended = await this.#parts.destinations.waitUntil(destinationId, hasEnded, PATIENCE_MS);
    if (!ended || !challenge) throw new AppError('SERVICE_UNAVAILABLE', { facts: { retryAfterSeconds: 2 } });
    return challenge;
  }

  /**
   * The same for those who asked for the message too: they share its outcome (invariant 10).
   * @throws AppError that delivery's failure
   */
  async outcomeOf(key: SlotKey, seen: Challenge): Promise<Challenge> {
    const challenge = await this.settled(key, seen);
    if (challenge.failure) throw new AppError(challenge.failure as ErrorCode);
    return challenge;
  }

  async #deliver(message: Message, asDecoy: boolean): Promise<void> {
    const { background } = this.#parts;
    try {
      const ref = await this.#hand(message);
      background.persist(() => this.#store(message, { ref }), DELIVERY_LIFE_MS);
    } catch (error) {
      const isLost = error instanceof ProviderFailure && error.reach === 'unknown';
      const failure = error instanceof AppError ? error.code : 'PROVIDER_ERROR';
      await this.#store(message, isLost ? { ref: null } : { failure, asDecoy });
      throw error;
    }
  }

  async #store({ key, challenge, stored }: Message, end: DeliveryEnd): Promise<void> {
    const after = (destination: Destination, now: number) => ({
      destination: endDelivery(destination, key.name, challenge.codeId, end, now),
    });
    await this.#parts.destinations.change(key.destinationId, after, stored);
  }

  /** Null where the provider gives no name for it. */
  async #hand(message: Message): Promise<string | null> {
    const { provider } = this.#parts;
    if (!provider) throw new AppError('PROVIDER_NOT_CONFIGURED');
    const { to, channel, purpose, locale, payment, deliverable, superseded, challenge } = message;
    const delivery = { to, channel, purpose, locale, payment, codeId: challenge.codeId };
    if (provider.kind === 'local') {
      if (deliverable) await provider.start(delivery);
      return null;
    }
    for (const earlier of superseded) {
      const ref = await this.#refOf(message.key, earlier);
      await this.#cancel(provider, { ref, to, purpose });
    }
    if (deliverable) return (await provider.start(delivery)).ref;
    await provider.pretend('start', purpose);
    return null;
  }

  /** The provider's name for an earlier verification. While its start is under way there is none yet: it is waited for. */
  async #refOf({ destinationId }: SlotKey, { slotName, challenge }: Superseded): Promise<string | null> {
    let ref = challenge.providerRef;
    if (ref !== null || challenge.deliveringSince === null) return ref;
    const hasEnded = (destination: Destination, now: number) => {
      const { challenge: present } = slotOf(destination, slotName);
      if (present?.codeId !== challenge.codeId) return true;
      ref = present.providerRef;
      return !isDelivering(present, now);
    };
    await this.#parts.destinations.waitUntil(destinationId, hasEnded, PATIENCE_MS);
    return ref;
  }

  /** Without the end of the old verification the provider would repeat its code, so a lost answer here stops the start. */
  async #cancel(provider: RemoteProvider, verification: Omit<RemoteCheck, 'code' | 'payment'>): Promise<void> {
    try {
      await provider.cancel(verification);
    } catch (error) {
      if (!(error instanceof ProviderFailure) || error.reach !== 'unknown') throw error;
      const reason = error.reason ?? 'a cancel was not answered';
      throw new ProviderFailure(error.code, 'answered', { reason, facts: error.facts });
    }
  }
}
