import { startMongod } from './mongod.mjs';
import { reason } from '../project.mjs';

const MOST_RESTARTS = 3;
const WITHIN_MS = 60_000;

/**
 * Runs a mongod and starts it again on its port when it dies, so that a server using it recovers by itself.
 * @param {{ dbPath: string, log: (line: string) => void }} options
 * @param {() => void} onGivingUp called when it cannot be kept running
 * @returns {Promise<{ uri: string, pid(): number, stop(): Promise<void> }>}
 */
export async function keepMongod({ dbPath, log }, onGivingUp) {
  let mongod = await startMongod({ dbPath, log });
  let stopping = false;
  /** @type {Promise<void>} */
  let restarting = Promise.resolve();
  /** @type {number[]} */
  const deaths = [];
  const { port } = mongod;

  const watch = () => {
    void mongod.exited.then(() => {
      if (!stopping) restarting = restart();
    });
  };

  const restart = async () => {
    deaths.push(Date.now());
    try {
      if (deaths.filter((at) => at > Date.now() - WITHIN_MS).length > MOST_RESTARTS) throw new Error('it keeps ending');
      log('MongoDB ended unexpectedly; starting it again…');
      const next = await startMongod({ dbPath, log, preferredPort: port });
      mongod = next;
      if (stopping) return;
      // The server knows the old port only.
      if (next.port !== port) throw new Error(`port ${port} was taken meanwhile`);
      log('MongoDB is running again.');
      watch();
    } catch (error) {
      log(`MongoDB cannot be kept running (${reason(error)}). Its log is ${dbPath}.log.`);
      onGivingUp();
    }
  };

  const stop = async () => {
    stopping = true;
    await restarting;
    await mongod.stop();
  };

  watch();
  return { uri: mongod.uri, pid: () => mongod.pid, stop };
}
