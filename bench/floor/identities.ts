import { randomBytes } from 'node:crypto';
import mongoose, { type mongo } from 'mongoose';

const { ObjectId, Binary } = mongoose.mongo;

/** Shorter texts are words such as `pending`, and name no document. */
const SHORTEST = 10;

/** Values that name documents (ids, addresses, hashes of tokens), each by a text that is equal where they are. */
export type Identities = Map<string, unknown>;

/** The values anywhere in here that can name a document: object ids, binary ones, and texts that are no mere words. */
export function identitiesIn(value: unknown, found: Identities = new Map()): Identities {
  const key = keyOf(value);
  if (key !== null) found.set(key, value);
  else for (const inner of partsOf(value)) identitiesIn(inner, found);
  return found;
}

/** The values by which a command finds its documents, and the ids of those that it inserts. */
export function identitiesOf(command: mongo.Document): Identities {
  const of = (name: string, inner: string) => listOf(command[name]).map((one) => one[inner] as unknown);
  const filters = [
    command['filter'],
    command['query'],
    of('updates', 'q'),
    of('deletes', 'q'),
    of('pipeline', '$match'),
  ];
  return identitiesIn([filters, of('documents', '_id')]);
}

/** For each of these another value of the same kind and length that nobody has used. */
export function freshValues(identities: Identities): Identities {
  return new Map([...identities].map(([key, value]) => [key, freshValue(value)]));
}

/**
 * Makes the same value again and again, each time with other values in place of these. What holds none of them is made
 * once: a floor that copied whole commands would be no floor.
 */
export function template(value: unknown, identities: Identities): (fresh: Identities) => unknown {
  return variable(value, identities) ?? (() => value);
}

/** Null for what holds none of these. */
function variable(value: unknown, identities: Identities): ((fresh: Identities) => unknown) | null {
  const key = keyOf(value);
  if (key !== null) return identities.has(key) ? (fresh) => fresh.get(key) : null;
  const inner = partsOf(value).map((part) => variable(part, identities));
  if (inner.every((make) => make === null)) return null;
  if (Array.isArray(value)) return (fresh) => value.map((part: unknown, index) => inner[index]?.(fresh) ?? part);
  const entries = Object.entries(value as object) as [string, unknown][];
  return (fresh) => Object.fromEntries(entries.map(([name, part], index) => [name, inner[index]?.(fresh) ?? part]));
}

function freshValue(value: unknown): unknown {
  if (value instanceof ObjectId) return new ObjectId();
  if (value instanceof Binary) return new Binary(randomBytes(value.length()), value.sub_type);
  const { length } = value as string;
  return randomBytes(length).toString('base64url').slice(0, length);
}

function keyOf(value: unknown): string | null {
  if (value instanceof ObjectId) return `id ${value.toHexString()}`;
  if (value instanceof Binary) return `bytes ${value.toString('hex')}`;
  // `$name` is a field in an expression.
  return typeof value === 'string' && value.length >= SHORTEST && !value.startsWith('$') ? `text ${value}` : null;
}

function partsOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value as unknown[];
  return isPlain(value) ? Object.values(value) : [];
}

/** Dates, regular expressions and the types of BSON are values, not documents. */
function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function listOf(value: unknown): mongo.Document[] {
  return Array.isArray(value) ? (value as mongo.Document[]) : [];
}
