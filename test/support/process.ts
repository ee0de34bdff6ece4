import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureBuild } from '../../scripts/build.mjs';
import { guard } from '../../scripts/process/guard.mjs';
import { choosePort } from '../../scripts/process/port.mjs';
import { root } from '../../scripts/project.mjs';
import { ENVIRONMENT } from '../../src/config/environment.ts';
import type { InboxMessage } from '../../src/local/inbox.ts';

const POLL_MS = 25;

/** How a program ended. */
interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Program {
  readonly pid: number;
  /** All that it wrote so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly exited: Promise<Exit>;
  readonly isRunning: () => boolean;
  /** Sends a signal to the program itself. */
  readonly signal: (signal: NodeJS.Signals) => void;
  /** Sends a signal to it and to all that it started, as Ctrl+C in a terminal does. */
  readonly signalGroup: (signal: NodeJS.Signals) => void;
}

export interface ServerProcess extends Program {
  readonly url: string;
  readonly port: number;
}

/**
 * The environment of a program under test: nothing of an operator's settings, not from a `.env` file either, since a
 * variable that is there but empty counts as unset and is not read from the file.
 */
export function bareEnvironment(set: Record<string, string> = {}): NodeJS.ProcessEnv {
  const ours = Object.keys(ENVIRONMENT.shape).map((name) => [name, '']);
  return { ...process.env, ...Object.fromEntries(ours), ...set };
}

/** Starts a program in a process group of its own, which does not outlive the tests however they end. */
export function launch(
  command: string,
  args: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
): Program {
  const child = spawn(command, args, { ...options, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${command} could not be started`);
  const release = guard(-pid);
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const exited = new Promise<Exit>((resolve) => {
    // `close`, not `exit`: by then everything that it wrote has been read.
    child.once('close', (code, signal) => {
      release();
      resolve({ code, signal });
    });
  });
  return {
    pid,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    exited,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    signal: (signal) => void child.kill(signal),
    signalGroup: (signal) => void process.kill(-pid, signal),
  };
}

/** For NODE_OPTIONS: the clock of the program's machine is so far ahead. */
export function machineAhead(ms: number): string {
  return `--import=data:text/javascript,const%20now=Date.now;Date.now=()=>now()+(${ms})`;
}

/** Starts dist/main.js, built from the present sources, without waiting for anything. */
export async function launchBuilt(set: Record<string, string>, node = process.execPath): Promise<ServerProcess> {
  await ensureBuild();
  const port = Number(set['PORT'] ?? (await choosePort()));
  const folder = mkdtempSync(join(tmpdir(), 'otpql-process-'));
  const env = bareEnvironment({ HOST: '127.0.0.1', PORT: String(port), DATA_DIR: join(folder, 'data'), ...set });
  const program = launch(node, ['--enable-source-maps', join(root, 'dist', 'main.js')], { cwd: folder, env });
  void program.exited.then(() => rmSync(folder, { recursive: true, force: true }));
  return { ...program, port, url: `http://127.0.0.1:${port}` };
}

/** Starts dist/main.js and waits until it listens. */
export async function startBuilt(set: Record<string, string>, node?: string): Promise<ServerProcess> {
  const server = await launchBuilt(set, node);
  await listening(server, server.url);
  return server;
}

/** Waits until the server at this URL answers; fails with what the program said when it ends instead. */
export async function listening(program: Program, url: string): Promise<void> {
  await until(async () => {
    if (!program.isRunning()) {
      await program.exited;
      throw new Error(`it ended instead of listening:\n${program.stdout()}\n${program.stderr()}`);
    }
    return (await fetch(`${url}/healthz`).catch(() => null))?.ok === true;
  });
}

/** Waits until something that the outside decides has come true; the test's own time limit ends a wait in vain. */
export async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await sleep(POLL_MS);
}

/** Ends a program that a test started, whatever state the test left it in. */
export async function endProgram(program: Program | undefined): Promise<void> {
  if (!program) return;
  if (program.isRunning()) program.signalGroup('SIGKILL');
  await program.exited;
}

/** One GraphQL operation as a plain HTTP client sends it. */
export async function graphql(
  url: string,
  query: string,
  variables: object = {},
  token?: string,
): Promise<{ data: Record<string, Record<string, unknown> | null> | null; code: string | null; ms: number }> {
  const began = performance.now();
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query, variables }),
  });
  const { data = null, errors } = (await response.json()) as {
    data?: Record<string, Record<string, unknown> | null> | null;
    errors?: { extensions: { code: string } }[];
  };
  return { data, code: errors?.[0]?.extensions.code ?? null, ms: performance.now() - began };
}

export const SEND = 'mutation ($input: SendOtpInput!) { sendOtp(input: $input) { status } }';
export const VERIFY = 'mutation ($input: VerifyOtpInput!) { verifyOtp(input: $input) { valid } }';
export const REGISTER =
  'mutation ($input: RegisterWithOtpInput!) { registerWithOtp(input: $input) { token user { id } } }';
export const RESET =
  'mutation ($input: ResetPasswordWithOtpInput!) { resetPasswordWithOtp(input: $input) { sessionsRevoked } }';
export const ME = '{ me { email } }';

/** The newest code that "arrived" for a destination. */
export async function codeFor(url: string, to: string): Promise<string> {
  const response = await fetch(`${url}/dev/inbox.json?to=${encodeURIComponent(to)}`);
  const [newest] = (await response.json()) as InboxMessage[];
  if (!newest) throw new Error(`no code arrived for ${to}`);
  return newest.code;
}
