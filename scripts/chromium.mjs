import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Stop } from './project.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const MAC = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';

/**
 * The browser for the browser tests: OTPQL_CHROMIUM, or an installed Chromium or Chrome.
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {string | undefined}
 */
export function findChromium(env = process.env) {
  const named = env['OTPQL_CHROMIUM'];
  if (named) {
    if (isFile(named)) return named;
    throw new Stop(`OTPQL_CHROMIUM is ${named}, but there is no such file: correct the path, or unset it.`);
  }
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const found = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...found, MAC].find(isFile);
}

/**
 * Finds a browser, installing Debian's where this process may do so. Without one the browser tests are left out,
 * except in CI, which must not pass without them.
 * @param {(line: string) => void} log
 * @returns {Promise<string | undefined>}
 */
export async function ensureChromium(log) {
  const found = findChromium();
  if (found) return found;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    log('Installing Chromium for the browser tests (this can take a minute)…');
    await aptInstall('chromium');
  }
  const installed = findChromium();
  if (installed) return installed;
  const advice = 'install Chromium or Chrome, or set OTPQL_CHROMIUM to one';
  if (process.env['CI']) throw new Stop(`No browser for the browser tests: ${advice}.`);
  log(`The browser tests are left out: ${advice} to run them.`);
  return undefined;
}

/** @param {string} name */
async function aptInstall(name) {
  const install = ['install', '-y', '-qq', '--no-install-recommends', name];
  if (await apt(install)) return;
  // The list of packages may be missing or out of date.
  if (await apt(['update', '-qq'])) await apt(install);
}

/**
 * @param {string[]} args
 * @returns {Promise<boolean>}
 */
function apt(args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const child = spawn('apt-get', args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  return new Promise((resolve) => {
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
}

/** @param {string} path */
function isFile(path) {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
