import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { guard } from './process/guard.mjs';
import { isEntryPoint, root, run, say, Stop } from './project.mjs';

const MINIMUM = /** @type {const} */ ([20, 19]);

/**
 * Installs the locked dependencies, only if they are missing or older than the lockfile.
 * With everything in place it touches no network.
 * @param {string} [folder] the project, or a test's copy of it
 */
export async function ensureDependencies(folder = root) {
  checkNode(process.versions.node);
  const lockfile = join(folder, 'package-lock.json');
  const stamp = join(folder, 'node_modules', '.otpql-lock-hash');
  const hash = createHash('sha256').update(readFileSync(lockfile)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash && existsSync(installed(folder))) return;
  if (!isUpToDate(lockfile, installed(folder))) {
    say('Installing dependencies (this can take a minute)…');
    const code = await npmCi(folder);
    if (code !== 0) {
      throw new Stop('Installing dependencies failed (see above): check the network and npm settings, then try again.');
    }
  }
  try {
    writeFileSync(stamp, hash);
  } catch {
    // A read-only node_modules works as well; it only costs this check the next time.
  }
}

/**
 * Refuses a Node that is too old before its missing features cause stranger errors.
 * @param {string} version
 */
export function checkNode(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > MINIMUM[0] || (major === MINIMUM[0] && minor >= MINIMUM[1])) return;
  throw new Stop(`otpql needs Node ${MINIMUM.join('.')} or newer; this is Node ${version}. Install a current Node.`);
}

/** @param {string} folder */
function installed(folder) {
  return join(folder, 'node_modules', '.package-lock.json');
}

/**
 * npm writes node_modules/.package-lock.json last, so a newer one means that npm finished after the lockfile changed.
 * @param {string} lockfile
 * @param {string} hiddenLockfile
 */
function isUpToDate(lockfile, hiddenLockfile) {
  return existsSync(hiddenLockfile) && statSync(hiddenLockfile).mtimeMs >= statSync(lockfile).mtimeMs;
}

/**
 * @param {string} folder
 * @returns {Promise<number | null>}
 */
function npmCi(folder) {
  // The tools that build and test are needed even where NODE_ENV or npm's settings would leave them out.
  const args = ['ci', '--no-audit', '--no-fund', '--include=dev', '--loglevel=error'];
  // npm_execpath is the npm that runs us; another package manager would not read package-lock.json.
  const npm = process.env['npm_execpath'];
  const viaNode = npm !== undefined && /npm-cli\.[cm]?js$/.test(npm);
  const child = viaNode
    ? spawn(process.execPath, [npm, ...args], { cwd: folder, stdio: 'inherit' })
    : spawn('npm', args, { cwd: folder, stdio: 'inherit', shell: process.platform === 'win32' });
  // npm finishes its installation even when the command that asked for it was interrupted.
  const release = child.pid ? guard(child.pid) : () => {};
  child.once('exit', release);
  return new Promise((resolve) => {
    child.once('error', (error) => {
      console.error(`npm could not be run: ${error.message}`);
      resolve(null);
    });
    child.once('exit', resolve);
  });
}

if (isEntryPoint(import.meta.url)) await run(() => ensureDependencies());
