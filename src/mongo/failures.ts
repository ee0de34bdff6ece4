import mongoose from 'mongoose';
import { AppError } from '../errors.ts';

const { MongoNetworkError, MongoServerSelectionError, MongoServerError } = mongoose.mongo;
const { MongoNotConnectedError, MongoTopologyClosedError, MongoClientClosedError, MongoError } = mongoose.mongo;

/** One database operation, server selection and the driver's retry included, ends within this: a request that meets a dead database answers within 3 s. */
export const OPERATION_TIMEOUT_MS = 2_000;

/** The same for work by the thousand, for which no request waits: longer than the driver's own patience with a silent socket, twice. */
export const BATCH_TIMEOUT_MS = 30_000;

const DUPLICATE_KEY = 11000;
/** Server errors that say "not now": stepping down, shutting down, interrupted, write concern lost (MongoDB error codes). */
const TRANSIENT_CODES = new Set([6, 7, 50, 64, 89, 91, 112, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436]);

/** True when an insert or upsert met a unique index. */
export function isDuplicateKey(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === DUPLICATE_KEY;
}

/**
 * Runs a database operation; a database that cannot be reached, or does not answer in time, becomes the public error.
 * @throws AppError SERVICE_UNAVAILABLE
 */
export async function unavailableWhenDown<T>(
  operation: () => Promise<T>,
  timeoutMs = OPERATION_TIMEOUT_MS,
): Promise<T> {
  const deadline = new Deadline(timeoutMs);
  try {
    return await Promise.race([operation(), deadline.passed]);
  } catch (error) {
    if (!isUnreachable(error)) throw error;
    throw unavailable(error);
  } finally {
    deadline.clear();
  }
}

/** The public form of an unreachable database; the driver's words stay private. */
export function unavailable(cause: unknown): AppError {
  const reason = `the database cannot be reached (${cause instanceof Error ? cause.name : 'unknown'})`;
  return new AppError('SERVICE_UNAVAILABLE', { facts: { retryAfterSeconds: 2 }, reason, cause });
}

class DeadlinePassed extends Error {
  override readonly name = 'DeadlinePassed';
}

class Deadline {
  readonly passed: Promise<never>;
  #timer: NodeJS.Timeout | undefined;

  constructor(ms: number) {
    this.passed = new Promise((_resolve, reject) => {
      this.#timer = setTimeout(() => reject(new DeadlinePassed()), ms);
    });
    // Where nobody waits any more, a passed deadline is no news.
    this.passed.catch(() => undefined);
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}

/** What Node says of a socket whose other end is gone; the driver lets it through where it writes to one just closed. */
const SOCKET_CODES = new Set(['EPIPE', 'ECONNRESET', 'ECONNREFUSED', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH']);

function isSocketError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && SOCKET_CODES.has(String(error.code));
}

/** True for errors that say "not now": no connection, no primary, timed out, stepping down. */
export function isUnreachable(error: unknown): boolean {
  return (
    error instanceof DeadlinePassed ||
    isSocketError(error) ||
    error instanceof MongoNetworkError ||
    error instanceof MongoServerSelectionError ||
    (error instanceof MongoError && error.name === 'MongoWaitQueueTimeoutError') ||
    error instanceof MongoNotConnectedError ||
    error instanceof MongoTopologyClosedError ||
    error instanceof MongoClientClosedError ||
    error instanceof mongoose.Error.MongooseServerSelectionError ||
    (error instanceof MongoServerError && typeof error.code === 'number' && TRANSIENT_CODES.has(error.code)) ||
    (error instanceof MongoError &&
      (error.hasErrorLabel('RetryableWriteError') || error.hasErrorLabel('TransientTransactionError')))
  );
}
