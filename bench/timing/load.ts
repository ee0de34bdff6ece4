import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Emulator } from '../../emulator/server.ts';
import { operation, type Call } from '../load/client.ts';
import { nextPerson, SEND, VERIFY, type Person } from '../target/accounts.ts';
import type { Stage } from './subjects.ts';

/** What an answer of the emulator takes, from and to, in milliseconds: with Twilio it varies from call to call. */
export type Latency = readonly [from: number, to: number];
export const QUICK: Latency = [20, 60];

/** What one client may send in ten minutes. */
const CALLS_OF_A_CLIENT = 20;
/** At once under way, and waiting for that, at the server (src/twilio/protection.ts). */
const PLACES = 140;
/** The flood has reached the places in a fraction of that. */
const PATIENCE_MS = 10_000;

/** Draws the emulator's latency anew every few milliseconds, until it is stopped. */
export class Weather {
  readonly #emulator: Emulator;
  #latency: Latency = QUICK;
  readonly #timer = setInterval(() => this.#draw(), 5);

  constructor(emulator: Emulator) {
    this.#emulator = emulator;
  }

  /** From now on a call takes so long; those under way keep theirs. */
  set(latency: Latency): void {
    this.#latency = latency;
    this.#draw();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #draw(): void {
    this.#emulator.control.setBehavior({ latencyMs: randomInt(...this.#latency) });
  }
}

export interface Flood {
  /** Waits until every place is taken, which those show that were refused. */
  readonly full: () => Promise<void>;
  readonly ended: Promise<void>;
}

/** People without accounts, of whom 20 each stand behind one client's address. */
export function strangers(count: number): Person[] {
  let from: Person['from'] = {};
  return Array.from({ length: count }, (_person, index) => {
    const person = nextPerson();
    if (index % CALLS_OF_A_CLIENT === 0) ({ from } = person);
    return { ...person, from };
  });
}

const sendCall = ({ phone, from }: Person): Call => operation(SEND, { input: { to: phone } }, from);
const checkCall = ({ phone, from }: Person): Call => operation(VERIFY, { input: { to: phone, code: '000000' } }, from);

/** Sends codes to strangers, all at once: as many calls to Twilio. */
export function floodOfSends(stage: Stage, people: readonly Person[]): Flood {
  return flood(stage, people.map(sendCall));
}

/** Checks a wrong code of each of these strangers, all at once. Their codes were sent before. */
export function floodOfChecks(stage: Stage, people: readonly Person[]): Flood {
  return flood(stage, people.map(checkCall));
}

function flood({ client }: Stage, calls: readonly Call[]): Flood {
  let refused = 0;
  const ended = Promise.all(
    calls.map(async (call) => {
      const { text } = await client.send(call);
      if (text.includes('OVERLOADED')) refused += 1;
    }),
  ).then(() => undefined);
  return { full: () => untilFull(() => refused >= calls.length - PLACES), ended };
}

async function untilFull(isFull: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  while (!isFull()) {
    if (performance.now() > giveUpAt) throw new Error('the flood did not take every place');
    await sleep(10);
  }
}
