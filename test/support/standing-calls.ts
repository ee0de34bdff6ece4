import type { TestServer } from './server.ts';

/** Long against what a call needs that is given back after its answer. */
const QUIET_MS = 100;

/** How many calls stand in all buckets of rate limits, once those that are given back are: counted, less given back. */
export async function standingCalls({ db }: Pick<TestServer, 'db'>): Promise<number> {
  for (let last = -1; ;) {
    const buckets = await db.collection('rateLimits').find().toArray();
    const calls = buckets.flatMap((bucket) => bucket['calls'] as { n: number; back?: number }[]);
    const standing = calls.reduce((sum, { n, back = 0 }) => sum + n - back, 0);
    if (standing === last) return standing;
    last = standing;
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  }
}
