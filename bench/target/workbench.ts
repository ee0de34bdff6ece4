import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startMongod } from '../../scripts/mongod/mongod.mjs';

type End = () => Promise<unknown> | void;

/** A mongod on data of its own, and whatever is started beside it. */
export interface Workbench {
  readonly mongod: { readonly pid: number; readonly port: number };
  /** Where a database of this mongod is reached. */
  uri(database: string): string;
  /** A new folder that is deleted in the end. */
  folder(name: string): string;
  /** Something to be ended before what was started earlier. */
  onEnd(end: End): void;
  /** Ends everything, and leaves no file behind. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts a mongod. Nothing of it outlives this process; Ctrl+C ends everything in order.
 * @throws Stop when no mongod can be found or started
 */
export async function openWorkbench(): Promise<Workbench> {
  const root = mkdtempSync(join(tmpdir(), 'otpql-bench-'));
  const endings: End[] = [() => rmSync(root, { recursive: true, force: true })];
  let stopping: Promise<void> | undefined;
  const stop = () => (stopping ??= endAll(endings));
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void stop().then(() => process.exit(130)));
  try {
    const { pid, port, stop: end } = await startMongod({ dbPath: join(root, 'mongo'), log: console.log });
    endings.push(end);
    return {
      mongod: { pid, port },
      uri: (database) => `mongodb://127.0.0.1:${port}/${database}?replicaSet=otpql`,
      folder: (name) => {
        const path = join(root, name);
        mkdirSync(path);
        return path;
      },
      onEnd: (end) => void endings.push(end),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function endAll(endings: End[]): Promise<void> {
  for (const end of endings.reverse()) await end();
}
