import type { Connection, mongo } from 'mongoose';
import type { ResetLink, ResetLinkStore } from '../account/password/ports.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import { sessionOf } from './connection.ts';
import { isDuplicateKey, unavailableWhenDown } from './failures.ts';

/** Of one address: as many as its limit lets be asked for in a day, so that a stranger never pushes out the owner's link. */
const MAX_LINKS = 30;

interface AddressDocument {
  /** The keyed id of the address. */
  _id: string;
  links: Omit<ResetLink, 'addressId'>[];
  purgeAt: Date;
}

/** The outstanding reset links in MongoDB, one document per address. */
export class MongoResetLinkStore implements ResetLinkStore {
  readonly #addresses: mongo.Collection<AddressDocument>;

  constructor(connection: Connection) {
    this.#addresses = connection.db!.collection<AddressDocument>('resetLinks');
  }

  /** Creates the indexes; called at start. */
  async prepare(): Promise<void> {
    await this.#addresses.createIndexes([
      { key: { 'links.tokenHash': 1 } },
      { key: { purgeAt: 1 }, expireAfterSeconds: 0 },
    ]);
  }

  async keep({ addressId, ...link }: ResetLink): Promise<void> {
    const update = { $push: { links: { $each: [link], $slice: -MAX_LINKS } }, $set: { purgeAt: link.expiresAt } };
    const keep = () =>
      unavailableWhenDown(() => this.#addresses.updateOne({ _id: addressId }, update, { upsert: true }));
    await keep().catch((error: unknown) => {
      // Two upserts of one new address: the second finds the first's document when it tries again.
      if (isDuplicateKey(error)) return keep();
      throw error;
    });
  }

  async find(tokenHash: string, now: number): Promise<ResetLink | null> {
    const found = await unavailableWhenDown(() => this.#addresses.findOne({ 'links.tokenHash': tokenHash }));
    const link = found?.links.find((one) => one.tokenHash === tokenHash && one.expiresAt.getTime() > now);
    return found && link ? { addressId: found._id, ...link } : null;
  }

  async consume({ addressId, tokenHash }: ResetLink, unit: UnitOfWork): Promise<boolean> {
    const held = { _id: addressId, 'links.tokenHash': tokenHash };
    const { deletedCount } = await this.#addresses.deleteOne(held, { session: sessionOf(unit) });
    return deletedCount === 1;
  }
}
