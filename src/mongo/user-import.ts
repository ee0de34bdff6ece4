import mongoose, { type Connection, type Model } from 'mongoose';
import type { ImportedUser } from '../import/imported-user.ts';
import type { ImportStore, TakenNames } from '../import/ports.ts';
import { BATCH_TIMEOUT_MS, unavailableWhenDown } from './failures.ts';
import type { UserRecord } from './user-record.ts';

const { MongoBulkWriteError } = mongoose.mongo;
const DUPLICATE_KEY = 11000;

/** Writes imported users by the thousand, through the model that `MongoUserStore` made on the same connection. */
export class MongoUserImport implements ImportStore {
  readonly #users: Model<UserRecord>;

  constructor(connection: Connection) {
    this.#users = connection.model<UserRecord>('User');
  }

  async taken(emails: readonly string[], phones: readonly string[]): Promise<TakenNames> {
    return inTime(async () => {
      const [byEmail, byPhone] = await Promise.all([
        this.#users.find({ email: { $in: emails } }, { _id: 0, email: 1 }).lean(),
        // `$gt` lets the planner use the partial index (see user-store.ts).
        phones.length === 0 ? [] : this.#users.find({ phone: { $in: phones, $gt: '' } }, { _id: 0, phone: 1 }).lean(),
      ]);
      return {
        emails: new Set(byEmail.map(({ email }) => email)),
        phones: new Set(byPhone.flatMap(({ phone }) => phone ?? [])),
      };
    });
  }

  async insert(users: readonly ImportedUser[]): Promise<ImportedUser[]> {
    if (users.length === 0) return [];
    try {
      // Unordered: one that is refused by an index does not hold up the others.
      await inTime(() => this.#users.insertMany(users, { ordered: false, throwOnValidationError: true }));
      return [];
    } catch (error) {
      if (!(error instanceof MongoBulkWriteError)) throw error;
      const failures = [error.writeErrors].flat();
      if (failures.length === 0 || failures.some(({ code }) => code !== DUPLICATE_KEY)) throw error;
      return failures.map(({ index }) => users[index]!);
    }
  }
}

function inTime<T>(operation: () => Promise<T>): Promise<T> {
  return unavailableWhenDown(operation, BATCH_TIMEOUT_MS);
}
