export interface BucketRule {
  readonly max: number;
  readonly windowMs: number;
  /** Count only this client's calls of the bucket. */
  readonly perClient: boolean;
}

/** Counts calls. `reserve` counts one and decides in a single write; a refused call is not counted. */
export interface RateLimitStore {
  /**
   * @param bucket what the calls have in common; the store keeps it as a keyed hash only
   * @param client who calls, for the rules per client
   * @returns null when allowed, else the first instant at which a call would be
   */
  reserve(
    bucket: string,
    client: string,
    rules: readonly BucketRule[],
  ): Promise<{ retryAt: number; now: number } | null>;
}
