import type { mongo } from 'mongoose';
import type { Clock } from '../clock.ts';
import type { BucketRule, RateLimitStore } from '../limits/rate-limit.ts';
import { isDuplicateKey, unavailableWhenDown } from './failures.ts';

/** Calls are counted to the millisecond up to this max; above it (RATE_LIMIT_SCALE in load tests) in hundredths of the window, so that documents stay small. */
const MAX_EXACT = 200;

interface Bucket extends mongo.Document {
  _id: string;
  /** Calls that were allowed: when, by which client, how many in that instant. */
  calls?: { at: number; by: string; n: number }[];
  decision?: { retryAt: number | null };
  purgeAt?: Date;
}

interface Keys {
  mac(use: 'rate-limit', name: string): string;
}

/** Rate limits in MongoDB: all rules of a bucket are decided and the call is counted in one update. */
export class MongoRateLimitStore implements RateLimitStore {
  readonly #buckets: mongo.Collection<Bucket>;
  readonly #keys: Keys;
  readonly #clock: Clock;

  constructor(db: mongo.Db, keys: Keys, clock: Clock) {
    // Counts are worth no wait for the journal: a crash forgets the last moment of them, and nothing else.
    this.#buckets = db.collection<Bucket>('rateLimits', { writeConcern: { w: 1, journal: false } });
    this.#keys = keys;
    this.#clock = clock;
  }

  /** Creates the indexes; called at start. */
  async prepare(): Promise<void> {
    await this.#buckets.createIndex({ purgeAt: 1 }, { expireAfterSeconds: 0 });
  }

  async reserve(bucket: string, client: string, rules: readonly BucketRule[]) {
    const now = this.#clock();
    const _id = this.#keys.mac('rate-limit', bucket);
    const by = this.#keys.mac('rate-limit', `client\n${client}`).slice(0, 22);
    const update = () =>
      unavailableWhenDown(() =>
        this.#buckets.findOneAndUpdate({ _id }, pipeline(by, rules, now), {
          upsert: true,
          returnDocument: 'after',
          projection: { decision: 1 },
        }),
      );
    const document = await update().catch((error: unknown) => {
      if (isDuplicateKey(error)) return update();
      throw error;
    });
    const retryAt = document?.decision?.retryAt ?? null;
    return retryAt === null ? null : { retryAt, now };
  }
}

function pipeline(by: string, rules: readonly BucketRule[], now: number): mongo.Document[] {
  const longestMs = Math.max(...rules.map((rule) => rule.windowMs));
  const coarse = Math.max(...rules.map((rule) => rule.max)) > MAX_EXACT;
  const stepMs = coarse ? Math.ceil(Math.min(...rules.map((rule) => rule.windowMs)) / 100) : 1;
  const at = Math.ceil(now / stepMs) * stepMs;
  const mine = { $literal: by };
  const recent = { $filter: { input: { $ifNull: ['$calls', []] }, cond: { $gt: ['$$this.at', now - longestMs] } } };
  const sameCall = { $and: [{ $eq: ['$$this.at', at] }, { $eq: ['$$this.by', mine] }] };
  const counted = {
    $cond: [
      { $anyElementTrue: { $map: { input: '$calls', in: sameCall } } },
      {
        $map: {
          input: '$calls',
          in: { $cond: [sameCall, { $mergeObjects: ['$$this', { n: { $add: ['$$this.n', 1] } }] }, '$$this'] },
        },
      },
      { $concatArrays: ['$calls', [{ at, by: mine, n: 1 }]] },
    ],
  };
  return [
    { $set: { calls: recent } },
    { $set: { decision: { retryAt: { $max: rules.map((rule) => retryAt(rule, mine, now)) } } } },
    {
      $set: {
        calls: { $cond: [{ $eq: ['$decision.retryAt', null] }, counted, '$calls'] },
        purgeAt: new Date(now + longestMs),
      },
    },
  ];
}

/** When a rule that is used up frees its oldest call; null while it has room. */
function retryAt(rule: BucketRule, mine: unknown, now: number): unknown {
  const inWindow = { $gt: ['$$this.at', now - rule.windowMs] };
  const matches = rule.perClient ? { $and: [inWindow, { $eq: ['$$this.by', mine] }] } : inWindow;
  const calls = { $filter: { input: '$calls', cond: matches } };
  const oldest = { $min: { $map: { input: '$$counted', in: '$$this.at' } } };
  const sum = { $sum: { $map: { input: '$$counted', in: '$$this.n' } } };
  return {
    $let: {
      vars: { counted: calls },
      in: { $cond: [{ $gte: [sum, rule.max] }, { $add: [oldest, rule.windowMs] }, null] },
    },
  };
}
