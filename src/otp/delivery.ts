import { secondsUntil, type Clock } from '../clock.ts';
import { AppError, type ErrorCode } from '../errors.ts';
import { DELIVERY_LIFE_MS, type Challenge, type OtpChannel, type OtpPurpose } from './challenge.ts';
import type { ChallengeStore, OtpProvider, SlotKey } from './ports.ts';

/** How long those who lost a race for a send wait between two looks at the winner's outcome. */
const WAIT_STEP_MS = 40;

interface Parts {
  readonly store: ChallengeStore;
  readonly provider: OtpProvider;
  readonly clock: Clock;
  /** Told of a delivery that failed after its request was answered. */
  readonly onLateFailure: (error: unknown) => void;
}

interface Message {
  readonly to: string;
  readonly channel: OtpChannel;
  readonly purpose: OtpPurpose;
  /** False for a decoy: every write is made, no message is sent. */
  readonly deliverable: boolean;
}

/** Hands codes to the provider: one call for simultaneous requests, on the request path or off it. */
export class Deliveries {
  readonly #parts: Parts;
  readonly #background = new Set<Promise<void>>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Sends a message and records how it went.
   * @throws AppError the provider's refusal; the challenge and the cool-down are void then
   */
  async deliver(key: SlotKey, challenge: Challenge, message: Message): Promise<void> {
    const { provider, store, clock } = this.#parts;
    const { deliverable, ...delivery } = message;
    try {
      if (deliverable) await provider.start({ ...delivery, challengeId: challenge.id });
    } catch (error) {
      await store.settleSend(key, challenge.id, error instanceof AppError ? error.code : 'PROVIDER_ERROR', clock());
      throw error;
    }
    await store.settleSend(key, challenge.id, null, clock());
  }

  /** The same after the request was answered: how long it takes tells nothing about the destination (invariant 8). */
  deliverInBackground(key: SlotKey, challenge: Challenge, message: Message): void {
    const tracked: Promise<void> = this.deliver(key, challenge, message)
      .catch(this.#parts.onLateFailure)
      .finally(() => this.#background.delete(tracked));
    this.#background.add(tracked);
  }

  /**
   * Waits for the delivery that somebody else began (invariant 10), and returns the challenge after it.
   * @throws AppError that delivery's failure
   */
  async outcomeOf(key: SlotKey, seen: Challenge): Promise<Challenge> {
    const { store, clock } = this.#parts;
    const giveUpAt = (seen.deliveringSince ?? 0) + DELIVERY_LIFE_MS;
    for (;;) {
      const challenge = await store.find(key);
      const ended = challenge?.id !== seen.id || challenge.deliveringSince !== seen.deliveringSince;
      if (challenge && ended && challenge.failure) throw new AppError(challenge.failure as ErrorCode);
      if (challenge && ended) return challenge;
      if (!challenge || clock() >= giveUpAt)
        throw new AppError('SERVICE_UNAVAILABLE', { facts: { retryAfterSeconds: secondsUntil(giveUpAt, clock()) } });
      await new Promise((resolve) => setTimeout(resolve, WAIT_STEP_MS));
    }
  }

  /** Waits for the deliveries in the background; call it at shutdown. */
  async drain(): Promise<void> {
    await Promise.allSettled(this.#background);
  }
}
