// `npm run timing`: can a stranger tell by the clock whether an account exists? (DESIGN section 4, invariant 8.)
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { isEntryPoint, run, Stop } from '../scripts/project.mjs';
import { startLab } from './lab.ts';
import { Client } from './load/client.ts';
import { register } from './target/accounts.ts';
import { Comparison, heading, notHere, SIGNIFICANT } from './timing/comparison.ts';
import { QUICK } from './timing/load.ts';
import { runMode, type Mode } from './timing/load-modes.ts';
import { prepare, subjects, type Stage } from './timing/subjects.ts';
import { TRIES, type Try } from './timing/tries.ts';

/** Calls of each kind before the measured ones: code is compiled, and decoys have learned how long Twilio takes. */
const WARM_UP = 25;
const MODES: readonly Mode[] = ['under-load', 'after-load'];

const HELP = `npm run timing [-- OPTIONS]
  --tries N      how many tries with accounts, and as many without, of each kind (default 300)
  --twilio       codes by the Twilio emulator; default: the local engine
  --under-load   in place of that: the Twilio emulator slow, and every place for calls to it taken, then calls waiting
  --after-load   in place of that, or after it: when a flood of calls to the slow emulator has ended
  --only TEXT    only the tries whose name contains this
Both modes of load take less than three minutes each.`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      tries: { type: 'string', default: '300' },
      twilio: { type: 'boolean', default: false },
      'under-load': { type: 'boolean', default: false },
      'after-load': { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      help: { type: 'boolean', default: false },
    },
  });
  const tries = Number(values.tries);
  if (values.help || !Number.isInteger(tries) || tries < 20) throw new Stop(`${HELP}\nAt least 20 tries.`);
  const modes = MODES.filter((mode) => values[mode]);
  const lab = await startLab({ twilio: values.twilio || modes.length > 0 });
  const client = new Client(lab.url);
  let failures = 0;
  try {
    const stage = { lab, client, original: await register(lab, client) };
    for (const mode of modes) failures += await runMode(mode, stage, values.only);
    if (modes.length === 0) failures = await runCalm(stage, tries, values.only);
  } finally {
    client.close();
    await lab.stop();
  }
  console.log(conclusion(failures));
  return failures > 0 ? 1 : 0;
}

/** One call after the other, with nothing else to do. @returns how many kinds of tries tell accounts */
async function runCalm(stage: Stage, tries: number, only: string): Promise<number> {
  console.log(`Each of ${tries} tries with an account and ${tries} without, in random order; medians in ms.\n`);
  console.log(heading());
  let failures = 0;
  for (const one of TRIES.filter(({ name }) => name.includes(only)))
    if (await differs(one, stage, tries)) failures += 1;
  return failures;
}

/** Runs one kind of try and prints how it went; true where accounts can be told. */
async function differs(one: Try, stage: Stage, tries: number): Promise<boolean> {
  const warmUp = await subjects(stage, WARM_UP);
  const measured = await subjects(stage, tries);
  if (one.before) await prepare(one.before, [...warmUp, ...measured], stage);
  const comparison = new Comparison(one.name);
  for (const [index, { person, kind }] of [...warmUp, ...measured].entries()) {
    stage.lab.emulator?.control.setBehavior({ latencyMs: randomInt(...QUICK) });
    const answer = await stage.client.send(one.call(person));
    if (answer.status === 404 || answer.text.includes('PROVIDER_NOT_CONFIGURED')) {
      console.log(notHere(one.name));
      return false;
    }
    if (
      answer.status >= 500 ||
      /"code":"(RATE_LIMITED|PROVIDER_ERROR|SERVICE_UNAVAILABLE|OVERLOADED|INTERNAL)/.test(answer.text)
    )
      throw new Error(`${one.name} does not get where accounts are looked up: ${answer.text}`);
    if (index >= warmUp.length) comparison.add(kind, answer);
  }
  return comparison.conclude();
}

function conclusion(failures: number): string {
  const chance = `At p < ${SIGNIFICANT} and ${TRIES.length} kinds of tries, one run in ${Math.round(1 / (SIGNIFICANT * TRIES.length))} names one by chance`;
  return failures === 0
    ? `\nAccounts cannot be told by these answers. ${chance}.`
    : `\n${failures} of these tell accounts. ${chance}: repeat those with --only and more --tries.`;
}

if (isEntryPoint(import.meta.url)) await run(main);
