import mongoose, { type Connection, type mongo } from 'mongoose';
import type { UnitOfWork, UnitsOfWork } from '../unit-of-work.ts';
import { AppError } from '../errors.ts';
import { isUnreachable, OPERATION_TIMEOUT_MS, unavailableWhenDown } from './failures.ts';

/** How long a start waits for a database that is not there yet. */
const START_PATIENCE_MS = 30_000;
/** The longest pause after a conflict of two transactions. */
const CONFLICT_PAUSE_MS = 40;

/**
 * Connects, waiting a while for a database that is still starting. Every write is acknowledged by the majority and
 * journalled, so that nothing acknowledged is lost; after a failure the driver finds the database again by itself.
 * @param options.monitorCommands true: the driver tells of every command, for those who count them; each costs a copy
 * @throws Error with one line for the operator: unreachable, or no replica set
 */
export async function openConnection(
  uri: string,
  { patienceMs = START_PATIENCE_MS, monitorCommands = false } = {},
): Promise<Connection> {
  const giveUpAt = performance.now() + patienceMs;
  for (;;) {
    const connection = mongoose.createConnection();
    try {
      await connection.openUri(uri, { ...CLIENT_OPTIONS, monitorCommands });
      await requireReplicaSet(connection);
      return connection;
    } catch (error) {
      await connection.close(true).catch(() => undefined);
      if (!isUnreachable(error)) throw error;
      if (performance.now() >= giveUpAt)
        throw new Error('MongoDB cannot be reached: check that MONGODB_URI is right and that the database is running', {
          cause: error,
        });
    }
  }
}

const CLIENT_OPTIONS = {
  appName: 'otpql',
  bufferCommands: false,
  autoIndex: false,
  autoCreate: false,
  serverSelectionTimeoutMS: OPERATION_TIMEOUT_MS,
  connectTimeoutMS: OPERATION_TIMEOUT_MS,
  waitQueueTimeoutMS: OPERATION_TIMEOUT_MS,
  socketTimeoutMS: 10_000,
  heartbeatFrequencyMS: 1_000,
  maxPoolSize: 50,
  w: 'majority',
  journal: true,
  readPreference: 'primary',
} as const;

async function requireReplicaSet(connection: Connection): Promise<void> {
  const hello = await connection.db!.command({ hello: 1 });
  if (hello['setName'] || hello['msg'] === 'isdbgrid') return;
  throw new Error(
    'MONGODB_URI names a MongoDB that is no replica set, and transactions need one: start mongod with --replSet and run rs.initiate()',
  );
}

/**
 * What the clock of the primary says (milliseconds since the epoch); of a sharded cluster, that of the router.
 * @throws AppError SERVICE_UNAVAILABLE
 */
export async function databaseTime(connection: Connection): Promise<number> {
  const { localTime } = await unavailableWhenDown(() => connection.db!.command({ hello: 1 }));
  return (localTime as Date).getTime();
}

/** Transactions of MongoDB: snapshot reads, majority writes. */
export class MongoUnitsOfWork implements UnitsOfWork {
  readonly #connection: Connection;
  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * The driver's own `withTransaction` retries for two minutes, longer than any caller waits; here conflicts and lost
   * answers are retried until the deadline, and work that missed it is aborted, never committed behind the caller's back.
   */
  run<T>(work: (unit: UnitOfWork) => Promise<T>): Promise<T> {
    const deadline = performance.now() + OPERATION_TIMEOUT_MS;
    return unavailableWhenDown(() => this.#runUntil(deadline, work));
  }

  async #runUntil<T>(deadline: number, work: (unit: UnitOfWork) => Promise<T>): Promise<T> {
    for (;;) {
      const session = await this.#connection.startSession();
      try {
        session.startTransaction(TRANSACTION_OPTIONS);
        const result = await work(session as unknown as UnitOfWork);
        if (performance.now() > deadline)
          throw new AppError('SERVICE_UNAVAILABLE', { reason: 'the transaction took too long' });
        await commit(session, deadline);
        return result;
      } catch (error) {
        const mayRetry = hasLabel(error, 'TransientTransactionError') && performance.now() < deadline;
        if (!mayRetry) throw error;
        // Those who conflicted must not meet again at the same instant: without a pause twenty at one user starve.
        await new Promise((resolve) => setTimeout(resolve, Math.random() * CONFLICT_PAUSE_MS));
      } finally {
        // Aborts what is still open. Nobody waits for it: with the database down it takes as long as a whole request may.
        void session.endSession().catch(() => undefined);
      }
    }
  }
}

const TRANSACTION_OPTIONS = {
  readConcern: { level: 'snapshot' },
  writeConcern: { w: 'majority', journal: true },
  maxCommitTimeMS: OPERATION_TIMEOUT_MS,
} as const;

/** A commit whose answer was lost is asked again: MongoDB commits a transaction once, however often it is told to. */
async function commit(session: mongo.ClientSession, deadline: number): Promise<void> {
  for (;;) {
    try {
      await session.commitTransaction();
      return;
    } catch (error) {
      if (!hasLabel(error, 'UnknownTransactionCommitResult') || performance.now() >= deadline) throw error;
    }
  }
}

function hasLabel(error: unknown, label: string): boolean {
  return error instanceof mongoose.mongo.MongoError && error.hasErrorLabel(label);
}

/** The driver's session of a transaction that this adapter opened. */
export function sessionOf(unit: UnitOfWork): mongo.ClientSession {
  return unit as unknown as mongo.ClientSession;
}
