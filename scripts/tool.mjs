import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { ensureBuild } from './build.mjs';
import { runInForeground } from './process/child.mjs';
import { ensureDependencies } from './install.mjs';
import { startMongod } from './mongod/mongod.mjs';
import { root, say } from './project.mjs';

/**
 * Runs an operator's tool out of dist with everything that it needs. In development the database is the one that
 * `npm start` brings along, whether that runs at the moment or not.
 * @param {string} name the tool's file in dist, without `.js`
 * @param {string} [cwd] the folder from which the tool reads paths
 * @returns its exit code
 */
export async function runTool(name, cwd = root) {
  await ensureDependencies();
  const { config } = await import('dotenv');
  config({ path: join(root, '.env'), quiet: true });
  await ensureBuild();
  const isEmbedded = process.env['NODE_ENV'] !== 'production' && !process.env['MONGODB_URI'];
  const database = isEmbedded ? await embeddedDatabase() : undefined;
  const env = database ? { ...process.env, MONGODB_URI: database.uri } : process.env;
  const command = ['--enable-source-maps', join(root, 'dist', `${name}.js`), ...process.argv.slice(2)];
  const code = await runInForeground(process.execPath, command, { cwd, env }).exited;
  await database?.stop();
  return code;
}

async function embeddedDatabase() {
  const dbPath = join(resolve(root, process.env['DATA_DIR'] || '.data'), 'mongo');
  const port = existsSync(`${dbPath}.port`) ? Number(readFileSync(`${dbPath}.port`, 'utf8')) : 0;
  if (port && (await listens(port)))
    return { uri: `mongodb://127.0.0.1:${port}/otpql?replicaSet=otpql`, stop: async () => {} };
  return await startMongod({ dbPath, log: say });
}

/** @param {number} port */
function listens(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
