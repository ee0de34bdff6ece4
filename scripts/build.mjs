import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isEntryPoint, root, run, say, Stop } from './project.mjs';

const STAMP = join(root, 'dist', '.built-from');
const MAIN = join(root, 'dist', 'main.js');

/**
 * Compiles src into dist, unless dist was made from exactly these sources.
 * Contents are compared, not times: a checkout of an older commit is newer on disk.
 */
export async function ensureBuild() {
  const sources = hashSources();
  if (existsSync(MAIN) && existsSync(STAMP) && readFileSync(STAMP, 'utf8') === sources) return;
  say('Building…');
  const compiler = join(root, 'node_modules', '@typescript', 'native', 'bin', 'tsc');
  const args = [compiler, '-p', join(root, 'tsconfig.build.json')];
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
  /** @type {number | null} */
  const code = await new Promise((resolve) => child.once('exit', resolve));
  if (code !== 0) throw new Stop('Building failed: put the errors above right, then try again.');
  writeFileSync(STAMP, sources);
}

function hashSources() {
  const hash = createHash('sha256');
  const files = ['package.json', 'package-lock.json'];
  files.push(...readdirSync(root).filter((name) => /^tsconfig.*\.json$/.test(name)));
  for (const entry of readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) files.push(join(entry.parentPath, entry.name).slice(root.length));
  }
  for (const file of files.sort())
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0');
  return hash.digest('hex');
}

if (isEntryPoint(import.meta.url)) await run(ensureBuild);
