import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../scripts/project.mjs';

const execute = promisify(execFile);
const PIPS = [['python3', '-m', 'pip'], ['pip3'], ['pip']] as const;

/**
 * A folder for PYTHONPATH with this requirement in it, by pip as it is configured on this machine. It stays in the
 * project's cache, so that later runs need no network. No venv: a bare Debian has none.
 * @throws Error that says what to do, where Python, pip or the package cannot be had
 */
export async function pythonPackages(requirement: string): Promise<string> {
  const cache = join(root, '.cache');
  const { stdout } = await execute('python3', ['-c', 'import sys; print(sys.implementation.cache_tag)']);
  const target = join(cache, `${requirement.replace(/\W+/g, '-')}-${stdout.trim()}`);
  if (existsSync(target)) return target;
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'pip-'));
  try {
    await install(requirement, work);
    renameSync(work, target);
    return target;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function install(requirement: string, folder: string): Promise<void> {
  const failures: string[] = [];
  for (const [command, ...first] of PIPS) {
    const args = [...first, 'install', '--quiet', '--no-input', '--only-binary=:all:', '--target', folder, requirement];
    try {
      await execute(command, args);
      return;
    } catch (error) {
      failures.push((error as Error).message);
    }
  }
  throw new Error(`This test needs python3 with pip, and ${requirement} from a package index:\n${failures.join('\n')}`);
}
