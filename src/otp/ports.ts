// What the heart needs of the outside, in its own words. Adapters implement these; the heart never imports an adapter.
import { AppError, type ErrorCode, type PublicFacts } from '../errors.ts';
import type { Approval, Challenge, ChallengePolicy, Guesses, OtpChannel, OtpPurpose, Slot } from './challenge.ts';
import type { Payment } from './slot.ts';
import type { DeliveryEnd, SendAsk, SendDecision } from './sending.ts';
import type { Settlement, TokenAsk, TryAsk, TryOutcome } from './trying.ts';

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
  consume(key: SlotKey, claimId: string, now: number, transaction: Transaction): Promise<boolean>;
  /**
   * Ends a user's challenge and approval in a slot: neither can act any more, also where a check is still under way. What
   * may run on at the provider stays known, so that the next code there is a new one.
   */
  revoke(key: SlotKey, userId: string, transaction: Transaction): Promise<void>;
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

/** A message to hand over. */
export interface Delivery {
  readonly to: string;
  readonly channel: OtpChannel;
  readonly purpose: OtpPurpose;
  readonly challengeId: string;
  /** BCP 47; the provider chooses when it is null. */
  readonly locale: string | null;
  /** What the code confirms, for the message to show; TRANSACTION only. */
  readonly payment?: Payment | undefined;
}

/** Delivers codes. The local engine makes them itself and the store compares; a remote provider makes and compares them. */
export type OtpProvider = LocalEngine | RemoteProvider;

export interface LocalEngine {
  readonly kind: 'local';
  readonly name: string;
  /** The code of a challenge: the same whenever it is asked for. */
  codeOf(challengeId: string): string;
  /** @throws ProviderFailure */
  start(delivery: Delivery): Promise<void>;
}

export interface RemoteProvider {
  readonly kind: 'remote';
  readonly name: string;
  /** @throws ProviderFailure; with reach `unknown` the message may have been sent all the same */
  start(delivery: Delivery): Promise<RemoteVerification>;
  /** Asked once, never again by itself. @throws ProviderFailure */
  check(check: RemoteCheck): Promise<CheckVerdict>;
  /** Ends a verification, so that the next start for its number makes a new code. @throws ProviderFailure */
  cancel(verification: Omit<RemoteCheck, 'code' | 'payment'>): Promise<void>;
  /** The purposes that share this one's service, itself among them: two pending codes for one number are one code there. */
  rivalsOf(purpose: OtpPurpose): readonly OtpPurpose[];
  /** Takes as long as a recent real call did, and fails as one would while the provider is known to be down. */
  pretend(verb: 'start' | 'check'): Promise<void>;
}

/** A verification at the provider; `ref` is null when the answer that names it was lost. */
export interface RemoteVerification {
  readonly ref: string | null;
}

export interface RemoteCheck extends RemoteVerification {
  readonly to: string;
  readonly purpose: OtpPurpose;
  readonly code: string;
  readonly payment?: Payment | undefined;
}

/** GONE: expired, used or canceled at the provider. */
export type CheckVerdict = 'APPROVED' | 'WRONG' | 'GONE' | 'NO_CHECKS_LEFT';

/** How far a failed call came: `none`, nothing left this machine; `answered`, a definite refusal; `unknown`, the answer was lost. */
export type Reach = 'none' | 'answered' | 'unknown';

/** A provider's failure, already in public terms; `reason` is for the operator. */
export class ProviderFailure extends AppError {
  readonly reach: Reach;
  constructor(code: ErrorCode, reach: Reach, options: { reason: string; facts?: PublicFacts }) {
    super(code, options);
    this.reach = reach;
  }
}
