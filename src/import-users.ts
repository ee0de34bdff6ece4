// `npm run import-users -- FILE`; in production `node dist/import-users.js FILE`.
import dotenv from 'dotenv';
import { importCommand } from './commands/import-users.ts';

dotenv.config({ quiet: true });
const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
const { env: environment, stdout, stderr } = process;
process.exitCode = await importCommand(process.argv.slice(2), { environment, stdout, stderr, stop: stop.signal });
