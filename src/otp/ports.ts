// What the heart needs of the outside, in its own words. Adapters implement these; the heart never imports an adapter.
import type { Approval, Challenge, ChallengePolicy, Guesses, OtpChannel, OtpPurpose } from './challenge.ts';
import type { SendAsk, SendOutcome } from './sending.ts';
import type { TokenAsk, TryAsk, TryOutcome } from './trying.ts';

declare const transactionBrand: unique symbol;
/** An open database transaction, passed from the room that opened it to the stores that write in it. */
export interface Transaction {
  readonly [transactionBrand]: never;
}

/** Runs work whose writes land together or not at all. */
export interface Transactions {
  /** @throws AppError SERVICE_UNAVAILABLE when the database cannot be reached in time */
  run<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
}

/** Names a slot in the store: a destination's id, and the purpose (with what it is bound to) within it. */
export interface SlotKey {
  readonly destinationId: string;
  readonly name: string;
}

/** Keeps challenges. Each verb is one atomic write that decides by the rules in sending.ts and trying.ts. */
export interface ChallengeStore {
  send(
    key: SlotKey,
    ask: SendAsk,
    policy: ChallengePolicy,
  ): Promise<{ outcome: SendOutcome; challenge: Challenge | null; guesses: Guesses }>;
  /** Ends a delivery; does nothing when the challenge has been replaced or canceled meanwhile. */
  settleSend(key: SlotKey, challengeId: string, failure: string | null, now: number): Promise<void>;
  find(key: SlotKey): Promise<Challenge | null>;
  tryCode(key: SlotKey, ask: TryAsk, policy: ChallengePolicy): Promise<TryResult>;
  takeToken(
    key: SlotKey,
    ask: TokenAsk,
  ): Promise<{ outcome: 'APPROVED' | 'BUSY' | 'ABSENT'; approval: Approval | null }>;
  /** Gives a claimed approval back for another try; with `maxRefusals` it counts as refused, and the last refusal ends it. */
  release(key: SlotKey, claimId: string, maxRefusals: number | null): Promise<void>;
  /** Spends a claimed approval. False when the claim is gone: the caller must write nothing. */
  consume(key: SlotKey, claimId: string, now: number, transaction: Transaction): Promise<boolean>;
}

export interface TryResult {
  readonly outcome: TryOutcome;
  readonly challenge: Challenge | null;
  readonly approval: Approval | null;
  readonly guesses: Guesses;
}

/** A message to hand over. */
export interface Delivery {
  readonly to: string;
  readonly channel: OtpChannel;
  readonly purpose: OtpPurpose;
  readonly challengeId: string;
}

/** Delivers codes. */
export interface OtpProvider {
  readonly name: string;
  /** The code of a challenge, made by the provider's own engine. */
  codeOf(challengeId: string): string;
  /** @throws AppError when the message was definitely not accepted */
  start(delivery: Delivery): Promise<void>;
}
