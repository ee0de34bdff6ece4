import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { findMongod } from './binary.mjs';
import { explainExit, isPortTaken } from './exit.mjs';
import { becomePrimary } from './replset.mjs';
import { guard } from '../process/guard.mjs';
import { choosePort } from '../process/port.mjs';

/**
 * @typedef {object} RunningMongod
 * @property {string} uri
 * @property {number} port
 * @property {number} pid
 * @property {Promise<void>} exited resolves when the process has ended, for whatever reason
 * @property {() => Promise<void>} stop ends it cleanly
 * @property {() => Promise<void>} kill ends it as a power cut would
 */

const STOP_MS = 20_000;
const LOG_BYTES = 5_000_000;

/**
 * Starts a one-node replica set named otpql on 127.0.0.1, on the data in `dbPath`, and waits until it can be written to.
 *
 * The port is remembered beside the data (`<dbPath>.port`): clients keep their URI, and the replica set's configuration
 * names it. The log is `<dbPath>.log`.
 *
 * It spawns mongod itself: mongodb-memory-server-core is made for throw-away servers, knows no forced reconfiguration,
 * and looks only every two seconds whether the process it should end with is still there.
 * @param {{ dbPath: string, log: (line: string) => void, preferredPort?: number, binary?: string }} options
 * @returns {Promise<RunningMongod>}
 */
export async function startMongod({ dbPath, log, preferredPort, binary }) {
  const mongod = binary ?? (await findMongod(log));
  mkdirSync(dbPath, { recursive: true });
  const wanted = preferredPort ?? rememberedPort(dbPath);
  for (let attempt = 1; ; attempt++) {
    const port = await choosePort(attempt === 1 ? wanted : undefined);
    const logFrom = rotateLog(dbPath);
    const running = launch(mongod, dbPath, port);
    if (await isReady(running)) {
      writeFileSync(portFile(dbPath), `${port}\n`);
      return running;
    }
    const written = readFileSync(logFile(dbPath)).subarray(logFrom).toString();
    // Somebody took the port between our look and mongod's: the next one, then.
    if (!isPortTaken(written) || attempt === 5) throw explainExit(written, dbPath, logFile(dbPath));
  }
}

/**
 * @param {RunningMongod} running
 * @returns {Promise<boolean>} false when it ended instead
 */
async function isReady(running) {
  const gone = new AbortController();
  void running.exited.then(() => gone.abort());
  try {
    await becomePrimary(running.port, running.pid, gone.signal);
    return !gone.signal.aborted;
  } catch (error) {
    // Its end makes the wait fail too, and explains more.
    if (gone.signal.aborted) return false;
    await running.kill();
    throw error;
  }
}

/**
 * @param {string} binary
 * @param {string} dbPath
 * @param {number} port
 * @returns {RunningMongod}
 */
function launch(binary, dbPath, port) {
  const output = openSync(logFile(dbPath), 'a');
  // In a process group of its own: Ctrl+C in the terminal must reach the server only, which still needs its database.
  const options = { detached: true, windowsHide: true };
  const child = spawn(binary, mongodArguments(dbPath, port), { ...options, stdio: ['ignore', output, output] });
  closeSync(output);
  const pid = child.pid ?? 0;
  const release = pid ? guard(pid) : () => {};
  /** @type {Promise<void>} */
  const exited = new Promise((resolve) => {
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
  });
  void exited.then(release);
  const isOver = () => child.exitCode !== null || child.signalCode !== null;
  const kill = async () => {
    if (!isOver()) child.kill('SIGKILL');
    await exited;
  };
  const stop = async () => {
    if (!isOver()) child.kill('SIGTERM');
    const timeout = new AbortController();
    await Promise.race([exited, sleep(STOP_MS, undefined, { signal: timeout.signal }).catch(() => {})]);
    timeout.abort();
    await kill();
  };
  return { uri: `mongodb://127.0.0.1:${port}/otpql?replicaSet=otpql`, port, pid, exited, stop, kill };
}

/**
 * @param {string} dbPath
 * @param {number} port
 */
function mongodArguments(dbPath, port) {
  const args = ['--replSet', 'otpql', '--bind_ip', '127.0.0.1', '--port', String(port), '--dbpath', dbPath];
  args.push('--storageEngine', 'wiredTiger', '--wiredTigerCacheSizeGB', '0.25', '--oplogSize', '128', '--quiet');
  // Measurements for MongoDB's support, written every second.
  args.push('--setParameter', 'diagnosticDataCollectionEnabled=false');
  // Its socket file in the temporary folder would stay behind after a kill.
  if (process.platform !== 'win32') args.push('--nounixsocket');
  return args;
}

/** @param {string} dbPath */
function rememberedPort(dbPath) {
  if (!existsSync(portFile(dbPath))) return undefined;
  const port = Number(readFileSync(portFile(dbPath), 'utf8'));
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
}

/**
 * Appends to the log, since another mongod may be using this folder and its log; starts anew when it has become long.
 * @param {string} dbPath
 * @returns {number} where the next start's lines will begin
 */
function rotateLog(dbPath) {
  const size = statSync(logFile(dbPath), { throwIfNoEntry: false })?.size ?? 0;
  if (size < LOG_BYTES) return size;
  renameSync(logFile(dbPath), `${logFile(dbPath)}.old`);
  return 0;
}

const portFile = (/** @type {string} */ dbPath) => `${dbPath}.port`;
const logFile = (/** @type {string} */ dbPath) => `${dbPath}.log`;
