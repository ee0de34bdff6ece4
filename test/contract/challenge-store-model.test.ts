// The Mongo store states the rules of src/otp a second time, as one atomic update. On any history of sends, settlements,
// tries, tokens, releases and transactions both must decide the same and keep the same: a difference is a hole in one.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { histories, policies } from '../support/arbitraries.ts';
import { History } from './history.ts';
import { memoryStore, mongoStore } from './stores.ts';

let mongo: Awaited<ReturnType<typeof mongoStore>>;
beforeAll(async () => {
  mongo = await mongoStore();
});
afterAll(() => mongo.close());

test('the Mongo store and the pure rules agree on every step of random histories', async () => {
  await fc.assert(
    fc.asyncProperty(policies, histories(50, { remote: true }), async (policy, steps) => {
      const memory = await memoryStore();
      const destination = randomUUID();
      const expected = new History(memory, policy, destination);
      const actual = new History(mongo, policy, destination);
      for (const step of steps) expect(await actual.play(step)).toEqual(await expected.play(step));
    }),
    // Shrinking plays whole histories on a real database: it would outlast the test and hide the difference.
    { numRuns: 60, endOnFailure: true },
  );
});
