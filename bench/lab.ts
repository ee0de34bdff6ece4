import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import mongoose, { type mongo } from 'mongoose';
import { createEmulator, type Emulator } from '../emulator/server.ts';
import { ensureBuild } from '../scripts/build.mjs';
import { guard } from '../scripts/process/guard.mjs';
import { startMongod } from '../scripts/mongod/mongod.mjs';
import { choosePort } from '../scripts/process/port.mjs';
import { root } from '../scripts/project.mjs';
import { ENVIRONMENT } from '../src/config/environment.ts';
import type { InboxMessage } from '../src/local/inbox.ts';

const START_MS = 60_000;
const POLL_MS = 50;

/** The built server in a process of its own, on a mongod and data of its own, all on 127.0.0.1. */
export interface Lab {
  readonly url: string;
  readonly mongodbUri: string;
  readonly db: mongo.Db;
  /** What reads `/metrics`. */
  readonly metricsToken: string;
  /** Null with the local engine. */
  readonly emulator: Emulator | null;
  /** The newest code that arrived at a destination. */
  codeFor(to: string): Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts everything. Nothing of it outlives this process, and `stop` leaves no file behind.
 * @param options.twilio codes by the Twilio emulator in place of the local engine
 * @throws Error when the server does not come up
 */
export async function startLab(options: { twilio: boolean }): Promise<Lab> {
  await ensureBuild();
  const folder = mkdtempSync(join(tmpdir(), 'otpql-bench-'));
  const endings: (() => Promise<unknown> | void)[] = [() => rmSync(folder, { recursive: true, force: true })];
  let stopping: Promise<void> | undefined;
  const stop = () => (stopping ??= endAll(endings));
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void stop().then(() => process.exit(130)));
  try {
    const mongod = await startMongod({ dbPath: join(folder, 'mongo'), log: console.log });
    endings.push(() => mongod.stop());
    const emulator = options.twilio ? createEmulator(EMULATED) : null;
    if (emulator) endings.push(() => emulator.close());
    const provider = emulator ? await emulated(emulator) : { OTP_PROVIDER: 'local' };
    const metricsToken = randomBytes(32).toString('hex');
    const set = { MONGODB_URI: mongod.uri, DATA_DIR: folder, METRICS_TOKEN: metricsToken, ...provider };
    const { url, end } = await startServer(set, folder);
    endings.push(end);
    const connection = await mongoose.createConnection(mongod.uri).asPromise();
    endings.push(() => connection.close());
    const codeFor = async (to: string) =>
      emulator ? newest(emulator.control.messages(to)) : newest(await inboxOf(url, to));
    return { url, mongodbUri: mongod.uri, db: connection.db!, metricsToken, emulator, codeFor, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function endAll(endings: (() => Promise<unknown> | void)[]): Promise<void> {
  for (const end of endings.reverse()) await end();
}

async function startServer(set: Record<string, string>, folder: string) {
  const port = await choosePort();
  const url = `http://127.0.0.1:${port}`;
  // Nothing of an operator's settings: a variable that is there but empty counts as unset, also against a .env file.
  const ours = Object.fromEntries(Object.keys(ENVIRONMENT.shape).map((name) => [name, '']));
  const env = { ...process.env, ...ours, ...SETTINGS, PORT: String(port), PUBLIC_URL: url, ...set };
  const main = join(root, 'dist', 'main.js');
  const child = spawn(process.execPath, [main], { cwd: folder, env, stdio: ['ignore', 'ignore', 'inherit'] });
  const release = guard(child.pid!);
  const end = async () => {
    await ended(child);
    release();
  };
  try {
    await listening(child, url);
  } catch (error) {
    await end();
    throw error;
  }
  return { url, end };
}

/** Every client address of the programs is its own client, and no limit stands in the way of many tries. */
const SETTINGS = {
  NODE_ENV: 'test',
  HOST: '127.0.0.1',
  TRUST_PROXY: '1',
  RATE_LIMIT_SCALE: '1000000',
  LOG_LEVEL: 'error',
  PASSWORD_RESET_METHODS: 'otp,email_link',
};

async function listening(child: ChildProcess, url: string): Promise<void> {
  const giveUpAt = performance.now() + START_MS;
  while (!(await fetch(`${url}/readyz`).catch(() => null))?.ok) {
    if (child.exitCode !== null) throw new Error('the server ended instead of listening');
    if (performance.now() > giveUpAt) throw new Error('the server does not come up');
    await sleep(POLL_MS);
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await exit;
}

/** An account that exists here only. */
const EMULATED = {
  accountSid: `AC${'1'.repeat(32)}`,
  authToken: 'emulated-auth-token',
  services: ['1', '2', '3'].map((digit) => ({ sid: `VA${digit.repeat(32)}` })),
};

async function emulated(emulator: Emulator): Promise<Record<string, string>> {
  const [first, account, transaction] = EMULATED.services.map(({ sid }) => sid) as [string, string, string];
  return {
    OTP_PROVIDER: 'twilio',
    TWILIO_API_BASE_URL: await emulator.listen(),
    TWILIO_ACCOUNT_SID: EMULATED.accountSid,
    TWILIO_AUTH_TOKEN: EMULATED.authToken,
    TWILIO_VERIFY_SERVICE_SID: first,
    TWILIO_VERIFY_SERVICE_SID_ACCOUNT: account,
    TWILIO_VERIFY_SERVICE_SID_TRANSACTION: transaction,
  };
}

async function inboxOf(url: string, to: string): Promise<InboxMessage[]> {
  const response = await fetch(`${url}/dev/inbox.json?to=${encodeURIComponent(to)}`);
  return (await response.json()) as InboxMessage[];
}

function newest(messages: readonly { readonly code: string }[]): string {
  if (!messages[0]) throw new Error('no code has arrived');
  return messages[0].code;
}
