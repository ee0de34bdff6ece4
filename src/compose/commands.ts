import type { Connection } from 'mongoose';
import { Suspension } from '../account/suspension.ts';
import { machineClock, type Clock } from '../clock.ts';
import { databaseTime, openConnection } from '../mongo/connection.ts';
import { BATCH_TIMEOUT_MS, unavailableWhenDown } from '../mongo/failures.ts';
import { MongoSessionStore } from '../mongo/session-store.ts';
import { MongoUserImport } from '../mongo/user-import.ts';
import { MongoUserStore } from '../mongo/user-store.ts';
import { measureOffset } from '../timekeeper.ts';

/** A person waits for the answer: a database that is not there is told at the first attempt. */
const DATABASE = { patienceMs: 0 };

/**
 * What the command `user` works with. `close` lets go of the database.
 * @throws Error with one line for the operator, when the database cannot be used
 */
export async function composeUserCommand({
  mongodbUri,
  sessionMaxSeconds,
}: {
  readonly mongodbUri: string;
  readonly sessionMaxSeconds: number;
}) {
  const connection = await openConnection(mongodbUri, DATABASE);
  const clock = await clockOf(connection);
  const users = new MongoUserStore(connection);
  const sessions = new MongoSessionStore(connection, sessionMaxSeconds);
  const suspension = new Suspension({ users, sessions, clock });
  return { users, sessions, suspension, clock, close: () => connection.close() };
}

/**
 * What the command `import-users` works with. `prepare` makes the indexes: without them, two runs at once would take in a
 * user twice. `close` lets go of the database.
 * @throws Error with one line for the operator, when the database cannot be used
 */
export async function composeImport(mongodbUri: string) {
  const connection = await openConnection(mongodbUri, DATABASE);
  const users = new MongoUserStore(connection);
  return {
    store: new MongoUserImport(connection),
    clock: await clockOf(connection),
    prepare: () => unavailableWhenDown(() => users.prepare(), BATCH_TIMEOUT_MS),
    close: () => connection.close(),
  };
}

/** The database's clock, as the servers go by it. */
async function clockOf(connection: Connection): Promise<Clock> {
  try {
    const offsetMs = await measureOffset({ machine: machineClock, database: () => databaseTime(connection) });
    return () => machineClock() + offsetMs;
  } catch (error) {
    // Left open, it would keep the command from ending.
    await connection.close(true);
    throw error;
  }
}
