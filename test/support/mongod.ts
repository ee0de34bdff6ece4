import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startMongod } from '../../scripts/mongod/mongod.mjs';

export interface OwnMongod {
  readonly uri: string;
  readonly port: number;
  readonly pid: number;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
  /** Ends it cleanly. */
  stop(): Promise<void>;
  /** Starts it again on the same port and data. */
  start(): Promise<void>;
  /** Ends it and removes its data. */
  dispose(): Promise<void>;
}

/** A mongod of a test's own, to be killed and started again while the code under test uses it. */
export async function ownMongod(): Promise<OwnMongod> {
  const folder = mkdtempSync(join(tmpdir(), 'otpql-own-mongo-'));
  const dbPath = join(folder, 'data');
  let mongod = await startMongod({ dbPath, log: console.log });
  const { uri, port } = mongod;
  return {
    uri,
    port,
    get pid() {
      return mongod.pid;
    },
    kill: () => mongod.kill(),
    stop: () => mongod.stop(),
    async start() {
      mongod = await startMongod({ dbPath, log: console.log, preferredPort: port });
      if (mongod.port !== port) throw new Error(`port ${port} was taken while this mongod was down`);
    },
    async dispose() {
      await mongod.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
