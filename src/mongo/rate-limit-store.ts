import mongoose, { type mongo } from 'mongoose';
import type { Clock } from '../clock.ts';
import type { Bucket, RateLimitStore, Refusal } from '../limits/rate-limit.ts';
import { countCall, fullUntil, giveCallBack } from './rate-limit-pipeline.ts';
import { isDuplicateKey, isUnreachable, unavailableWhenDown } from './failures.ts';

const { MongoServerError } = mongoose.mongo;
const COLLECTION = 'rateLimits';
/** Counts are worth no wait for the journal: a crash forgets the last moment of them, and nothing else. */
const WRITE_CONCERN = { w: 1, j: false };

interface StoredBucket extends mongo.Document {
  _id: string;
  /** Calls that were allowed: when, by which client, how many in that instant, and how many of these were given back. */
  calls?: { at: number; by: string; n: number; back?: number }[];
  purgeAt?: Date;
}

interface Keys {
  mac(use: 'rate-limit', name: string): string;
}

/** Rate limits in MongoDB: all buckets of a call are decided and counted in one command (ADR 34). */
export class MongoRateLimitStore implements RateLimitStore {
  readonly #db: mongo.Db;
  readonly #buckets: mongo.Collection<StoredBucket>;
  readonly #keys: Keys;
  readonly #clock: Clock;

  constructor(db: mongo.Db, keys: Keys, clock: Clock) {
    this.#db = db;
    this.#buckets = db.collection<StoredBucket>(COLLECTION);
    this.#keys = keys;
    this.#clock = clock;
  }

  /** Creates the indexes; called at start. */
  async prepare(): Promise<void> {
    await this.#buckets.createIndex({ purgeAt: 1 }, { expireAfterSeconds: 0 });
  }

  async reserve(client: string, buckets: readonly Bucket[]): Promise<Refusal | null> {
    if (buckets.length === 0) return null;
    const now = this.#clock();
    const by = this.#nameOf(client);
    const updates = buckets.map(({ name, rules }) => ({
      q: { _id: this.#keys.mac('rate-limit', name) },
      u: countCall(by, rules, now),
      upsert: true,
    }));
    return unavailableWhenDown(() => this.#countUntilFull(buckets, updates, now));
  }

  async giveBack(client: string, buckets: readonly Bucket[]): Promise<void> {
    const u = giveCallBack(this.#nameOf(client));
    const updates = buckets.map(({ name }) => ({ q: { _id: this.#keys.mac('rate-limit', name) }, u }));
    // Never repeated: a call that was given back twice would make room for one too many.
    await unavailableWhenDown(() => this.#send(updates));
  }

  #nameOf(client: string): string {
    return this.#keys.mac('rate-limit', `client\n${client}`).slice(0, 22);
  }

  async #countUntilFull(buckets: readonly Bucket[], updates: readonly object[], now: number): Promise<Refusal | null> {
    let index = 0;
    for (;;) {
      const failed = await this.#update(updates.slice(index));
      if (!failed) return null;
      index += failed.index;
      const retryAt = fullUntil(failed, buckets[index]!.rules, now);
      if (retryAt !== null) return { index, retryAt, now };
      const error = new MongoServerError(failed);
      // Two first calls of a bucket at once: it exists now, and the loser counts in it.
      if (!isDuplicateKey(error)) throw error;
    }
  }

  /**
   * A command of ours and not the driver's `findOneAndUpdate` or `bulkWrite`, which number each write so that they can
   * repeat it: MongoDB then writes the number, and the answer, to documents of its own, which costs as much again.
   * Repeated without a number, a call whose first answer was lost counts twice; that harms nobody.
   */
  async #update(updates: readonly object[]): Promise<WriteError | undefined> {
    const answer = await this.#send(updates).catch((error: unknown) => {
      if (!isUnreachable(error)) throw error;
      return this.#send(updates);
    });
    return (answer['writeErrors'] as WriteError[] | undefined)?.[0];
  }

  #send(updates: readonly object[]): Promise<mongo.Document> {
    return this.#db.command({ update: COLLECTION, updates, ordered: true, writeConcern: WRITE_CONCERN });
  }
}

interface WriteError {
  readonly index: number;
  readonly code: number;
  readonly errmsg: string;
}
