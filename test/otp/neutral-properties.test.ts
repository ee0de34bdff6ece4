// Invariant 8 on random histories: whoever asks for codes that only accounts get, and guesses at them, is told the same
// whether anybody has an account there or not. Each history is played twice, once with a user behind the destination and
// once without, on the services over a real database; 60 pairs, of about 25 steps each. No step has a right code: that is
// how the owner tells the difference.
import { expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { openConnection } from '../../src/mongo/connection.ts';
import { policies } from '../support/arbitraries.ts';
import type { ProviderKind } from '../support/otp-history/actor.ts';
import { playHistory, type Event } from '../support/otp-history/history.ts';
import { guessingHistories } from '../support/otp-history/steps.ts';
import { sharedMongodUri } from '../support/shared-mongod.ts';

test('requests for codes, guesses and actions are answered alike with and without a user', async () => {
  const connection = await openConnection(sharedMongodUri(`otpql_${randomBytes(6).toString('hex')}`));
  let messages = 0;
  try {
    await fc.assert(
      fc.asyncProperty(
        policies,
        fc.constantFrom<ProviderKind>('local', 'twilio', 'twilio, one service'),
        guessingHistories,
        async (policy, provider, steps) => {
          const play = (hasUser: boolean) => playHistory(connection, { policy, provider, hasUser }, steps);
          const [withUser, without] = await Promise.all([play(true), play(false)]);
          messages += withUser.flatMap(({ sent }) => sent).length;
          expect(without.flatMap(({ sent }) => sent)).toEqual([]);
          expect(without.map(told)).toEqual(withUser.map(told));
        },
      ),
      // Shrinking plays whole histories on a real database: it would outlast the test.
      { numRuns: 60, endOnFailure: true },
    );
    expect(messages).toBeGreaterThan(60);
  } finally {
    await connection.db!.dropDatabase();
    await connection.close();
  }
}, 300_000);

function told({ step, outcome, answer }: Event) {
  return { step, outcome, answer };
}
