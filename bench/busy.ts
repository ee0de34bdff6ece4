import { availableParallelism } from 'node:os';
import { load } from './load/load.ts';
import type { Busy } from './report/results.ts';
import type { Target } from './load/target.ts';

/** Somebody now and then, so that what is measured is how long one waits, and not how much the server can do. */
const READERS = { callers: 2, pauseMs: 5 };
/** As many as wait for a core at most; one more would be refused (`PasswordHasher`). */
const REGISTRATIONS_PER_CORE = 32;
/** Until the queue of passwords to hash is full. */
const FILLING_SECONDS = 1;

/**
 * Measures how long `me` takes while nothing else goes on, and while registrations come as fast as passwords can be
 * hashed, by turns.
 * @throws Error at the first answer that is an error
 */
export async function measureBusy(
  { client, operations }: Target,
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
): Promise<Busy> {
  const callers = REGISTRATIONS_PER_CORE * availableParallelism();
  const me = await operations.get('me')!({ callers: READERS.callers, seconds, codes: 0 });
  const read = (forSeconds: number) => load(client, me, { ...READERS, seconds: forSeconds });
  await read(FILLING_SECONDS);
  const found = { idle: [] as number[], busy: [] as number[], registrationsPerSecond: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    const lasts = seconds + FILLING_SECONDS;
    const register = await operations.get('registerWithOtp')!({ callers: 16, seconds: lasts, codes: Infinity });
    found.idle.push((await read(seconds)).p99);
    const registering = load(client, register, { callers, seconds: lasts });
    await read(FILLING_SECONDS);
    found.busy.push((await read(seconds)).p99);
    found.registrationsPerSecond.push((await registering).perSecond);
  }
  return found;
}
