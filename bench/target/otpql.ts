import mongoose from 'mongoose';
import { register } from './accounts.ts';
import { startBuilt } from './built-server.ts';
import { Client } from '../load/client.ts';
import { codeFrom } from './inbox.ts';
import { operationsOf, type Otpql } from './operations.ts';
import type { ServerProcess } from './server-process.ts';
import type { Target } from '../load/target.ts';
import type { Workbench } from './workbench.ts';

/**
 * Starts a build of otpql, with the local engine, on a database of its own, and registers somebody there.
 * @param build.root the checkout whose `dist` runs
 * @param build.mongodbUri how that server reaches the database, where not like everybody
 */
export async function startOtpql(
  workbench: Workbench,
  build: { readonly database: string; readonly root: string; readonly mongodbUri?: string },
): Promise<Otpql & { readonly server: ServerProcess }> {
  const { database, root, mongodbUri = workbench.uri(database) } = build;
  const settings = { OTP_PROVIDER: 'local' };
  const server = await startBuilt(workbench, { name: database, root, mongodbUri, settings });
  const connection = await mongoose.createConnection(workbench.uri(database)).asPromise();
  workbench.onEnd(() => connection.close());
  const client = new Client(server.url);
  workbench.onEnd(() => client.close());
  const user = await register({ codeFor: (to) => codeFrom(server.url, to) }, client);
  return { url: server.url, client, db: connection.db!, user, server };
}

/** A build as a target. */
export function targetOf(otpql: Awaited<ReturnType<typeof startOtpql>>, id: 'otpql' | 'against', name: string): Target {
  const { client, server } = otpql;
  return { id, name, pid: server.pid, client, operations: operationsOf(otpql) };
}
