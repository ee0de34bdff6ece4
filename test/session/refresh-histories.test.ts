// Random histories of one user's sessions in two server processes and one database: refreshes one by one and many at once,
// by the owner and by others, actions that hold a session, sign-outs and suspensions in between.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { randomBytes } from 'node:crypto';
import { FakeClock } from '../support/server.ts';
import { sharedMongodUri } from '../support/shared-mongod.ts';
import { History } from './history.ts';
import { openProcess, type Process } from './process.ts';
import { steps } from './steps.ts';

/** As many as a test run has time for; REFRESH_HISTORIES=2000 plays more. */
const RUNS = Number(process.env['REFRESH_HISTORIES'] ?? 60);

let clock: FakeClock;
let processes: Process[];
beforeAll(async () => {
  const uri = sharedMongodUri(`otpql_${randomBytes(6).toString('hex')}`);
  clock = new FakeClock();
  processes = [await openProcess(uri, clock), await openProcess(uri, clock)];
});
afterAll(async () => {
  await processes[0]!.connection.db!.dropDatabase();
  for (const { connection } of processes) await connection.close();
});

/** Plays histories; a failure prints the seed and the shortest history. */
async function play(numRuns: number, seed?: number): Promise<Set<string>> {
  const seen = new Set<string>();
  const property = fc.asyncProperty(steps, async (history) => {
    const played = await History.begin(processes, clock);
    for (const step of history) await played.play(step);
    for (const what of played.seen) seen.add(what);
    expect(played.violations).toEqual([]);
  });
  await fc.assert(property, { numRuns, ...(seed !== undefined && { seed }) });
  return seen;
}

test('a token gives one more, the same to one client for 10 s; one that comes back ends all; what is over stays over', async () => {
  await play(RUNS);
});

test('and the histories reach every outcome, so that this means something', async () => {
  // One seed: whether the rarest outcome is among them must not be left to chance.
  const seen = await play(40, 20260115);
  const reasons = [
    'the session has ended, or its user is suspended or gone',
    'the session has ended',
    'the refresh token was used a moment ago, and its successor cannot be given again',
    'the refresh token was used before: the session is ended',
  ].map((reason) => `refused: ${reason}`);
  const expected = ['rotated', 'retried', 'hold', 'end', 'endOthers', 'endAll', 'suspend', ...reasons];
  expect([...seen].sort()).toEqual(expected.sort());
});
