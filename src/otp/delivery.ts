import { setImmediate } from 'node:timers/promises';
import { type Clock } from '../clock.ts';
import { AppError, type ErrorCode } from '../errors.ts';
import type { Challenge, OtpChannel, OtpPurpose } from './challenge.ts';
import { ProviderFailure, type OtpProvider, type RemoteCheck, type RemoteProvider } from './provider.ts';
import { type ChallengeStore, type SlotKey } from './ports.ts';
import type { Payment } from './slot.ts';

/** How long somebody waits for a delivery that another request began, and between two looks at it. */
const PATIENCE_MS = 8_000;
const WAIT_STEP_MS = 40;

interface Parts {
  readonly store: ChallengeStore;
  /** Null when none is configured: nothing is ever sent then. */
  readonly provider: OtpProvider | null;
  readonly clock: Clock;
  /** Told of a delivery that failed after its request was answered. */
  readonly onLateFailure: (error: unknown) => void;
}

export interface Message {
  readonly to: string;
  readonly channel: OtpChannel;
  readonly purpose: OtpPurpose;
  readonly locale: string | null;
  readonly payment?: Payment | undefined;
  /** False for a decoy: every write is made, no message is sent. */
  readonly deliverable: boolean;
  /** Verifications that end at the provider first, so that it makes a new code. */
  readonly superseded: readonly { readonly ref: string | null }[];
}

/** Hands codes to the provider: one call for simultaneous requests, on the request path or off it. */
export class Deliveries {
  readonly #parts: Parts;
  readonly #background = new Set<Promise<unknown>>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Sends a message and records how it went.
   * @throws AppError the provider's failure: after a definite refusal the challenge and the cool-down are void, after a
   *   lost answer the challenge stays, since the message may arrive
   */
  async deliver(key: SlotKey, challenge: Challenge, message: Message): Promise<void> {
    await this.#deliver(key, challenge, message, false);
  }

  /**
   * The same after the request was answered: how long it takes tells nothing about the destination (invariant 8). Not one
   * step before: what Twilio's SDK does until its request is out takes a millisecond, and a decoy saves it.
   */
  deliverInBackground(key: SlotKey, challenge: Challenge, message: Message): void {
    this.track(setImmediate().then(() => this.#deliver(key, challenge, message, true)));
  }

  /** Lets work go on after its request was answered; its failure is reported, and `drain` waits for it. */
  track(work: Promise<unknown>): void {
    const tracked: Promise<unknown> = work
      .catch(this.#parts.onLateFailure)
      .finally(() => this.#background.delete(tracked));
    this.#background.add(tracked);
  }

  /**
   * Waits until the delivery that somebody else began has ended, and returns the challenge after it.
   * @throws AppError SERVICE_UNAVAILABLE when it takes too long
   */
  async settled(key: SlotKey, seen: Challenge): Promise<Challenge> {
    const giveUpAt = performance.now() + PATIENCE_MS;
    for (;;) {
      const challenge = await this.#parts.store.find(key);
      const ended = challenge?.id !== seen.id || challenge.deliveringSince !== seen.deliveringSince;
      if (challenge && ended) return challenge;
      if (!challenge || performance.now() >= giveUpAt)
        throw new AppError('SERVICE_UNAVAILABLE', { facts: { retryAfterSeconds: 2 } });
      await new Promise((resolve) => setTimeout(resolve, WAIT_STEP_MS));
    }
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

  /** Waits for what runs in the background; call it at shutdown. */
  async drain(): Promise<void> {
    while (this.#background.size > 0) await Promise.allSettled(this.#background);
  }

  async #deliver(key: SlotKey, challenge: Challenge, message: Message, asDecoy: boolean): Promise<void> {
    const { store, clock } = this.#parts;
    try {
      const ref = await this.#hand(challenge, message);
      await store.settleSend(key, challenge.id, { ref }, clock());
    } catch (error) {
      const lost = error instanceof ProviderFailure && error.reach === 'unknown';
      const failure = error instanceof AppError ? error.code : 'PROVIDER_ERROR';
      await store.settleSend(key, challenge.id, lost ? { ref: null } : { failure, asDecoy }, clock());
      throw error;
    }
  }

  /** Null where the provider gives no name for it. */
  async #hand(challenge: Challenge, message: Message): Promise<string | null> {
    const { provider } = this.#parts;
    if (!provider) throw new AppError('PROVIDER_NOT_CONFIGURED');
    const { to, channel, purpose, locale, payment, deliverable, superseded } = message;
    const delivery = { to, channel, purpose, locale, payment, challengeId: challenge.id };
    if (provider.kind === 'local') {
      if (deliverable) await provider.start(delivery);
      return null;
    }
    for (const { ref } of superseded) await this.#cancel(provider, { ref, to, purpose });
    if (deliverable) return (await provider.start(delivery)).ref;
    await provider.pretend('start');
    return null;
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
