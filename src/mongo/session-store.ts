import { mongo, type Connection } from 'mongoose';
import type { User } from '../account/ports.ts';
import type { Transaction } from '../otp/ports.ts';
import type { Session, SessionStore } from '../session/ports.ts';
import { sessionOf } from './connection.ts';
import { unavailableWhenDown } from './failures.ts';
import { toUser, type UserRecord } from './user-store.ts';

type SessionDocument = Omit<Session, 'id' | 'userId'> & { _id: string; userId: mongo.ObjectId };
type WithUser = SessionDocument & { user: (UserRecord & { _id: mongo.ObjectId })[] };

/** Sessions in MongoDB. */
export class MongoSessionStore implements SessionStore {
  readonly #sessions: mongo.Collection<SessionDocument>;

  constructor(connection: Connection) {
    this.#sessions = connection.db!.collection<SessionDocument>('sessions');
  }

  /** Creates the indexes; called at start. */
  async prepare(): Promise<void> {
    await this.#sessions.createIndexes([{ key: { userId: 1 } }, { key: { expiresAt: 1 }, expireAfterSeconds: 0 }]);
  }

  async insert({ id, userId, ...rest }: Session, transaction: Transaction): Promise<void> {
    const document = { _id: id, userId: new mongo.ObjectId(userId), ...rest };
    await this.#sessions.insertOne(document, { session: sessionOf(transaction) });
  }

  async findLive(sessionId: string, now: number): Promise<{ session: Session; user: User } | null> {
    const [found] = await unavailableWhenDown(() =>
      this.#sessions
        .aggregate<WithUser>([
          { $match: { _id: sessionId, expiresAt: { $gt: new Date(now) } } },
          { $lookup: { from: 'users', localField: 'userId', foreignField: '_id', as: 'user' } },
        ])
        .toArray(),
    );
    const user = found?.user[0];
    if (!found || !user || user.suspendedAt) return null;
    const { _id, userId, user: _joined, ...rest } = found;
    return { session: { id: _id, userId: userId.toString(), ...rest }, user: toUser(user) };
  }

  async removeAll(userId: string, now: number, transaction: Transaction, exceptId?: string): Promise<number> {
    const session = sessionOf(transaction);
    const ofUser = { userId: new mongo.ObjectId(userId), ...(exceptId !== undefined && { _id: { $ne: exceptId } }) };
    const alive = await this.#sessions.countDocuments({ ...ofUser, expiresAt: { $gt: new Date(now) } }, { session });
    await this.#sessions.deleteMany(ofUser, { session });
    return alive;
  }
}
