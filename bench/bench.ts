// `npm run bench`: how fast the built server is, beside two floors that nobody can beat (DESIGN section 11).
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { guard } from '../scripts/process/guard.mjs';
import { run, Stop } from '../scripts/project.mjs';
import { register } from './accounts.ts';
import { Client, operation } from './client.ts';
import { commandsOf } from './commands.ts';
import type { FloorSettings, FloorUrls } from './floor.ts';
import { startLab, type Lab } from './lab.ts';
import { load, type Source } from './load.ts';
import { OPERATIONS } from './operations.ts';
import { report, type Figures, type Measured } from './report.ts';

const HELP = `npm run bench [-- OPTIONS]
  --quick      2 s for each operation instead of 10
  --callers N  how many calls at once, 1 to 32 (default 16)
  --only NAME  one operation`;
const FULL = { seconds: 10, codes: 2_000 };
const QUICK = { seconds: 2, codes: 600 };
/** Calls before the measured ones, so that code is compiled and connections are open. */
const WARM_UP = 40;

interface Usage {
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
}
type Measure = (client: Client, source: Source, usage: () => Promise<Usage>) => Promise<Figures>;

async function main(): Promise<void> {
  const { quick, callers, only } = options();
  const { seconds, codes } = quick ? QUICK : FULL;
  const measure: Measure = (client, source, usage) => measureLoad(client, source, usage, { callers, seconds });
  const lab = await startLab({ twilio: false });
  const client = new Client(lab.url);
  try {
    const bench = { lab, client, user: await register(lab, client), callers, codes };
    const measured: Measured[] = [];
    for (const { name, prepare } of OPERATIONS.filter((one) => only === '' || one.name === only)) {
      console.log(`${name}…`);
      const source = await prepare(bench);
      const commands = await commandsOf(lab, () => load(client, source, { callers: 1, seconds, calls: 1 }));
      measured.push({ name, commands, figures: await measure(client, source, () => usageOf(lab)) });
    }
    console.log('the floors…');
    report(measured, await measureFloors(lab, measured, measure), callers);
  } finally {
    client.close();
    await lab.stop();
  }
}

function options() {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      callers: { type: 'string', default: '16' },
      only: { type: 'string', default: '' },
      help: { type: 'boolean', default: false },
    },
  });
  const callers = Number(values.callers);
  const known = values.only === '' || OPERATIONS.some(({ name }) => name === values.only);
  if (values.help || !known || !Number.isInteger(callers) || callers < 1 || callers > 32) throw new Stop(HELP);
  return { ...values, callers };
}

async function measureLoad(
  client: Client,
  source: Source,
  usage: () => Promise<Usage>,
  limits: { callers: number; seconds: number },
): Promise<Figures> {
  await load(client, source, { ...limits, calls: WARM_UP });
  const before = await usage();
  const loaded = await load(client, source, limits);
  const after = await usage();
  const cpuMs = ((after.cpuSeconds - before.cpuSeconds) * 1000) / loaded.calls;
  return { ...loaded, cpuMs, memoryMb: after.memoryBytes / 2 ** 20 };
}

/** What the server says of itself. */
async function usageOf({ url, metricsToken }: Lab): Promise<Usage> {
  const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${metricsToken}` } });
  const text = await response.text();
  const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  return { cpuSeconds: value('process_cpu_seconds_total'), memoryBytes: value('process_resident_memory_bytes') };
}

/** The floors: Apollo alone, and by each operation's name the bare handler with the same commands to the same MongoDB. */
async function measureFloors(lab: Lab, measured: readonly Measured[], measure: Measure): Promise<Map<string, Figures>> {
  const child = fork(fileURLToPath(new URL('./floor.ts', import.meta.url)));
  const release = guard(child.pid!);
  const exited = new Promise((resolve) => child.once('exit', resolve));
  try {
    const ready = new Promise<FloorUrls>((resolve, reject) => {
      child.once('message', (urls) => resolve(urls as FloorUrls));
      child.once('exit', () => reject(new Error('the floors could not be started')));
    });
    const commands = Object.fromEntries(measured.map((one) => [one.name, one.commands]));
    child.send({ mongodbUri: lab.mongodbUri, commands } satisfies FloorSettings);
    const urls = await ready;
    const usage = async () => (await (await fetch(`${urls.mongo}/usage`)).json()) as Usage;
    const apollo = new Client(urls.apollo);
    const floors = new Map([['apollo', await measure(apollo, { next: () => operation('{ nothing }') }, usage)]]);
    apollo.close();
    const bare = new Client(urls.mongo);
    for (const { name } of measured)
      floors.set(name, await measure(bare, { next: () => ({ path: `/${name}`, body: {} }) }, usage));
    bare.close();
    return floors;
  } finally {
    child.kill();
    await exited;
    release();
  }
}

await run(main);
