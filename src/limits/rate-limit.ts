export interface BucketRule {
  readonly max: number;
  readonly windowMs: number;
  /** Count only this client's calls of the bucket. */
  readonly perClient: boolean;
  /** Do not count the calls that were given back. */
  readonly refundable: boolean;
}

/** Calls that are counted together. */
export interface Bucket {
  /** What they have in common; a store keeps it as a keyed hash only. */
  readonly name: string;
  readonly rules: readonly BucketRule[];
}

export interface Refusal {
  /** Which of the call's buckets is full, counted from 0. */
  readonly index: number;
  /** The first instant at which that bucket would allow the call (milliseconds since the epoch). */
  readonly retryAt: number;
  /** The instant of the refusal. */
  readonly now: number;
}

/** Counts calls. Each bucket is decided and counted in one conditional write. */
export interface RateLimitStore {
  /**
   * Counts one call in each of its buckets, in their order. The first that is full refuses it: that bucket and those
   * after it do not count the call.
   * @param client who calls, for the rules per client
   * @returns null when the call is allowed
   * @throws AppError SERVICE_UNAVAILABLE
   */
  reserve(client: string, buckets: readonly Bucket[]): Promise<Refusal | null>;
  /**
   * Gives a call back that was counted in these buckets and is not what they count: of the client's calls the newest that
   * stands. Only refundable rules forget it.
   * @throws AppError SERVICE_UNAVAILABLE
   */
  giveBack(client: string, buckets: readonly Bucket[]): Promise<void>;
}
