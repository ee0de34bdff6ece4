import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { guard } from '../../scripts/process/guard.mjs';
import { choosePort } from '../../scripts/process/port.mjs';
import type { Workbench } from './workbench.ts';

const START_MS = 60_000;
const POLL_MS = 50;

/** A server in a process of its own, on 127.0.0.1. */
export interface ServerProcess {
  readonly url: string;
  readonly pid: number;
  end(): Promise<void>;
}

/**
 * Runs a Node program that serves the port in `PORT`, and waits until its `/readyz` answers. The workbench ends it.
 * @param program.script what Node runs
 * @param program.folder where it runs
 * @param program.environment beside this process's own, `PORT` and `PUBLIC_URL`
 * @throws Error when it does not come up
 */
export async function startServer(
  workbench: Workbench,
  program: { readonly script: string; readonly folder: string; readonly environment: Readonly<Record<string, string>> },
): Promise<ServerProcess> {
  const port = await choosePort();
  const url = `http://127.0.0.1:${port}`;
  const env = { ...process.env, ...program.environment, PORT: String(port), PUBLIC_URL: url };
  // Programs in TypeScript need the loader that this process was started with; built ones must not be measured with it.
  const loader = program.script.endsWith('.ts') ? process.execArgv : [];
  const child = spawn(process.execPath, [...loader, program.script], {
    cwd: program.folder,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const release = guard(child.pid!);
  let ending: Promise<void> | undefined;
  const end = () => (ending ??= ended(child).then(release));
  workbench.onEnd(end);
  await listening(child, url, program.script);
  return { url, pid: child.pid!, end };
}

async function listening(child: ChildProcess, url: string, script: string): Promise<void> {
  const giveUpAt = performance.now() + START_MS;
  while (!(await fetch(`${url}/readyz`).catch(() => null))?.ok) {
    if (child.exitCode !== null) throw new Error(`${script} ended instead of listening`);
    if (performance.now() > giveUpAt) throw new Error(`${script} does not come up`);
    await sleep(POLL_MS);
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await exit;
}
