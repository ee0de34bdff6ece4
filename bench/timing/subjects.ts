import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../lab.ts';
import type { Client } from '../load/client.ts';
import { cloneAccount, nextPerson, type Person } from '../target/accounts.ts';
import type { Kind } from './comparison.ts';
import type { Try } from './tries.ts';

/** Deliveries run after their answer. */
const SETTLE_MS = 500;
/** How many calls are in flight while the way to a try is prepared. */
const AT_ONCE = 4;

export interface Subject {
  readonly person: Person;
  readonly kind: Kind;
}

/** A server with a registered account, of which the accounts of all subjects are copies. */
export interface Stage {
  readonly lab: Lab;
  readonly client: Client;
  readonly original: Person;
}

/** Half of them with accounts, in random order, each new to the server: what one try leaves must not change another. */
export async function subjects({ lab, original }: Stage, ofEach: number): Promise<Subject[]> {
  const people = shuffled(Array.from({ length: 2 * ofEach }, nextPerson));
  await cloneAccount(lab.db, original, people.slice(0, ofEach));
  return shuffled(people.map((person, index) => ({ person, kind: index < ofEach ? 'known' : 'unknown' })));
}

/** Makes the call that leads to a try for all of them. */
export async function prepare(
  call: NonNullable<Try['before']>,
  all: readonly Subject[],
  { client }: Stage,
): Promise<void> {
  await atOnce(AT_ONCE, all, async ({ person }) => {
    const { status, text } = await client.send(call(person));
    if (status !== 200 || text.includes('"errors"')) throw new Error(`a code could not be sent: ${text}`);
  });
  await sleep(SETTLE_MS);
}

/** Does something with each of some values, so many at a time, the first ones first. */
export async function atOnce<T>(limit: number, values: readonly T[], run: (value: T) => Promise<void>): Promise<void> {
  const waiting = values.values();
  const worker = async () => {
    for (const next of waiting) await run(next);
  };
  await Promise.all(Array.from({ length: limit }, worker));
}

export function shuffled<T>(values: readonly T[]): T[] {
  const result = [...values];
  for (let end = result.length; end > 1; end -= 1) {
    const at = randomInt(end);
    [result[at], result[end - 1]] = [result[end - 1]!, result[at]!];
  }
  return result;
}
