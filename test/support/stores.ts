import { randomBytes } from 'node:crypto';
import type { Connection } from 'mongoose';
import { MongoUnitsOfWork, openConnection } from '../../src/mongo/connection.ts';
import { MongoDestinationStore } from '../../src/mongo/destination-store.ts';
import { sharedMongodUri } from './shared-mongod.ts';

/** A store of destinations on a real database, and what surrounds it. */
export interface StoreUnderTest {
  readonly store: MongoDestinationStore;
  readonly units: MongoUnitsOfWork;
  readonly connection: Connection;
  /** The database's address, for a second connection to it. */
  readonly uri: string;
  /** Removes the database. */
  close(): Promise<void>;
}

/** Opens a connection of its own. @param uri another store's database; a new one in the shared mongod when it is not given */
export async function mongoStore(
  uri = sharedMongodUri(`otpql_${randomBytes(6).toString('hex')}`),
): Promise<StoreUnderTest> {
  const connection = await openConnection(uri, { monitorCommands: true });
  const db = connection.db!;
  const store = new MongoDestinationStore(db);
  await store.prepare();
  return {
    store,
    units: new MongoUnitsOfWork(connection),
    connection,
    uri,
    close: async () => {
      await db.dropDatabase();
      await connection.close();
    },
  };
}
