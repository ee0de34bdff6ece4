import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Stop } from '../project.mjs';

/** @typedef {{ command(command: Record<string, unknown>): Promise<Record<string, unknown>> }} Admin */
/** @typedef {{ version: number, members: { host: string }[] }} Config */

const READY_MS = 60_000;
const NAME = 'otpql';

/**
 * Waits for the mongod on this port and makes it the primary of its one-node replica set: initiates the set on a new
 * data folder, and moves its configuration where the port has changed.
 * @param {number} port
 * @param {number} pid the mongod that should be listening there
 * @param {AbortSignal} signal ends the wait: that mongod is gone
 */
export async function becomePrimary(port, pid, signal) {
  const deadline = Date.now() + READY_MS;
  // Polled first: the driver would wait half a second after each refused connection.
  while (!(await isListening(port))) await pause(deadline, signal);
  const { default: mongoose } = await import('mongoose');
  const client = new mongoose.mongo.MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`);
  signal.addEventListener('abort', () => void client.close());
  try {
    const admin = /** @type {Admin} */ (client.db('admin'));
    // A stranger may have taken the port in the meantime, and its replica set is none of our business.
    const status = await admin.command({ serverStatus: 1 });
    if (Number(status['pid']) !== pid) throw new Stop(`Another MongoDB took port ${port}: start again.`);
    while (!(await isPrimary(admin, `127.0.0.1:${port}`))) await pause(deadline, signal);
  } finally {
    await client.close();
  }
}

/**
 * @param {Admin} admin
 * @param {string} host
 * @returns {Promise<boolean>} when not: a step in that direction has been made
 */
async function isPrimary(admin, host) {
  try {
    if ((await admin.command({ hello: 1 }))['isWritablePrimary']) return true;
    await configure(admin, host);
  } catch (error) {
    // A node that changes its role closes its connections, the one that asked for the change included.
    if (!(error instanceof Error && error.name === 'MongoNetworkError')) throw error;
  }
  return false;
}

/**
 * @param {Admin} admin
 * @param {string} host
 */
async function configure(admin, host) {
  const config = await currentConfig(admin);
  if (config === null) {
    const members = [{ _id: 0, host }];
    // "Already initialized": the configuration was still being read from disk a moment ago.
    await tolerate('AlreadyInitialized', admin.command({ replSetInitiate: { _id: NAME, members } }));
  } else if (config.members[0]?.host !== host) {
    // Without this a set that was stored under another port finds itself in no configuration and never elects anyone.
    const members = [{ ...config.members[0], host }];
    await admin.command({ replSetReconfig: { ...config, version: config.version + 1, members }, force: true });
  }
}

/**
 * @param {Admin} admin
 * @returns {Promise<Config | null>} null where there is none yet
 */
async function currentConfig(admin) {
  const answer = await tolerate('NotYetInitialized', admin.command({ replSetGetConfig: 1 }));
  return answer && /** @type {Config} */ (answer['config']);
}

/**
 * @template T
 * @param {string} codeName
 * @param {Promise<T>} answer
 * @returns {Promise<T | null>} null in place of this one error
 */
async function tolerate(codeName, answer) {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Error && 'codeName' in error && error.codeName === codeName) return null;
    throw error;
  }
}

/**
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function isListening(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/**
 * @param {number} deadline
 * @param {AbortSignal} signal
 */
async function pause(deadline, signal) {
  signal.throwIfAborted();
  if (Date.now() > deadline) throw new Stop('MongoDB is not ready after a minute: see its log beside the data folder.');
  await sleep(25);
}
