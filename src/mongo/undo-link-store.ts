import { mongo, type Connection } from 'mongoose';
import type { UndoLink, UndoLinkStore } from '../account/changes/ports.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import { sessionOf } from './connection.ts';
import { unavailableWhenDown } from './failures.ts';

type UndoLinkDocument = Omit<UndoLink, 'id' | 'userId'> & { _id: string; userId: mongo.ObjectId };

/** The changes that can be undone, in MongoDB. */
export class MongoUndoLinkStore implements UndoLinkStore {
  readonly #links: mongo.Collection<UndoLinkDocument>;

  constructor(connection: Connection) {
    this.#links = connection.db!.collection<UndoLinkDocument>('undoLinks');
  }

  /** Creates the collection and its indexes; called at start. */
  async prepare(): Promise<void> {
    await this.#links.createIndex({ expiresAt: 1 }, { expireAfterSeconds: 0 });
    await this.#links.createIndex({ userId: 1, version: 1 });
  }

  async insert({ id, userId, ...rest }: UndoLink, unit: UnitOfWork): Promise<void> {
    const document = { _id: id, userId: new mongo.ObjectId(userId), ...rest };
    await this.#links.insertOne(document, { session: sessionOf(unit) });
  }

  async find(id: string, now: number): Promise<UndoLink | null> {
    const alive = { _id: id, expiresAt: { $gt: new Date(now) } };
    const found = await unavailableWhenDown(() => this.#links.findOne(alive));
    return found && toLink(found);
  }

  async list(userId: string, now: number, unit: UnitOfWork): Promise<UndoLink[]> {
    const alive = { userId: new mongo.ObjectId(userId), expiresAt: { $gt: new Date(now) } };
    return (await this.#links.find(alive, { session: sessionOf(unit) }).toArray()).map(toLink);
  }

  async consume({ id, userId, version }: UndoLink, unit: UnitOfWork): Promise<boolean> {
    const session = sessionOf(unit);
    const { deletedCount } = await this.#links.deleteOne({ _id: id }, { session });
    if (deletedCount === 0) return false;
    await this.#links.deleteMany({ userId: new mongo.ObjectId(userId), version: { $gt: version } }, { session });
    return true;
  }

  async removeAll(userId: string, unit: UnitOfWork): Promise<void> {
    await this.#links.deleteMany({ userId: new mongo.ObjectId(userId) }, { session: sessionOf(unit) });
  }
}

function toLink({ _id, userId, ...rest }: UndoLinkDocument): UndoLink {
  return { id: _id, userId: userId.toString(), ...rest };
}
