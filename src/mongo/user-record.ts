import { Schema, type HydratedDocument, type mongo } from 'mongoose';
import type { Authenticator, PendingAuthenticator, User } from '../users/user.ts';
import { OTHER_HASHES } from './password-kinds.ts';

/** A user as stored. */
export interface UserRecord {
  email: string;
  emailVerifiedAt: Date | null;
  phone?: string | null;
  phoneVerifiedAt: Date | null;
  passwordHash: string;
  passwordResetBy: 'EMAIL' | 'PHONE' | null;
  twoFactorEnabled: boolean;
  authenticator: Authenticator | null;
  pendingAuthenticator: PendingAuthenticator | null;
  /** Hashes of the recovery codes that are left. */
  recoveryCodeHashes: string[];
  suspendedAt: Date | null;
  authVersion: number;
  lastSignInAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
}

const authenticatorSchema = new Schema(
  { sealedSecret: { type: String, required: true }, lastTimeStep: { type: Number, required: true } },
  { _id: false, strict: 'throw' },
);
const pendingAuthenticatorSchema = new Schema(
  { sealedSecret: { type: String, required: true }, expiresAt: { type: Date, required: true } },
  { _id: false, strict: 'throw' },
);

/** What MongoDB holds of users, with the indexes. */
export const userSchema = new Schema<UserRecord>(
  {
    email: { type: String, required: true, maxlength: 254 },
    emailVerifiedAt: { type: Date, default: null },
    phone: { type: String, match: /^\+[1-9]\d{6,14}$/ },
    phoneVerifiedAt: { type: Date, default: null },
    passwordHash: { type: String, required: true },
    passwordResetBy: { type: String, enum: ['EMAIL', 'PHONE', null], default: null },
    twoFactorEnabled: { type: Boolean, default: false },
    authenticator: { type: authenticatorSchema, default: null },
    pendingAuthenticator: { type: pendingAuthenticatorSchema, default: null },
    recoveryCodeHashes: { type: [String], default: [] },
    suspendedAt: { type: Date, default: null },
    authVersion: { type: Number, default: 0 },
    lastSignInAt: { type: Date, default: null },
  },
  // `strict: throw`: a misspelt field fails loudly instead of being dropped.
  { collection: 'users', timestamps: true, strict: 'throw', versionKey: false },
);
userSchema.index({ email: 1 }, { unique: true });
// `$gt: ''` rather than `$type: 'string'`: from an equality the planner infers the first, and so uses the index.
userSchema.index({ phone: 1 }, { unique: true, partialFilterExpression: { phone: { $gt: '' } } });
userSchema.index({ passwordHash: 1 }, { partialFilterExpression: { passwordHash: OTHER_HASHES[0] } });
userSchema.index({ passwordHash: -1 }, { partialFilterExpression: { passwordHash: OTHER_HASHES[1] } });

/** A stored user as the rooms see it. Fields that came later are missing in older documents. */
export function toUser(record: HydratedDocument<UserRecord> | (UserRecord & { _id: mongo.ObjectId })): User {
  return {
    id: record._id.toString(),
    email: record.email,
    emailVerifiedAt: record.emailVerifiedAt ?? null,
    phone: record.phone ?? null,
    phoneVerifiedAt: record.phoneVerifiedAt ?? null,
    passwordHash: record.passwordHash,
    passwordResetBy: record.passwordResetBy ?? null,
    twoFactorEnabled: record.twoFactorEnabled ?? false,
    authenticator: plain(record.authenticator, ['sealedSecret', 'lastTimeStep']),
    pendingAuthenticator: plain(record.pendingAuthenticator, ['sealedSecret', 'expiresAt']),
    createdAt: record.createdAt,
    suspendedAt: record.suspendedAt ?? null,
    authVersion: record.authVersion ?? 0,
  };
}

/** A sub-document without what Mongoose adds to it. */
function plain<T extends object, K extends keyof T>(
  part: T | null | undefined,
  names: readonly K[],
): Pick<T, K> | null {
  return part ? (Object.fromEntries(names.map((name) => [name, part[name]])) as Pick<T, K>) : null;
}
