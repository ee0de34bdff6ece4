import { setTimeout as sleep } from 'node:timers/promises';
import { load, type Load, type Source } from './load.ts';
import type { Target } from './target.ts';
import { cpuMsOf, forgetPeak, peakMbOf } from './usage.ts';

/** What some calls leave behind their answer is done by then, and counted; the next target starts undisturbed. */
const SETTLE_MS = 300;

/** What was measured in one go. CPU times are of one call, in milliseconds; NaN is what this system cannot tell. */
export interface Figures extends Load {
  readonly serverCpuMs: number;
  readonly mongodCpuMs: number;
  readonly generatorCpuMs: number;
  /** The most memory that the server had resident meanwhile, in MiB. */
  readonly peakMb: number;
}

/**
 * Puts a target under load and measures what that costs.
 * @param mongodPid the database that it uses
 * @throws Error at the first answer that is an error
 */
export async function measure(
  { client, pid }: Pick<Target, 'client' | 'pid'>,
  source: Source,
  mongodPid: number,
  limits: { readonly callers: number; readonly seconds: number },
): Promise<Figures> {
  const cpu = () => [cpuMsOf(pid), cpuMsOf(mongodPid)] as const;
  forgetPeak(pid);
  const [server, mongod] = cpu();
  const generator = process.cpuUsage();
  const loaded = await load(client, source, limits);
  const { user, system } = process.cpuUsage(generator);
  await sleep(SETTLE_MS);
  const [serverAfter, mongodAfter] = cpu();
  return {
    ...loaded,
    serverCpuMs: (serverAfter - server) / loaded.calls,
    mongodCpuMs: (mongodAfter - mongod) / loaded.calls,
    generatorCpuMs: (user + system) / 1000 / loaded.calls,
    peakMb: peakMbOf(pid),
  };
}
