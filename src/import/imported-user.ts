import { readPasswordHash, UnusableHashError } from '../account/password/legacy-password.ts';
import { AppError } from '../errors.ts';
import { parseEmail, parsePhone, type DestinationRules } from '../otp/destination.ts';
import type { ImportFields } from './rows.ts';

/** A user of another system, as it is written here. */
export interface ImportedUser {
  readonly email: string;
  readonly emailVerifiedAt: Date | null;
  /** Null unless proven: an unproven number would keep its owner from using it (invariant 7). */
  readonly phone: string | null;
  readonly phoneVerifiedAt: Date | null;
  readonly passwordHash: string;
  readonly createdAt: Date;
}

/** Why a line's user is not taken in; the message holds nothing of the line. */
export class ImportRefusal extends Error {
  override readonly name = 'ImportRefusal';
}

/**
 * The user that a row describes. What is not said to be proven is not: the old system is the only one who knows.
 * @param now what was proven without a date counts from here, and so does an account without one
 * @returns also why the row's phone is left out, where it has one that is
 * @throws ImportRefusal
 */
export function readImportedUser(
  fields: ImportFields,
  now: Date,
  rules: DestinationRules,
): { user: ImportedUser; phoneLeftOut: string | null } {
  const email = orRefuse(() => parseEmail(textOf('email', fields.email), 'email'));
  const passwordHash = textOf('password_hash', fields.passwordHash).trim();
  orRefuse(() => readPasswordHash(passwordHash));
  const createdAt = fields.createdAt == null ? now : dateOf('created_at', fields.createdAt, now);
  const emailVerifiedAt = provenAt('email_verified', fields.emailVerified, now);
  const { phone, leftOut } = readPhone(fields, now, rules);
  const user = { email, emailVerifiedAt, passwordHash, createdAt, ...phone };
  return { user, phoneLeftOut: leftOut };
}

/** The usual reason for a phone to be left out, where the old system proved none. */
export const UNPROVEN_PHONE = 'phone is not said to be proven';
const NO_PHONE = { phone: null, phoneVerifiedAt: null } as const;

/** A phone that cannot be taken over keeps nobody out: its owner can add it after login. */
function readPhone(fields: ImportFields, now: Date, rules: DestinationRules) {
  const phoneVerifiedAt = provenAt('phone_verified', fields.phoneVerified, now);
  if (fields.phone == null) return { phone: NO_PHONE, leftOut: null };
  if (!phoneVerifiedAt) return { phone: NO_PHONE, leftOut: UNPROVEN_PHONE };
  try {
    const phone = parsePhone(textOf('phone', fields.phone), 'phone', rules);
    return { phone: { phone, phoneVerifiedAt }, leftOut: null };
  } catch (error) {
    if (!(error instanceof AppError || error instanceof ImportRefusal)) throw error;
    return { phone: NO_PHONE, leftOut: 'phone is no number in E.164 format, for example +12025551234' };
  }
}

function orRefuse<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnusableHashError) throw new ImportRefusal(`password_hash ${error.message}`);
    if (error instanceof AppError) throw new ImportRefusal(error.message);
    throw error;
  }
}

function textOf(name: string, value: unknown): string {
  if (value == null) throw new ImportRefusal(`${name} is missing`);
  if (typeof value !== 'string') throw new ImportRefusal(`${name} must be text`);
  return value;
}

const YES = new Set(['true', 't', 'yes', 'y', '1']);
const NO = new Set(['false', 'f', 'no', 'n', '0']);

/** When it was proven, from yes, no or a date; null when it was not. */
function provenAt(name: string, value: unknown, now: Date): Date | null {
  const said = typeof value === 'string' ? value.trim().toLowerCase() : value == null ? '0' : JSON.stringify(value);
  if (NO.has(said)) return null;
  return YES.has(said) ? now : dateOf(name, value, now);
}

/** ISO 8601, and what databases write: a space for the T, microseconds, `+00`. Without a zone it is UTC. */
const DATE = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?) ?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i;

function dateOf(name: string, value: unknown, now: Date): Date {
  const problem = new ImportRefusal(`${name} must be a date such as 2024-05-01T12:00:00Z`);
  const date = httpDateOf(value) ?? isoDateOf(value);
  if (!date) throw problem;
  if (date > now) throw new ImportRefusal(`${name} lies in the future`);
  return date;
}

/** RFC 1123, which Flask's `jsonify` writes: `Wed, 01 May 2024 10:00:00 GMT`. */
function httpDateOf(value: unknown): Date | null {
  const text = typeof value === 'string' ? value.trim() : '';
  const date = new Date(text);
  return text !== '' && !Number.isNaN(date.getTime()) && date.toUTCString() === text ? date : null;
}

function isoDateOf(value: unknown): Date | null {
  const [, day, time = '00:00', zone = 'Z'] = DATE.exec(typeof value === 'string' ? value.trim() : '') ?? [];
  if (!day) return null;
  const offset = /^z$/i.test(zone) ? 'Z' : `${zone.slice(0, 3)}:${zone.slice(3).replace(':', '') || '00'}`;
  const date = new Date(`${day}T${time}${offset}`);
  // 31 February would become 2 March.
  const isDay = new Date(`${day}T00:00Z`).toJSON()?.startsWith(day);
  return Number.isNaN(date.getTime()) || !isDay ? null : date;
}
