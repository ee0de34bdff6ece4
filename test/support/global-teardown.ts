import { rmSync } from 'node:fs';
import './global-setup.ts';

/** Ends the shared mongod and removes its data. */
export default async function globalTeardown(): Promise<void> {
  if (!globalThis.sharedMongod) return;
  const { mongod, folder } = globalThis.sharedMongod;
  await mongod.stop();
  rmSync(folder, { recursive: true, force: true });
}
