import { randomBytes } from 'node:crypto';
import type { Connection, Model, mongo, QueryFilter, UpdateQuery } from 'mongoose';
import { AppError } from '../errors.ts';
import type { Authenticator, NewUser, PendingAuthenticator, User } from '../users/user.ts';
import type { UserChanges, UserStore } from '../users/ports.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import { sessionOf } from './connection.ts';
import { isDuplicateKey, unavailableWhenDown } from './failures.ts';
import { otherPasswordKinds } from './password-kinds.ts';
import { toUser, userSchema, type UserRecord } from './user-record.ts';

/** Users in MongoDB, through Mongoose. */
export class MongoUserStore implements UserStore {
  readonly #users: Model<UserRecord>;

  constructor(connection: Connection) {
    this.#users = connection.model<UserRecord>('User', userSchema);
  }

  /** Creates the collection (a transaction cannot on every server) and its indexes; called at start. */
  async prepare(): Promise<void> {
    await this.#users.createCollection();
    await this.#users.createIndexes();
  }

  // Lean, this and `findByEmail`: what strangers ask about is looked up here, and Mongoose takes half a millisecond to make
  // a document of a user that is there (invariant 8).
  async findByVerifiedDestination(destination: string): Promise<User | null> {
    const query = destination.includes('@')
      ? { email: destination, emailVerifiedAt: { $ne: null } }
      : { phone: destination, phoneVerifiedAt: { $ne: null } };
    const found = await unavailableWhenDown(() => this.#users.findOne(query).lean());
    return found && toUser(found);
  }

  async insert(user: NewUser, unit: UnitOfWork): Promise<User> {
    const session = sessionOf(unit);
    if (user.emailVerifiedAt) await this.#releaseUnprovenEmail(user.email, session);
    try {
      const [created] = await this.#users.create([user], { session });
      return toUser(created!);
    } catch (error) {
      if (isDuplicateKey(error)) throw new AppError('ACCOUNT_EXISTS', { cause: error });
      throw error;
    }
  }

  async releasePhone(phone: string, dormantSince: Date, unit: UnitOfWork): Promise<User | null> {
    const notSince = { $not: { $gt: dormantSince } };
    const dormant = {
      phone,
      suspendedAt: null,
      phoneVerifiedAt: notSince,
      lastSignInAt: notSince,
      createdAt: notSince,
    };
    // `phoneVerifiedAt` stays: to an account of which something was proven, no reset link goes to an address that was not.
    const update = { $unset: { phone: 1 as const }, $inc: { authVersion: 1 } };
    const session = sessionOf(unit);
    const before = await this.#users.findOneAndUpdate(dormant, update, { session, returnDocument: 'before' });
    return before && toUser(before);
  }

  async renewPhone({ id, phone }: Pick<User, 'id' | 'phone'>, at: Date, unit: UnitOfWork): Promise<void> {
    const proven = { _id: id, phone, phoneVerifiedAt: { $ne: null } };
    await this.#updateOne(proven, { $max: { phoneVerifiedAt: at } }, unit);
  }

  async findById(userId: string): Promise<User | null> {
    const found = await unavailableWhenDown(() => this.#users.findById(userId));
    return found && toUser(found);
  }

  async otherPasswordKinds(): Promise<string[]> {
    return unavailableWhenDown(() => otherPasswordKinds(this.#users.collection));
  }

  async findByEmail(email: string): Promise<User | null> {
    const found = await unavailableWhenDown(() => this.#users.findOne({ email }).lean());
    return found && toUser(found);
  }

  async signIn(user: UserVersion, at: Date, unit: UnitOfWork): Promise<boolean> {
    return this.#updateOne(asRead(user), { $set: { lastSignInAt: at } }, unit);
  }

  async hold(user: UserVersion, unit: UnitOfWork): Promise<boolean> {
    return this.#updateOne(asRead(user), { $currentDate: { updatedAt: true } }, unit);
  }

  async rehash({ id, passwordHash }: Pick<User, 'id' | 'passwordHash'>, stronger: string): Promise<void> {
    const same = { _id: id, passwordHash };
    await unavailableWhenDown(() => this.#users.updateOne(same, { $set: { passwordHash: stronger } }));
  }

  async change(user: UserVersion, changes: UserChanges, unit: UnitOfWork): Promise<User | null> {
    const session = sessionOf(unit);
    if (changes.email !== undefined && changes.emailVerifiedAt)
      await this.#releaseUnprovenEmail(changes.email, session, user.id);
    try {
      const update = { $set: changes, $inc: { authVersion: 1 } };
      const changed = await this.#users.findOneAndUpdate(asRead(user), update, { session, returnDocument: 'after' });
      return changed && toUser(changed);
    } catch (error) {
      if (isDuplicateKey(error)) throw new AppError('ACCOUNT_EXISTS', { cause: error });
      throw error;
    }
  }

  async setPendingAuthenticator(
    user: UserVersion,
    pendingAuthenticator: PendingAuthenticator,
    unit: UnitOfWork,
  ): Promise<boolean> {
    return this.#updateOne(asRead(user), { $set: { pendingAuthenticator } }, unit);
  }

  async spendRecoveryCode(userId: string, codeHash: string, unit: UnitOfWork): Promise<boolean> {
    const holder = { _id: userId, suspendedAt: null, recoveryCodeHashes: codeHash };
    return this.#updateOne(holder, { $pull: { recoveryCodeHashes: codeHash } }, unit);
  }

  async acceptTimeStep(userId: string, after: Authenticator, unit: UnitOfWork): Promise<boolean> {
    const fresh = { _id: userId, suspendedAt: null, 'authenticator.lastTimeStep': { $lt: after.lastTimeStep } };
    return this.#updateOne(fresh, { $set: { authenticator: after } }, unit);
  }

  async endSignIns(userId: string): Promise<void> {
    await unavailableWhenDown(() => this.#users.updateOne({ _id: userId }, { $inc: { authVersion: 1 } }));
  }

  async suspend(userId: string, at: Date): Promise<boolean> {
    const update = { $set: { suspendedAt: at }, $inc: { authVersion: 1 } };
    const { matchedCount } = await unavailableWhenDown(() =>
      this.#users.updateOne({ _id: userId, suspendedAt: null }, update),
    );
    return matchedCount === 1;
  }

  async reinstate(userId: string): Promise<boolean> {
    const suspended = { _id: userId, suspendedAt: { $ne: null } };
    const { matchedCount } = await unavailableWhenDown(() =>
      this.#users.updateOne(suspended, { $set: { suspendedAt: null } }),
    );
    return matchedCount === 1;
  }

  async remove(user: UserVersion, unit: UnitOfWork): Promise<boolean> {
    const { deletedCount } = await this.#users.deleteOne(asRead(user), { session: sessionOf(unit) });
    return deletedCount === 1;
  }

  async #updateOne(
    filter: QueryFilter<UserRecord>,
    update: UpdateQuery<UserRecord>,
    unit: UnitOfWork,
  ): Promise<boolean> {
    const { matchedCount } = await this.#users.updateOne(filter, update, { session: sessionOf(unit) });
    return matchedCount === 1;
  }

  /**
   * An account that never proved this address gives it up to the one who did. It keeps its phone and its data; the name
   * under the reserved domain (RFC 2606) can receive nothing, and nobody can foresee it or register it before. What was
   * begun with the address (a reset link, a sign-in) ends.
   */
  async #releaseUnprovenEmail(email: string, session: mongo.ClientSession, exceptId?: string): Promise<void> {
    await this.#users.updateOne(
      { email, emailVerifiedAt: null, ...(exceptId !== undefined && { _id: { $ne: exceptId } }) },
      {
        $set: { email: `unproven-${randomBytes(9).toString('hex')}@released.invalid` },
        $inc: { authVersion: 1 },
      },
      { session },
    );
  }
}

type UserVersion = Pick<User, 'id' | 'authVersion'>;

/** The user if nothing that matters for signing in has changed since it was read. Older documents have no version. */
function asRead({ id, authVersion }: UserVersion) {
  return { _id: id, authVersion: authVersion === 0 ? { $in: [0, null] } : authVersion, suspendedAt: null };
}
