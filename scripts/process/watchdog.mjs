// Run by guard.mjs, in a process group of its own. Ends the guarded processes when the process that started them is
// gone without having done so, even by kill -9: the closed channel is the one sign of that which cannot be missed.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const GRACE_MS = 15_000;

/** The first comes as an argument: a message to a process that is still starting is lost if its sender ends then. */
const guarded = new Set(process.argv.slice(2).map(Number));

// Lets a test run wait for its watchdogs before it removes the folders that the guarded processes write to.
const folder = process.env['OTPQL_WATCHDOG_DIR'];
const sign = folder ? join(folder, String(process.pid)) : undefined;
if (folder && sign) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(sign, '');
}

process.on('message', (/** @type {{ guard: number } | { release: number }} */ message) => {
  if ('guard' in message) guarded.add(message.guard);
  else guarded.delete(message.release);
});

process.on('disconnect', () => void endAll());
if (!process.connected) await endAll();

async function endAll() {
  // The youngest first: a server before the database that it still needs to finish its requests.
  for (const pid of [...guarded].reverse()) await end(pid);
  if (sign) rmSync(sign, { force: true });
  process.exit();
}

/** @param {number} pid negative for a process group */
async function end(pid) {
  send(pid, 'SIGTERM');
  for (const deadline = Date.now() + GRACE_MS; Date.now() < deadline; await sleep(50)) {
    if (hasEnded(Math.abs(pid))) break;
  }
  // Also what a group's first process left behind.
  send(pid, 'SIGKILL');
}

/** @param {number} pid */
function hasEnded(pid) {
  if (!send(pid, 0)) return true;
  try {
    // An orphan that has ended keeps its id for as long as nobody asks for its exit code, as in many containers.
    return / [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\)/s, ''));
  } catch {
    return false;
  }
}

/**
 * @param {number} pid negative for a process group
 * @param {NodeJS.Signals | 0} signal
 * @returns {boolean} whether there was anyone to get it
 */
function send(pid, signal) {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
