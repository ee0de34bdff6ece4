import { spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { reason } from '../project.mjs';

/** In the 7.0 series because it ships for every current Debian, Ubuntu, macOS and Windows, and opens 6.0 data. */
const VERSION = '7.0.28';

const FIRST_BYTE_MS = 20_000;
const STALLED_MS = 60_000;
const SAY_EVERY_MS = 3_000;

/**
 * Downloads MongoDB's own build with mongodb-memory-server-core, its checksum compared.
 *
 * That package waits and retries for minutes where its site cannot be reached and cannot be interrupted, so it works in
 * a process of its own that is ended when nothing arrives.
 * @param {string} cacheDir
 * @param {(line: string) => void} log
 * @returns {Promise<string>}
 */
export async function downloadFromMongoDb(cacheDir, log) {
  const version = process.env['MONGOMS_VERSION'] || VERSION;
  log(`Downloading MongoDB ${version}…`);
  await mkdir(cacheDir, { recursive: true });
  const work = await mkdtemp(join(cacheDir, 'tmp-'));
  try {
    const downloaded = await inWorker(work, version, log);
    const target = join(cacheDir, `mongod-${version}${process.platform === 'win32' ? '.exe' : ''}`);
    // Copied, since it may lie in another cache of that package; renamed, since another process may look meanwhile.
    await copyFile(downloaded, join(work, 'complete'));
    await rename(join(work, 'complete'), target);
    return target;
  } catch (error) {
    throw new Error(`MongoDB's download did not work: ${reason(error)}`, { cause: error });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * @param {string} folder
 * @param {string} version
 * @param {(line: string) => void} log
 * @returns {Promise<string>}
 */
function inWorker(folder, version, log) {
  const worker = fileURLToPath(new URL('./download-worker.mjs', import.meta.url));
  const env = {
    ...process.env,
    MONGOMS_DOWNLOAD_DIR: folder,
    MONGOMS_SYSTEM_BINARY: '',
    MONGOMS_MAX_RETRIES: '1',
    // The package checks the site's certificate only when this npm setting says "true".
    npm_config_strict_ssl: process.env['npm_config_strict_ssl'] ?? 'true',
  };
  const child = spawn(process.execPath, [worker, folder, version], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  return new Promise((resolve, reject) => {
    let error = '';
    let said = 0;
    const giveUp = () => {
      child.kill('SIGKILL');
      reject(new Error('no answer from the download site'));
    };
    let timer = setTimeout(giveUp, FIRST_BYTE_MS);
    child.stderr.on('data', (data) => (error += data));
    createInterface({ input: child.stdout }).on('line', (line) => {
      clearTimeout(timer);
      timer = setTimeout(giveUp, STALLED_MS);
      if (line.startsWith('=')) return resolve(line.slice(1));
      const progress = /(\d+)[\d.]*% \(([\d.]+)mb \/ ([\d.]+)mb\)/.exec(line);
      if (!progress || Date.now() - said < SAY_EVERY_MS) return;
      said = Date.now();
      log(`  ${progress[1]}% of ${progress[3]} MB`);
    });
    child.once('close', () => {
      clearTimeout(timer);
      reject(new Error(error.trim().split('\n').at(-1) || 'it ended without a file'));
    });
  });
}
