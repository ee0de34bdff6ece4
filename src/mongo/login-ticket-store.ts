import { mongo, type Connection } from 'mongoose';
import type { LoginTicket, LoginTicketStore } from '../account/login/ports.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import { sessionOf } from './connection.ts';
import { unavailableWhenDown } from './failures.ts';

type TicketDocument = Omit<LoginTicket, 'id' | 'userId'> & { _id: string; userId: mongo.ObjectId };

/** Login tickets in MongoDB. */
export class MongoLoginTicketStore implements LoginTicketStore {
  readonly #tickets: mongo.Collection<TicketDocument>;

  constructor(connection: Connection) {
    this.#tickets = connection.db!.collection<TicketDocument>('loginTickets');
  }

  /** Creates the collection and its indexes; called at start. */
  async prepare(): Promise<void> {
    await this.#tickets.createIndex({ expiresAt: 1 }, { expireAfterSeconds: 0 });
    await this.#tickets.createIndex({ userId: 1 });
  }

  async insert({ id, userId, ...rest }: LoginTicket, unit: UnitOfWork): Promise<void> {
    const document = { _id: id, userId: new mongo.ObjectId(userId), ...rest };
    await this.#tickets.insertOne(document, { session: sessionOf(unit) });
  }

  async find(id: string, now: number): Promise<LoginTicket | null> {
    const found = await unavailableWhenDown(() => this.#tickets.findOne(alive(id, now)));
    if (!found) return null;
    const { _id, userId, ...rest } = found;
    return { id: _id, userId: userId.toString(), ...rest };
  }

  async consume(id: string, now: number, unit: UnitOfWork): Promise<boolean> {
    const { deletedCount } = await this.#tickets.deleteOne(alive(id, now), { session: sessionOf(unit) });
    return deletedCount === 1;
  }

  async removeAll(userId: string, unit: UnitOfWork): Promise<void> {
    await this.#tickets.deleteMany({ userId: new mongo.ObjectId(userId) }, { session: sessionOf(unit) });
  }
}

function alive(id: string, now: number) {
  return { _id: id, expiresAt: { $gt: new Date(now) } };
}
