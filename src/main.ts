import dotenv from 'dotenv';
import { compose } from './compose.ts';
import { ConfigError, parseConfig, type Config } from './config.ts';

/** A request that has not ended by then will not: the process leaves all the same. */
const SHUTDOWN_MS = 9_000;

dotenv.config({ quiet: true });
try {
  const config = parseConfig(process.env);
  const server = await compose(config);
  await server.listen();
  if (!config.production) printUrls(config);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(() => server.close()));
} catch (error) {
  console.error(error instanceof ConfigError ? error.message : `otpql cannot start: ${(error as Error).message}`);
  process.exit(1);
}

async function stop(close: () => Promise<void>): Promise<void> {
  setTimeout(() => process.exit(0), SHUTDOWN_MS).unref();
  await close();
  process.exit(0);
}

function printUrls({ publicUrl }: Config): void {
  console.log(`
otpql is ready:
  ${publicUrl}/            start page
  ${publicUrl}/graphql     the API (Apollo Sandbox in a browser)
  ${publicUrl}/dev/inbox   the codes that "arrived"
`);
}
