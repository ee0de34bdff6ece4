import { randomBytes } from 'node:crypto';
import type { mongo } from 'mongoose';
import { MongoChallengeStore } from '../../src/mongo/challenge-store.ts';
import { MongoUnitsOfWork, openConnection } from '../../src/mongo/connection.ts';
import { NO_GUESSES, type Guesses, type Slot } from '../../src/otp/challenge.ts';
import { MemoryChallengeStore } from '../support/memory-challenge-store.ts';
import { sharedMongodUri } from '../support/shared-mongod.ts';
import type { StoreUnderTest } from './history.ts';

type Closable = StoreUnderTest & { close(): Promise<void> };

/** The reference. */
export function memoryStore(): Promise<Closable> {
  const memory = new MemoryChallengeStore();
  return Promise.resolve({
    store: memory,
    units: memory,
    state: (key) => Promise.resolve(memory.state(key)),
    close: () => Promise.resolve(),
  });
}

interface Stored extends mongo.Document {
  _id: string;
  slots?: Record<string, Partial<Slot>>;
  guesses?: Guesses;
}

/** The real one, on a database of its own in a real mongod. */
export async function mongoStore(): Promise<Closable> {
  const connection = await openConnection(sharedMongodUri(`otpql_${randomBytes(6).toString('hex')}`));
  const db = connection.db!;
  const store = new MongoChallengeStore(db);
  await store.prepare();
  return {
    store,
    units: new MongoUnitsOfWork(connection),
    state: async (key) => {
      const document = await db.collection<Stored>('challenges').findOne({ _id: key.destinationId });
      const { challenge = null, approval = null } = document?.slots?.[key.name] ?? {};
      return { challenge, approval, guesses: document?.guesses ?? NO_GUESSES };
    },
    close: async () => {
      await db.dropDatabase();
      await connection.close();
    },
  };
}
