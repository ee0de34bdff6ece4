import { mongo, type Connection } from 'mongoose';
import type { User } from '../users/user.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import type { LoadedSession, Session, SessionChanges, SessionStore, TokenRecords } from '../session/ports.ts';
import { sessionOf } from './connection.ts';
import { unavailableWhenDown } from './failures.ts';
import { toUser, type UserRecord } from './user-record.ts';

/**
 * Releases before this one decided on refresh tokens in the database, and wrote neither `version` nor `writeId`. When a
 * session ends follows from `createdAt`, so that it holds for those that are there already.
 */
type SessionRecord = Omit<Session, 'id' | 'userId' | 'endsAt'> &
  Partial<TokenRecords> & { _id: string; userId: mongo.ObjectId; version?: number; writeId?: string };
type WithUser = SessionRecord & { user: (UserRecord & { _id: mongo.ObjectId })[] };

const SESSION_FIELDS = {
  userId: 1,
  amr: 1,
  authenticatedAt: 1,
  createdAt: 1,
  lastUsedAt: 1,
  expiresAt: 1,
  userAgent: 1,
  maskedIp: 1,
} as const satisfies Record<Exclude<keyof Session, 'id' | 'endsAt'>, 1>;
/** No request but a refresh needs these. */
const REFRESH_FIELDS = { tokens: 1, retired: 1, version: 1, writeId: 1 };

/** Sessions in MongoDB. */
export class MongoSessionStore implements SessionStore {
  readonly #sessions: mongo.Collection<SessionRecord>;
  readonly #maxMs: number;

  /** @param sessionMaxSeconds after this time a session is over, whatever its document says */
  constructor(connection: Connection, sessionMaxSeconds: number) {
    this.#sessions = connection.db!.collection<SessionRecord>('sessions');
    this.#maxMs = sessionMaxSeconds * 1000;
  }

  /** Creates the indexes; called at start. */
  async prepare(): Promise<void> {
    await this.#sessions.createIndexes([{ key: { userId: 1 } }, { key: { expiresAt: 1 }, expireAfterSeconds: 0 }]);
  }

  async insert(
    { id, userId, endsAt: _follows, ...rest }: Session,
    refreshTokenHash: string,
    unit: UnitOfWork,
  ): Promise<void> {
    const tokens = { tokens: [refreshTokenHash], retired: [] };
    const document = { _id: id, userId: new mongo.ObjectId(userId), ...rest, ...tokens };
    await this.#sessions.insertOne(document, { session: sessionOf(unit) });
  }

  async findLive(sessionId: string, now: number): Promise<{ session: Session; user: User } | null> {
    const found = await this.#findWithUser({ _id: sessionId, ...this.#alive(now) }, SESSION_FIELDS);
    return found && { session: this.#toSession(found.record), user: found.user };
  }

  async load(sessionId: string): Promise<LoadedSession | null> {
    const found = await this.#findWithUser({ _id: sessionId }, { ...SESSION_FIELDS, ...REFRESH_FIELDS });
    if (!found) return null;
    const { tokens, retired, version, writeId, ...record } = found.record;
    return {
      session: this.#toSession(record),
      user: found.user,
      records: { tokens: tokens ?? [], retired: retired ?? [] },
      writeId: writeId ?? null,
      // Processes of the release before move no version: while both run, what they change of the tokens tells of them. As a
      // condition, null stands for a field that is absent.
      version: { version: version ?? null, tokens: tokens ?? null, retired: retired ?? null },
    };
  }

  async write({ session, version }: LoadedSession, changes: SessionChanges, writeId: string): Promise<boolean> {
    const { matchedCount } = await unavailableWhenDown(() =>
      this.#sessions.updateOne(
        { _id: session.id, ...version },
        { $set: { ...changes, writeId }, $inc: { version: 1 } },
      ),
    );
    return matchedCount === 1;
  }

  async findAll(userId: string, now: number, limit: number): Promise<Session[]> {
    const found = await unavailableWhenDown(() =>
      this.#sessions
        .find({ userId: new mongo.ObjectId(userId), ...this.#alive(now) }, { projection: SESSION_FIELDS })
        .sort({ lastUsedAt: -1, _id: 1 })
        .limit(limit)
        .toArray(),
    );
    return found.map((record) => this.#toSession(record));
  }

  async remove(userId: string, sessionId: string, now: number): Promise<boolean> {
    const own = { _id: sessionId, userId: new mongo.ObjectId(userId), ...unexpired(now) };
    const { deletedCount } = await unavailableWhenDown(() => this.#sessions.deleteOne(own));
    return deletedCount === 1;
  }

  async removeLiving(userId: string, now: number): Promise<number> {
    const living = { userId: new mongo.ObjectId(userId), ...unexpired(now) };
    const { deletedCount } = await unavailableWhenDown(() => this.#sessions.deleteMany(living));
    return deletedCount;
  }

  async hold(sessionId: string, now: number, unit: UnitOfWork): Promise<boolean> {
    const living = { _id: sessionId, ...this.#alive(now) };
    const moved = { $inc: { version: 1 } };
    const { matchedCount } = await this.#sessions.updateOne(living, moved, { session: sessionOf(unit) });
    return matchedCount === 1;
  }

  async removeAll(userId: string, now: number, unit: UnitOfWork, exceptId?: string): Promise<number> {
    const session = sessionOf(unit);
    const ofUser = { userId: new mongo.ObjectId(userId), ...(exceptId !== undefined && { _id: { $ne: exceptId } }) };
    const living = await this.#sessions.countDocuments({ ...ofUser, ...this.#alive(now) }, { session });
    await this.#sessions.deleteMany(ofUser, { session });
    return living;
  }

  /** Null when there is none, or its user is gone or suspended. */
  async #findWithUser(which: mongo.Filter<SessionRecord>, fields: mongo.Document) {
    const [found] = await unavailableWhenDown(() =>
      this.#sessions
        .aggregate<WithUser>([
          { $match: which },
          { $project: fields },
          { $lookup: { from: 'users', localField: 'userId', foreignField: '_id', as: 'user' } },
        ])
        .toArray(),
    );
    const user = found?.user[0];
    if (!found || !user || user.suspendedAt) return null;
    const { user: _joined, ...record } = found;
    return { record, user: toUser(user) };
  }

  #alive(now: number) {
    return { ...unexpired(now), createdAt: { $gt: new Date(now - this.#maxMs) } };
  }

  #toSession({ _id, userId, expiresAt, ...rest }: SessionRecord): Session {
    const endsAt = new Date(rest.createdAt.getTime() + this.#maxMs);
    return { id: _id, userId: userId.toString(), ...rest, expiresAt: expiresAt < endsAt ? expiresAt : endsAt, endsAt };
  }
}

/** For ending sessions: one that is over by its age alone goes too, or a longer SESSION_MAX_DAYS would bring it back. */
function unexpired(now: number) {
  return { expiresAt: { $gt: new Date(now) } };
}
