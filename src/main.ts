import dotenv from 'dotenv';
import { compose } from './compose/server.ts';
import { ConfigError, parseConfig, type Config } from './config/config.ts';

/** A request that has not ended by then will not: the process leaves all the same. */
const SHUTDOWN_MS = 9_000;

dotenv.config({ quiet: true });
try {
  const config = parseConfig(process.env);
  const server = await compose(config);
  const address = await server.listen();
  if (!config.production) printUrls(config, address);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(() => server.close()));
} catch (error) {
  console.error(explain(error));
  process.exit(1);
}

function explain(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  const { code, port, message } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE') return `Port ${port} is taken: stop what listens there, or set PORT to another`;
  return `otpql cannot start: ${message}`;
}

async function stop(close: () => Promise<void>): Promise<void> {
  setTimeout(() => process.exit(0), SHUTDOWN_MS).unref();
  await close();
  process.exit(0);
}

function printUrls({ publicUrl, port, otp }: Config, address: string): void {
  // PORT=0 takes a free port, which only the address tells.
  const url = port === 0 ? address : publicUrl;
  const inbox = otp.provider === 'local' ? `\n  ${url}/dev/inbox   the codes that "arrived"` : '';
  console.log(`
otpql is ready:
  ${url}/            start page
  ${url}/graphql     the API (Apollo Sandbox in a browser)
  ${url}/docs        the REST endpoints${inbox}
`);
}
