import { statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Stop } from './project.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const MAC = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';

/** How to get one, continuing a line that tells that there is none. */
export const HOW_TO_GET_CHROMIUM =
  'run `npm run install-chromium` (Debian, as root), install Chromium or Chrome otherwise, or set OTPQL_CHROMIUM to one';

/**
 * The browser for the browser tests: OTPQL_CHROMIUM, or an installed Chromium or Chrome.
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {string | undefined} its path
 * @throws Stop when OTPQL_CHROMIUM names no file
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

/** @param {string} path */
function isFile(path) {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
