// npm start, and with --watch npm run dev: everything the server needs, then the server.
import { join, resolve } from 'node:path';
import { ensureBuild } from './build.mjs';
import { runInForeground } from './process/child.mjs';
import { ensureDependencies } from './install.mjs';
import { keepMongod } from './mongod/keep.mjs';
import { root, run, say } from './project.mjs';

const SERVER = ['--enable-source-maps', 'dist/main.js'];
const WATCHED_SERVER = ['node_modules/tsx/dist/cli.mjs', 'watch', '--clear-screen=false', 'src/main.ts'];

await run(async () => {
  const watch = process.argv.includes('--watch');
  await ensureDependencies();
  await loadEnvFile();
  if (!watch) await ensureBuild();
  const lost = new AbortController();
  const mongod = needsMongod() ? await embeddedMongod(() => lost.abort()) : undefined;
  const env = mongod ? { ...process.env, MONGODB_URI: mongod.uri } : process.env;
  const server = runInForeground(process.execPath, watch ? WATCHED_SERVER : SERVER, { cwd: root, env });
  lost.signal.addEventListener('abort', () => server.end('SIGTERM'));
  const code = await server.exited;
  await mongod?.stop();
  return code;
});

/** The real environment wins over the file. */
async function loadEnvFile() {
  const { config } = await import('dotenv');
  config({ path: join(root, '.env'), quiet: true });
}

/** In production, or with a database of the user's own, nothing is embedded. */
function needsMongod() {
  return process.env['NODE_ENV'] !== 'production' && !process.env['MONGODB_URI'];
}

/** @param {() => void} onLost */
async function embeddedMongod(onLost) {
  say('Starting MongoDB…');
  const dbPath = join(resolve(root, process.env['DATA_DIR'] || '.data'), 'mongo');
  return await keepMongod({ dbPath, log: say }, onLost);
}
