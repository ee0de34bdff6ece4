import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isEntryPoint, root, run, say, Stop } from './project.mjs';

const COMPILER = join(root, 'node_modules', '@typescript', 'native', 'bin', 'tsc');

/**
 * Compiles src into dist, unless dist was made from exactly these sources.
 *
 * Contents decide, not times. `tsc --build` looks only into files that were modified after its last build, which an older
 * copy unpacked over newer sources was not; it does not look at what it wrote; and of a deleted source it leaves a program
 * that still runs. So this decides whether to compile, and the compiler, by its notes of the contents, what.
 * @param {string} [folder] the project, or a test's copy of it
 */
export async function ensureBuild(folder = root) {
  const dist = join(folder, 'dist');
  const stamp = join(dist, '.built-from');
  const sources = hashSources(folder);
  const isWhole = existsSync(stamp) && existsSync(join(dist, 'main.js'));
  if (isWhole && readFileSync(stamp, 'utf8') === sources) return;
  say('Building…');
  // What was deleted, or written by a build that was cut off, is not in the compiler's notes.
  if (!isWhole) rmSync(join(dist, '.tsbuildinfo'), { force: true });
  rmSync(stamp, { force: true });
  await compile(folder);
  removeOrphans(join(folder, 'src'), dist);
  writeFileSync(stamp, sources);
}

/** @param {string} folder */
async function compile(folder) {
  const child = spawn(process.execPath, [COMPILER, '-p', 'tsconfig.build.json'], { cwd: folder, stdio: 'inherit' });
  /** @type {number | null} */
  const code = await new Promise((resolve) => child.once('exit', resolve));
  if (code !== 0) throw new Stop('Building failed: put the errors above right, then try again.');
}

/**
 * @param {string} src
 * @param {string} dist
 */
function removeOrphans(src, dist) {
  for (const file of filesIn(dist)) {
    const [, name] = /^(.*)\.js(\.map)?$/.exec(file) ?? [];
    if (name !== undefined && !existsSync(join(src, `${name}.ts`))) rmSync(join(dist, file));
  }
}

/** @param {string} folder */
function hashSources(folder) {
  const hash = createHash('sha256');
  const settings = readdirSync(folder).filter((name) => /^(package(-lock)?|tsconfig.*)\.json$/.test(name));
  const sources = filesIn(join(folder, 'src')).map((file) => join('src', file));
  for (const file of [...settings, ...sources].sort())
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(folder, file)))
      .update('\0');
  return hash.digest('hex');
}

/**
 * @param {string} folder
 * @returns {string[]} paths in the folder
 */
function filesIn(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return entries.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

if (isEntryPoint(import.meta.url)) await run(() => ensureBuild());
