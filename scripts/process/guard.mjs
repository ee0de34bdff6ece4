import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** @type {import('node:child_process').ChildProcess | undefined} */
let watchdog;

/**
 * Makes sure that a child process does not outlive this one, however this one ends.
 * @param {number} pid the child's, or the negative id of its process group
 * @returns {() => void} to be called once the child has ended
 */
export function guard(pid) {
  if (watchdog?.connected) watchdog.send({ guard: pid });
  else watchdog = startWatchdog(pid);
  const mine = watchdog;
  return () => {
    if (mine.connected) mine.send({ release: pid });
  };
}

/** @param {number} pid */
function startWatchdog(pid) {
  const script = fileURLToPath(new URL('./watchdog.mjs', import.meta.url));
  // Detached, so that a Ctrl+C in the terminal does not end it together with what it looks after.
  const child = fork(script, [String(pid)], {
    detached: true,
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  // It waits for us; we must not wait for it.
  child.unref();
  child.channel?.unref();
  child.on('error', () => {});
  return child;
}
