// npm run install-chromium: the browser that the browser tests need. Apart from `npm test`, which installs nothing into
// the system.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findChromium, HOW_TO_GET_CHROMIUM } from './chromium.mjs';
import { run, say, Stop } from './project.mjs';

await run(async () => {
  const there = findChromium();
  if (there) return say(`The browser tests use ${there}.`);
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    say('Installing Chromium for the browser tests (this can take a minute)…');
    await aptInstall('chromium');
  }
  const installed = findChromium();
  if (!installed) throw new Stop(`Chromium could not be installed: ${HOW_TO_GET_CHROMIUM}.`);
  say(`The browser tests use ${installed}.`);
});

/** @param {string} name */
async function aptInstall(name) {
  const install = ['install', '-y', '-qq', '--no-install-recommends', name];
  if (await apt(install)) return;
  // The list of packages may be missing or out of date.
  if (await apt(['update', '-qq'])) await apt(install);
}

/**
 * @param {string[]} args
 * @returns {Promise<boolean>} whether it succeeded
 */
function apt(args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const child = spawn('apt-get', args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  return new Promise((resolve) => {
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
}
