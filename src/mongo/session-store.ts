import { mongo, type Connection } from 'mongoose';
import type { User } from '../users/user.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import type { RefreshOutcome, RefreshUse, Session, SessionStore } from '../session/ports.ts';
import { sessionOf } from './connection.ts';
import { unavailableWhenDown } from './failures.ts';
import { refreshPipeline, type TokenRecords } from './refresh-pipeline.ts';
import { toUser, type UserRecord } from './user-store.ts';

type SessionRecord = Omit<Session, 'id' | 'userId'> & { _id: string; userId: mongo.ObjectId };
type WithUser = SessionRecord & { user: (UserRecord & { _id: mongo.ObjectId })[] };

/** No request but a refresh needs these. */
const WITHOUT_TOKENS = { tokens: 0, retired: 0, refresh: 0, heldAt: 0 };

/** Sessions in MongoDB. */
export class MongoSessionStore implements SessionStore {
  readonly #sessions: mongo.Collection<SessionRecord & TokenRecords>;

  constructor(connection: Connection) {
    this.#sessions = connection.db!.collection<SessionRecord & TokenRecords>('sessions');
  }

  /** Creates the indexes; called at start. */
  async prepare(): Promise<void> {
    await this.#sessions.createIndexes([{ key: { userId: 1 } }, { key: { expiresAt: 1 }, expireAfterSeconds: 0 }]);
  }

  async insert({ id, userId, ...rest }: Session, refreshTokenHash: string, unit: UnitOfWork): Promise<void> {
    const tokens = { tokens: [refreshTokenHash], retired: [] };
    const document = { _id: id, userId: new mongo.ObjectId(userId), ...rest, ...tokens };
    await this.#sessions.insertOne(document, { session: sessionOf(unit) });
  }

  async findLive(sessionId: string, now: number): Promise<{ session: Session; user: User } | null> {
    const [found] = await unavailableWhenDown(() =>
      this.#sessions
        .aggregate<WithUser>([
          { $match: { _id: sessionId, ...alive(now) } },
          { $project: WITHOUT_TOKENS },
          { $lookup: { from: 'users', localField: 'userId', foreignField: '_id', as: 'user' } },
        ])
        .toArray(),
    );
    const user = found?.user[0];
    if (!found || !user || user.suspendedAt) return null;
    const { user: _joined, ...record } = found;
    return { session: toSession(record), user: toUser(user) };
  }

  async findAll(userId: string, now: number, limit: number): Promise<Session[]> {
    const found = await unavailableWhenDown(() =>
      this.#sessions
        .find({ userId: new mongo.ObjectId(userId), ...alive(now) }, { projection: WITHOUT_TOKENS })
        .sort({ lastUsedAt: -1, _id: 1 })
        .limit(limit)
        .toArray(),
    );
    return found.map(toSession);
  }

  async refresh(sessionId: string, use: RefreshUse): Promise<RefreshOutcome | null> {
    const decided = await unavailableWhenDown(() =>
      this.#sessions.findOneAndUpdate({ _id: sessionId, ...alive(use.now) }, refreshPipeline(use), {
        returnDocument: 'after',
        projection: { refresh: 1 },
      }),
    );
    return decided?.refresh ?? null;
  }

  async remove(userId: string, sessionId: string, now: number): Promise<boolean> {
    const own = { _id: sessionId, userId: new mongo.ObjectId(userId), ...alive(now) };
    const { deletedCount } = await unavailableWhenDown(() => this.#sessions.deleteOne(own));
    return deletedCount === 1;
  }

  async removeLiving(userId: string, now: number): Promise<number> {
    const living = { userId: new mongo.ObjectId(userId), ...alive(now) };
    const { deletedCount } = await unavailableWhenDown(() => this.#sessions.deleteMany(living));
    return deletedCount;
  }

  async hold(sessionId: string, now: number, unit: UnitOfWork): Promise<boolean> {
    const living = { _id: sessionId, ...alive(now) };
    const held = { $set: { heldAt: new Date(now) } };
    const { matchedCount } = await this.#sessions.updateOne(living, held, { session: sessionOf(unit) });
    return matchedCount === 1;
  }

  async removeAll(userId: string, now: number, unit: UnitOfWork, exceptId?: string): Promise<number> {
    const session = sessionOf(unit);
    const ofUser = { userId: new mongo.ObjectId(userId), ...(exceptId !== undefined && { _id: { $ne: exceptId } }) };
    const living = await this.#sessions.countDocuments({ ...ofUser, ...alive(now) }, { session });
    await this.#sessions.deleteMany(ofUser, { session });
    return living;
  }
}

function alive(now: number) {
  return { expiresAt: { $gt: new Date(now) } };
}

function toSession({ _id, userId, ...rest }: SessionRecord): Session {
  return { id: _id, userId: userId.toString(), ...rest };
}
