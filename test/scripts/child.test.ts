import { afterEach, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const childModule = fileURLToPath(new URL('../../scripts/process/child.mjs', import.meta.url));

/** Takes a moment to end after its first signal, as a server that finishes its requests does. */
const program = `
  process.on('SIGINT', () => { console.log('got SIGINT'); setTimeout(() => process.exit(7), 1500); });
  console.log('pid ' + process.pid);
  setInterval(() => {}, 1000);
`;
const launcher = `
  import { runInForeground } from ${JSON.stringify(childModule)};
  process.exitCode = await runInForeground(process.execPath, ['-e', ${JSON.stringify(program)}]).exited;
`;

let parent: ChildProcess | undefined;
afterEach(() => {
  parent?.kill('SIGKILL');
});

async function launch(): Promise<{ lines: string[]; pid: number; exit: Promise<unknown[]> }> {
  parent = spawn(process.execPath, ['--input-type=module', '-e', launcher], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(parent, 'exit');
  const lines: string[] = [];
  createInterface({ input: parent.stdout! }).on('line', (line) => lines.push(line));
  while (lines.length === 0) await sleep(20);
  return { lines, pid: Number(lines[0]?.split(' ')[1]), exit };
}

test('signals that arrive together reach the program once, and its exit code is the result', async () => {
  const { lines, exit } = await launch();
  parent?.kill('SIGINT');
  await sleep(200);
  parent?.kill('SIGINT');
  expect(await exit).toEqual([7, null]);
  expect(lines.slice(1)).toEqual(['got SIGINT']);
});

test('a later signal ends the program at once', async () => {
  const { pid, exit } = await launch();
  parent?.kill('SIGINT');
  await sleep(1_200);
  parent?.kill('SIGINT');
  expect(await exit).toEqual([137, null]);
  expect(isAlive(pid)).toBe(false);
});

test('the program does not outlive a launcher that was killed', async () => {
  const { pid } = await launch();
  parent?.kill('SIGKILL');
  const deadline = Date.now() + 10_000;
  while (isAlive(pid) && Date.now() < deadline) await sleep(50);
  expect(isAlive(pid)).toBe(false);
});

function isAlive(pid: number): boolean {
  try {
    // Nobody may have asked for an orphan's exit code yet.
    if (existsSync('/proc/self/stat')) return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
