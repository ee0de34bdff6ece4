import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { guard } from './guard.mjs';

const POSIX = process.platform !== 'win32';
const SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/** A Ctrl+C arrives more than once: from the terminal, and again from npm, which passes on its own. */
const SAME_SIGNAL_MS = 1_000;

/**
 * Runs a program in the foreground until it ends. The first signal is passed on once, for it to end in its own time;
 * one that comes later, from somebody who has lost patience, kills it and all that it started.
 *
 * It runs in a process group of its own: in the terminal's, it would get each Ctrl+C beside the one passed on.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, toGroup?: boolean, input?: 'ignore' | 'inherit' }} [options]
 *   toGroup passes a signal on to all that the program started, for programs that do not do so themselves
 * @returns {{ exited: Promise<number>, end(signal: NodeJS.Signals): void }} its exit code, 128 + number for a signal
 */
export function runInForeground(command, args, { cwd, env, toGroup = false, input = 'ignore' } = {}) {
  const child = spawn(command, args, { cwd, env, detached: POSIX, stdio: [input, 'inherit', 'inherit'] });
  const pid = child.pid ?? 0;
  const group = POSIX ? -pid : pid;
  const release = pid ? guard(group) : () => {};
  let endedAt = 0;

  const end = (/** @type {NodeJS.Signals} */ signal) => {
    if (endedAt === 0) {
      endedAt = Date.now();
      send(toGroup ? group : pid, signal === 'SIGHUP' ? 'SIGTERM' : signal);
    } else if (Date.now() - endedAt > SAME_SIGNAL_MS) {
      send(group, 'SIGKILL');
    }
  };
  for (const signal of SIGNALS) process.on(signal, end);

  /** @type {Promise<number>} */
  const exited = new Promise((resolve) => {
    child.once('error', (error) => {
      console.error(`${command} could not be run: ${error.message}`);
      resolve(1);
    });
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
  return { exited: exited.finally(release), end };
}

/**
 * @param {number} pid negative for a process group
 * @param {NodeJS.Signals} signal
 */
function send(pid, signal) {
  try {
    if (pid !== 0) process.kill(pid, signal);
  } catch {
    // It ended in the meantime.
  }
}
