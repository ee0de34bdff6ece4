import type { UnitOfWork } from '../unit-of-work.ts';
// What the heart needs of the outside, in its own words. Adapters implement these; the heart never imports an adapter.
import type { Approval, Challenge, ChallengePolicy, Guesses, Slot } from './challenge.ts';
import type { DeliveryEnd, SendAsk, SendDecision } from './sending.ts';
import type { Settlement, TokenAsk, TryAsk, TryOutcome } from './trying.ts';

/** Names a slot in the store: a destination's id, and the purpose (with what it is bound to) within it. */
export interface SlotKey {
  readonly destinationId: string;
  readonly name: string;
}

/** Keeps challenges. Each verb is one atomic write that decides by the rules in sending.ts and trying.ts. */
export interface ChallengeStore {
  send(key: SlotKey, ask: SendAsk, policy: ChallengePolicy): Promise<SendResult>;
  /** Ends a delivery; does nothing when the challenge has been replaced or ended meanwhile. */
  settleSend(key: SlotKey, challengeId: string, end: DeliveryEnd, now: number): Promise<void>;
  find(key: SlotKey): Promise<Challenge | null>;
  /** The slot at one of these destinations that holds this challenge or its approval, whatever state they are in. */
  locate(destinationIds: readonly string[], challengeId: string): Promise<{ key: SlotKey; slot: Slot } | null>;
  tryCode(key: SlotKey, ask: TryAsk, policy: ChallengePolicy): Promise<TryResult>;
  /** Settles an attempt that the provider was asked about. */
  settleTry(key: SlotKey, settlement: Settlement): Promise<{ outcome: TryOutcome; approval: Approval | null }>;
  takeToken(
    key: SlotKey,
    ask: TokenAsk,
  ): Promise<{ outcome: 'APPROVED' | 'BUSY' | 'ABSENT'; approval: Approval | null }>;
  /** Gives a claimed approval back for another try; with `maxRefusals` it counts as refused, and the last refusal ends it. */
  release(key: SlotKey, claimId: string, maxRefusals: number | null): Promise<void>;
  /** Spends a claimed approval. False when the claim is gone: the caller must write nothing. */
  consume(key: SlotKey, claimId: string, now: number, unit: UnitOfWork): Promise<boolean>;
  /**
   * Ends a user's challenge and approval in a slot: neither can act any more, also where a check is still under way. What
   * may run on at the provider stays known, so that the next code there is a new one.
   */
  revoke(key: SlotKey, userId: string, unit: UnitOfWork): Promise<void>;
  /** Counts a guess of a secret that has no challenge, by the rules in guessing.ts. */
  guess(subjectId: string, by: string, now: number): Promise<{ allowed: boolean; guesses: Guesses }>;
  forgiveGuess(subjectId: string, by: string, at: number): Promise<void>;
}

export interface SendResult extends Pick<
  SendDecision,
  'outcome' | 'challenge' | 'superseded' | 'catchesUp' | 'retryAt'
> {
  readonly guesses: Guesses;
}

export interface TryResult {
  readonly outcome: TryOutcome;
  readonly challenge: Challenge | null;
  readonly approval: Approval | null;
  readonly guesses: Guesses;
}
