import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startMongod, type RunningMongod } from '../../scripts/mongod/mongod.mjs';

declare global {
  var sharedMongod: { mongod: RunningMongod; folder: string } | undefined;
}

/** Starts the one mongod that test files share, each on a database of its own, unless TEST_MONGODB_URI names another. */
export default async function globalSetup(): Promise<void> {
  if (process.env['TEST_MONGODB_URI']) return;
  const folder = mkdtempSync(join(tmpdir(), 'otpql-mongo-'));
  const mongod = await startMongod({ dbPath: join(folder, 'data'), log: console.log });
  globalThis.sharedMongod = { mongod, folder };
  process.env['TEST_MONGODB_URI'] = mongod.uri;
}
