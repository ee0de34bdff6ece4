import { nextPerson, type Person } from './accounts.ts';
import type { Call, Client } from '../load/client.ts';
import { codesFrom, INBOX_HOLDS } from './inbox.ts';
import { load } from '../load/load.ts';

/** Somebody who has got a code that nobody has used yet. */
export interface Sent {
  readonly person: Person;
  readonly code: string;
}

/**
 * Has codes sent to people that the server has not seen before, and reads them.
 * @param url where the inbox is
 * @param send asks for a code
 * @param demand.codes how many
 * @param demand.callers how many are asked for at once
 * @param before what these people need before they can ask
 */
export async function withCodes(
  url: string,
  client: Client,
  send: (person: Person) => Call,
  demand: { readonly codes: number; readonly callers: number },
  before?: (people: readonly Person[]) => Promise<void>,
): Promise<Sent[]> {
  const sent: Sent[] = [];
  while (sent.length < demand.codes) {
    const people = Array.from({ length: Math.min(INBOX_HOLDS, demand.codes - sent.length) }, nextPerson);
    await before?.(people);
    const waiting = [...people];
    const next = () => {
      const person = waiting.pop();
      return person ? send(person) : null;
    };
    await load(client, { next }, { callers: demand.callers, seconds: Infinity });
    const codes = await codesFrom(
      url,
      people.map(({ phone }) => phone),
    );
    sent.push(...people.map((person, index) => ({ person, code: codes[index]! })));
  }
  return sent;
}
