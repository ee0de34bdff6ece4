// Run after `npm install` changed package-lock.json, where the registry in use does not offer every platform's build of
// an optional package. npm leaves those out of the lockfile, and then its own `npm ci` refuses that lockfile on every
// machine. Their versions are pinned exactly by the package that wants them, so the entries can be written down here.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isEntryPoint, root, run, say } from './project.mjs';

/**
 * @typedef {{ version: string, dev?: boolean, optional?: boolean, os?: string[], cpu?: string[], libc?: string[],
 *   optionalDependencies?: Record<string, string> }} Entry
 * @typedef {{ packages: Record<string, Entry> }} Lockfile
 */

const NAME =
  /-(darwin|linux|win32|android|freebsd|openharmony)-(x64|arm64|arm|ia32|ppc64|riscv64|s390x|loong64)(?:-(\w+))?$/;

/**
 * Adds the optional packages for other platforms that are missing.
 * @param {Lockfile} lockfile changed in place
 * @returns {string[]} the names that were added
 */
export function completeLockfile(lockfile) {
  const added = [];
  for (const { optionalDependencies = {}, dev } of Object.values(lockfile.packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      const path = `node_modules/${name}`;
      const [, os, cpu, abi] = NAME.exec(name) ?? [];
      if (lockfile.packages[path] || !os || !cpu || !/^\d/.test(version)) continue;
      const libc = os !== 'linux' ? undefined : abi?.startsWith('musl') ? ['musl'] : ['glibc'];
      lockfile.packages[path] = {
        version,
        cpu: [cpu],
        ...(dev && { dev }),
        ...(libc && { libc }),
        optional: true,
        os: [os],
      };
      added.push(name);
    }
  }
  lockfile.packages = Object.fromEntries(Object.entries(lockfile.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
  return added;
}

if (isEntryPoint(import.meta.url)) {
  await run(async () => {
    const path = join(root, 'package-lock.json');
    /** @type {unknown} */
    const parsed = JSON.parse(readFileSync(path, 'utf8'));
    const lockfile = /** @type {Lockfile} */ (parsed);
    const added = completeLockfile(lockfile);
    if (added.length > 0) writeFileSync(path, `${JSON.stringify(lockfile, null, 2)}\n`);
    say(added.length > 0 ? `Added to package-lock.json: ${added.join(', ')}` : 'package-lock.json is complete.');
  });
}
