import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem, type as osType } from 'node:os';
import { join } from 'node:path';

/** The machine, in half a line, and how busy it has been in the last minute: on a busy one the figures mean little. */
export function machine(): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  const cpu = cpus()[0]?.model.trim() ?? 'unknown CPU';
  const system = `${osType()} ${release().split('-')[0]}`;
  return `${cpu}, ${availableParallelism()} cores, ${memory} GiB, ${system}, load average ${loadavg()[0]!.toFixed(1)} before`;
}

/** What a checkout is called: its commit, else its version. */
export function buildName(root: string): string {
  try {
    return execFileSync('git', ['-C', root, 'rev-parse', '--short', 'HEAD'], {
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim();
  } catch {
    return (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;
  }
}

/** The version of a package that is installed in a folder. */
export function versionOf(folder: string, name: string): string {
  const path = join(folder, 'node_modules', name, 'package.json');
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}
