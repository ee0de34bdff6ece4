import { pbkdf2, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import argon2 from 'argon2';
import bcrypt from 'bcrypt';

/** Compares a password with one stored hash, off the event loop and in constant time. */
export type Comparison = (password: string) => Promise<boolean>;

/** A hash that cannot be checked here, with the reason; the hash itself is never in the message. */
export class UnusableHashError extends Error {
  override readonly name = 'UnusableHashError';
}

/**
 * Reads a stored password hash: argon2id and argon2i (PHC), Werkzeug's `pbkdf2` and `scrypt`, bcrypt. A stored hash says
 * how much work its check is. One that asks for more than about two seconds or 256 MiB is refused, at import and at login:
 * else each login with it would hold a core, or end the process for want of memory.
 * @throws UnusableHashError another method, a damaged hash, or a cost beyond these limits
 */
export function readPasswordHash(stored: string): Comparison {
  if (/^\$argon2id?\$/.test(stored)) return readArgon2(stored);
  if (stored.startsWith('pbkdf2:')) return readPbkdf2(stored);
  if (stored.startsWith('scrypt:')) return readScrypt(stored);
  if (/^\$2[aby]\$/.test(stored)) return readBcrypt(stored);
  throw new UnusableHashError(
    'is of no supported method: pbkdf2 and scrypt of Werkzeug, bcrypt, argon2i and argon2id are',
  );
}

const MAX_MEMORY_KIB = 256 * 1024;
const MAX_ARGON2_WORK_KIB = 1024 * 1024;
const MAX_LANES = 16;
const MAX_SCRYPT_WORK = 2 ** 22;
const MAX_PBKDF2_ITERATIONS = 3_000_000;
const MAX_BCRYPT_COST = 15;

function readArgon2(stored: string): Comparison {
  const parts =
    /^\$argon2id?\$(?:v=(\d+)\$)?([mtp]=\d{1,10},[mtp]=\d{1,10},[mtp]=\d{1,10})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;
  const [, version = '16', parameters, salt, hash] = parts.exec(stored) ?? damaged('argon2');
  const {
    m = 0,
    t = 0,
    p = 0,
  } = Object.fromEntries(
    parameters!.split(',').map((parameter) => [parameter[0], Number(parameter.slice(2))]),
  ) as Partial<Record<string, number>>;
  const usable = ['16', '19'].includes(version) && t >= 1 && p >= 1 && m >= 8 * p;
  if (!usable || !isBetween(bytesOf(salt!), 8, 64) || !isBetween(bytesOf(hash!), 16, 64)) damaged('argon2');
  if (m > MAX_MEMORY_KIB || m * t > MAX_ARGON2_WORK_KIB || p > MAX_LANES)
    tooCostly(`argon2 up to m=${MAX_MEMORY_KIB}, m times t up to ${MAX_ARGON2_WORK_KIB}, p=${MAX_LANES}`);
  return (password) => argon2.verify(stored, password);
}

const bytesOf = (base64: string) => Math.floor((base64.length * 3) / 4);

/** The digests of `pbkdf2:DIGEST`, with the bytes of each. */
export const DIGEST_BYTES = new Map(Object.entries({ sha1: 20, sha256: 32, sha512: 64 }));
/** Werkzeug writes the count into each hash; one without was checked with the default of the version in use. */
const WERKZEUG_DEFAULTS = [1_000_000, 600_000, 260_000, 150_000, 50_000, 1_000];
const derivePbkdf2 = promisify(pbkdf2);

/** `pbkdf2:sha256:600000$salt$hex`: the salt is used as the text that it is. */
function readPbkdf2(stored: string): Comparison {
  const parts = /^pbkdf2:(\w+)(?::(\d{1,12}))?\$([^$]{1,128})\$([0-9a-f]+)$/;
  const [, digest, count, salt, hex] = parts.exec(stored) ?? damaged('pbkdf2');
  const length = DIGEST_BYTES.get(digest!);
  if (!length) throw new UnusableHashError('is of no supported method: pbkdf2 with sha1, sha256 or sha512 are');
  const expected = Buffer.from(hex!, 'hex');
  if (hex!.length !== 2 * length || Number(count) === 0) damaged('pbkdf2');
  if (Number(count) > MAX_PBKDF2_ITERATIONS) tooCostly(`pbkdf2 up to ${MAX_PBKDF2_ITERATIONS} iterations`);
  return async (password) => {
    for (const iterations of count ? [Number(count)] : WERKZEUG_DEFAULTS)
      if (timingSafeEqual(await derivePbkdf2(password, salt!, iterations, length, digest!), expected)) return true;
    return false;
  };
}

const deriveScrypt = promisify<string, string, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(
  scrypt,
);

/** `scrypt:32768:8:1$salt$hex` (N, r, p): 64 bytes, the salt used as the text that it is. */
function readScrypt(stored: string): Comparison {
  const parts = /^scrypt:(\d{1,10}):(\d{1,10}):(\d{1,10})\$([^$]{1,128})\$([0-9a-f]{128})$/;
  const [, ...found] = parts.exec(stored) ?? damaged('scrypt');
  const [N = 0, r = 0, p = 0] = found.slice(0, 3).map(Number);
  const [salt, hex] = found.slice(3) as [string, string];
  if (N < 2 || !Number.isInteger(Math.log2(N)) || r < 1 || p < 1) damaged('scrypt');
  if ((N * r) / 8 > MAX_MEMORY_KIB || N * r * p > MAX_SCRYPT_WORK || p > MAX_LANES)
    tooCostly(
      `scrypt up to N times r of ${MAX_MEMORY_KIB * 8}, N times r times p of ${MAX_SCRYPT_WORK}, p=${MAX_LANES}`,
    );
  const expected = Buffer.from(hex, 'hex');
  // What OpenSSL counts: N blocks and p blocks of 128 r bytes, and a little.
  const maxmem = 128 * r * (N + p + 2) + 1024;
  return async (password) => timingSafeEqual(await deriveScrypt(password, salt, 64, { N, r, p, maxmem }), expected);
}

const MAX_BCRYPT_BYTES = 72;
const BCRYPT_HASH_LENGTH = 31;

/**
 * bcrypt reads the first 72 bytes. They are cut off here, and every letter is computed as `$2b$`: under `$2a$` the
 * library keeps a password's length in one byte, so that 256 characters count as none, and it does not know `$2y$`.
 */
function readBcrypt(stored: string): Comparison {
  const [, cost, salt, hash] =
    /^\$2[aby]\$(\d\d)\$([./A-Za-z0-9]{22})([./A-Za-z0-9]{31})$/.exec(stored) ?? damaged('bcrypt');
  if (!isBetween(Number(cost), 4, 31)) damaged('bcrypt');
  if (Number(cost) > MAX_BCRYPT_COST) tooCostly(`bcrypt up to cost ${MAX_BCRYPT_COST}`);
  const expected = Buffer.from(hash!);
  return async (password) => {
    const typed = Buffer.from(password).subarray(0, MAX_BCRYPT_BYTES);
    const made = await bcrypt.hash(typed, `$2b$${cost}$${salt}`);
    return timingSafeEqual(Buffer.from(made.slice(-BCRYPT_HASH_LENGTH)), expected);
  };
}

const isBetween = (value: number, min: number, max: number) => value >= min && value <= max;

function damaged(method: string): never {
  throw new UnusableHashError(`is no complete ${method} hash`);
}

function tooCostly(limits: string): never {
  throw new UnusableHashError(`asks for more work than a login may take: ${limits}`);
}
