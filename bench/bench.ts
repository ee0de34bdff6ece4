// `npm run bench`: how fast the built server is, beside floors that nobody can beat and others who do the same: DESIGN
// section 11, docs/performance.md.
import { writeFileSync } from 'node:fs';
import { ensureBuild } from '../scripts/build.mjs';
import { root, run } from '../scripts/project.mjs';
import { aimsOf } from './report/aims.ts';
import { BETTER_AUTH, startBetterAuth } from './target/better-auth.ts';
import { measureBusy } from './busy.ts';
import { startApolloFloor, startMongoFloor } from './floor/floors.ts';
import { buildName, machine, versionOf } from './report/machine.ts';
import { commandOf, optionsOf, type Options } from './options.ts';
import { startOtpql, targetOf } from './target/otpql.ts';
import { formatted, writePage } from './report/page.ts';
import { recordAll } from './floor/record.ts';
import { countCommands, type Recording } from './floor/recording.ts';
import { reportOf } from './report/report.ts';
import type { Results } from './report/results.ts';
import { runRounds } from './rounds.ts';
import { soak } from './soak.ts';
import type { Otpql } from './target/operations.ts';
import type { OperationName, Target } from './load/target.ts';
import { openWorkbench, type Workbench } from './target/workbench.ts';

async function main(): Promise<void> {
  const options = optionsOf(process.argv.slice(2));
  await ensureBuild();
  const when = { date: new Date().toISOString().slice(0, 10), command: commandOf(options), machine: machine() };
  const workbench = await openWorkbench();
  try {
    console.log('recording the commands of each operation…');
    const recordings = await recordAll(workbench, options.operations);
    const otpql = await startOtpql(workbench, { database: 'otpql', root });
    const targets = [targetOf(otpql, 'otpql', 'otpql'), ...(await startOthers(workbench, options, recordings))];
    const software = await softwareOf(otpql, options);
    const measured = await measureAll(workbench, options, targets);
    const commands = Object.fromEntries([...recordings].map(([name, recording]) => [name, countCommands(recording)]));
    await publish({ ...when, software, callers: options.callers, commands, ...measured }, options);
  } finally {
    await workbench.stop();
  }
}

async function startOthers(
  workbench: Workbench,
  { against, compare }: Options,
  recordings: ReadonlyMap<OperationName, Recording>,
): Promise<Target[]> {
  const others: Target[] = [];
  if (against) {
    const otpql = await startOtpql(workbench, { database: 'against', root: against });
    others.push(targetOf(otpql, 'against', `otpql ${buildName(against)}`));
  }
  if (compare) {
    others.push(await startBetterAuth(workbench, 'off'));
    others.push(await startBetterAuth(workbench, 'database'));
  }
  return [...others, await startMongoFloor(workbench, recordings), await startApolloFloor(workbench)];
}

async function softwareOf({ db }: Otpql, { compare }: Options): Promise<string> {
  const { version } = await db.command({ buildInfo: 1 });
  const others = compare ? [`better-auth ${versionOf(BETTER_AUTH, 'better-auth')}`] : [];
  return [`otpql ${buildName(root)}`, `Node ${process.versions.node}`, `MongoDB ${version}`, ...others].join(', ');
}

async function measureAll(
  { mongod }: Workbench,
  options: Options,
  targets: readonly Target[],
): Promise<Pick<Results, 'rows' | 'busy' | 'soak'>> {
  const rows = await runRounds(targets, options.operations, mongod.pid, options, console.log);
  const [otpql] = targets as [Target, ...Target[]];
  if (!options.only) console.log('me, while registrations are at their limit');
  const busy = options.only ? null : await measureBusy(otpql, options);
  if (options.soak > 0) console.log(`${options.soak} minutes of work`);
  return { rows, busy, soak: options.soak > 0 ? await soak(otpql, options.soak, options.callers) : null };
}

async function publish(results: Results, { json, write }: Options): Promise<void> {
  const report = reportOf(results);
  console.log(`\n${await formatted(report)}`);
  if (json) writeFileSync(json, `${JSON.stringify({ ...results, aims: aimsOf(results) }, null, 2)}\n`);
  if (write) await writePage(report);
}

await run(main);
