// `npm run timing`: can a stranger tell by the clock whether an account exists? (DESIGN section 4, invariant 8.)
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { isEntryPoint, run, Stop } from '../scripts/project.mjs';
import { cloneAccount, nextPerson, register, type Person } from './target/accounts.ts';
import { Client, type Answer } from './load/client.ts';
import { startLab, type Lab } from './lab.ts';
import { median, rankTest } from './load/statistics.ts';
import { TRIES, type Try } from './tries.ts';

/** Where a difference is taken for real. With ten tests one run in a hundred raises a false alarm (Bonferroni). */
const SIGNIFICANT = 0.001;
/** Calls of each kind before the measured ones: code is compiled, and decoys have learned how long Twilio takes. */
const WARM_UP = 25;
/** Deliveries run after their answer. */
const SETTLE_MS = 500;
/** How many calls are in flight while the way to a try is prepared. */
const AT_ONCE = 4;
/** What an answer of the emulator takes: drawn anew for each call, as it varies with Twilio. */
const LATENCY_MS = [20, 60] as const;

const HELP = `npm run timing [-- OPTIONS]
  --tries N    how many tries with accounts, and as many without, of each kind (default 300)
  --twilio     codes by the Twilio emulator; default: the local engine
  --only TEXT  only the tries whose name contains this`;

interface Subject {
  readonly person: Person;
  readonly kind: 'known' | 'unknown';
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      tries: { type: 'string', default: '300' },
      twilio: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      help: { type: 'boolean', default: false },
    },
  });
  const tries = Number(values.tries);
  if (values.help || !Number.isInteger(tries) || tries < 20) throw new Stop(`${HELP}\nAt least 20 tries.`);
  const lab = await startLab({ twilio: values.twilio });
  const client = new Client(lab.url);
  let failures = 0;
  try {
    const original = await register(lab, client);
    console.log(`Each of ${tries} tries with an account and ${tries} without, in random order; medians in ms.\n`);
    console.log(row('try', 'known', 'unknown', 'difference', 'U', 'p', ''));
    for (const one of TRIES.filter(({ name }) => name.includes(values.only)))
      if (await differs(one, lab, client, original, tries)) failures += 1;
  } finally {
    client.close();
    await lab.stop();
  }
  console.log(conclusion(failures));
  return failures > 0 ? 1 : 0;
}

/** Runs one kind of try and prints how it went; true where accounts can be told. */
async function differs(one: Try, lab: Lab, client: Client, original: Person, tries: number): Promise<boolean> {
  const warmUp = await subjects(lab, original, WARM_UP);
  const measured = await subjects(lab, original, tries);
  if (one.before) await prepare(one.before, [...warmUp, ...measured], client);
  const times = { known: [] as number[], unknown: [] as number[] };
  const shapes = { known: new Set<string>(), unknown: new Set<string>() };
  for (const [index, { person, kind }] of [...warmUp, ...measured].entries()) {
    lab.emulator?.control.setBehavior({ latencyMs: randomInt(...LATENCY_MS) });
    const answer = await client.send(one.call(person));
    if (answer.status === 404 || answer.text.includes('PROVIDER_NOT_CONFIGURED')) return skip(one);
    if (
      answer.status >= 500 ||
      /"code":"(RATE_LIMITED|PROVIDER_ERROR|SERVICE_UNAVAILABLE|OVERLOADED|INTERNAL)/.test(answer.text)
    )
      throw new Error(`${one.name} does not get where accounts are looked up: ${answer.text}`);
    if (index < warmUp.length) continue;
    times[kind].push(answer.ms);
    shapes[kind].add(shapeOf(answer));
  }
  const { u, p } = rankTest(times.known, times.unknown);
  const [known, unknown] = [median(times.known), median(times.unknown)];
  const all = new Set([...shapes.known, ...shapes.unknown]);
  const told = [...all].filter((shape) => shapes.known.has(shape) !== shapes.unknown.has(shape));
  const verdict = told.length > 0 ? 'ANSWERS DIFFER' : p < SIGNIFICANT ? 'TIMES DIFFER' : 'alike';
  const numbers = [known.toFixed(2), unknown.toFixed(2), (known - unknown).toFixed(2), u.toFixed(0), p.toPrecision(2)];
  console.log(row(one.name, ...numbers, verdict));
  for (const shape of told) console.log(`    only with${shapes.known.has(shape) ? '' : 'out'} an account: ${shape}`);
  return verdict !== 'alike';
}

/** Half of them with accounts, in random order, each new to the server: what one try leaves must not change another. */
async function subjects(lab: Lab, original: Person, ofEach: number): Promise<Subject[]> {
  const people = shuffled(Array.from({ length: 2 * ofEach }, nextPerson));
  await cloneAccount(lab.db, original, people.slice(0, ofEach));
  return shuffled(people.map((person, index) => ({ person, kind: index < ofEach ? 'known' : 'unknown' })));
}

async function prepare(call: NonNullable<Try['before']>, all: readonly Subject[], client: Client): Promise<void> {
  const waiting = [...all];
  const worker = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const { status, text } = await client.send(call(next.person));
      if (status !== 200 || text.includes('"errors"')) throw new Error(`a code could not be sent: ${text}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  await sleep(SETTLE_MS);
}

function shuffled<T>(values: readonly T[]): T[] {
  const result = [...values];
  for (let end = result.length; end > 1; end -= 1) {
    const at = randomInt(end);
    [result[at], result[end - 1]] = [result[end - 1]!, result[at]!];
  }
  return result;
}

/** All of an answer but what is made anew for each: texts are shown by their length, except errors' codes. */
function shapeOf({ status, headers, text }: Answer): string {
  const { date, 'x-request-id': id, ...alike } = headers;
  const body = JSON.stringify(JSON.parse(text), (name, value: unknown) =>
    typeof value === 'string' && name !== 'code' ? `${value.length} characters` : value,
  );
  return `${status} ${body} ${JSON.stringify({ ...alike, date: typeof date, 'x-request-id': typeof id })}`;
}

function skip({ name }: Try): false {
  console.log(row(name, '-', '-', '-', '-', '-', 'not here'));
  return false;
}

function row(name: string, ...cells: string[]): string {
  const verdict = cells.pop()!;
  return `${name.padEnd(38)}${cells.map((cell) => cell.padStart(11)).join('')}   ${verdict}`;
}

function conclusion(failures: number): string {
  const chance = `At p < ${SIGNIFICANT} and ${TRIES.length} kinds of tries, one run in ${Math.round(1 / (SIGNIFICANT * TRIES.length))} names one by chance`;
  return failures === 0
    ? `\nAccounts cannot be told by these answers. ${chance}.`
    : `\n${failures} of these tell accounts. ${chance}: repeat those with --only and more --tries.`;
}

if (isEntryPoint(import.meta.url)) await run(main);
