import { Schema, type Connection, type HydratedDocument, type Model, type mongo } from 'mongoose';
import { AppError } from '../errors.ts';
import type { NewUser, User, UserStore } from '../account/ports.ts';
import type { Transaction } from '../otp/ports.ts';
import { sessionOf } from './connection.ts';
import { isDuplicateKey, unavailableWhenDown } from './failures.ts';

/** A user as stored. */
export interface UserRecord {
  email: string;
  emailVerifiedAt: Date | null;
  phone?: string | null;
  phoneVerifiedAt: Date | null;
  passwordHash: string;
  twoFactorEnabled: boolean;
  createdAt: Date;
  updatedAt: Date;
}

const userSchema = new Schema<UserRecord>(
  {
    email: { type: String, required: true, maxlength: 254 },
    emailVerifiedAt: { type: Date, default: null },
    phone: { type: String, match: /^\+[1-9]\d{6,14}$/ },
    phoneVerifiedAt: { type: Date, default: null },
    passwordHash: { type: String, required: true },
    twoFactorEnabled: { type: Boolean, default: false },
  },
  // `strict: throw`: a misspelt field fails loudly instead of being dropped.
  { collection: 'users', timestamps: true, strict: 'throw', versionKey: false },
);
userSchema.index({ email: 1 }, { unique: true });
// `$gt: ''` rather than `$type: 'string'`: from an equality the planner infers the first, and so uses the index.
userSchema.index({ phone: 1 }, { unique: true, partialFilterExpression: { phone: { $gt: '' } } });

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

  async findByVerifiedDestination(destination: string): Promise<User | null> {
    const query = destination.includes('@')
      ? { email: destination, emailVerifiedAt: { $ne: null } }
      : { phone: destination, phoneVerifiedAt: { $ne: null } };
    const found = await unavailableWhenDown(() => this.#users.findOne(query));
    return found && toUser(found);
  }

  async insert(user: NewUser, transaction: Transaction): Promise<User> {
    const session = sessionOf(transaction);
    if (user.emailVerifiedAt) await this.#releaseUnprovenEmail(user.email, session);
    try {
      const [created] = await this.#users.create([user], { session });
      return toUser(created!);
    } catch (error) {
      if (isDuplicateKey(error)) throw new AppError('ACCOUNT_EXISTS', { cause: error });
      throw error;
    }
  }

  async setPassword(userId: string, passwordHash: string, transaction: Transaction): Promise<void> {
    const { matchedCount } = await this.#users.updateOne(
      { _id: userId },
      { passwordHash },
      { session: sessionOf(transaction) },
    );
    if (matchedCount === 0) throw new AppError('OTP_EXPIRED', { reason: 'the account was deleted meanwhile' });
  }

  /**
   * An account that never proved this address gives it up to the one who did. It keeps its phone and its data; the name
   * under the reserved domain (RFC 2606) can receive nothing and belongs to nobody.
   */
  async #releaseUnprovenEmail(email: string, session: mongo.ClientSession): Promise<void> {
    await this.#users.updateOne(
      { email, emailVerifiedAt: null },
      [{ $set: { email: { $concat: ['unproven-', { $toString: '$_id' }, '@released.invalid'] }, updatedAt: '$$NOW' } }],
      { session, updatePipeline: true },
    );
  }
}

/** A stored user as the rooms see it. */
export function toUser(record: HydratedDocument<UserRecord> | (UserRecord & { _id: mongo.ObjectId })): User {
  return {
    id: record._id.toString(),
    email: record.email,
    emailVerifiedAt: record.emailVerifiedAt,
    phone: record.phone ?? null,
    phoneVerifiedAt: record.phoneVerifiedAt,
    passwordHash: record.passwordHash,
    twoFactorEnabled: record.twoFactorEnabled,
    createdAt: record.createdAt,
  };
}
