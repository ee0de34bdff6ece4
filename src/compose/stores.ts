import type { Connection } from 'mongoose';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Keyring } from '../keyring.ts';
import { MongoDestinationStore } from '../mongo/destination-store.ts';
import { MongoUnitsOfWork } from '../mongo/connection.ts';
import { MongoLoginTicketStore } from '../mongo/login-ticket-store.ts';
import { MongoRateLimitStore } from '../mongo/rate-limit-store.ts';
import { MongoResetLinkStore } from '../mongo/reset-link-store.ts';
import { MongoUndoLinkStore } from '../mongo/undo-link-store.ts';
import { MongoSessionStore } from '../mongo/session-store.ts';
import { MongoUserStore } from '../mongo/user-store.ts';

/** The stores, with their indexes made; part of `compose`. */
export async function composeStores(
  connection: Connection,
  keyring: Keyring,
  clock: Clock,
  { sessionMaxSeconds }: Pick<Config['jwt'], 'sessionMaxSeconds'>,
) {
  const db = connection.db!;
  const destinations = new MongoDestinationStore(db);
  const limits = new MongoRateLimitStore(db, keyring, clock);
  const users = new MongoUserStore(connection);
  const sessions = new MongoSessionStore(connection, sessionMaxSeconds);
  const tickets = new MongoLoginTicketStore(connection);
  const resetLinks = new MongoResetLinkStore(connection);
  const undoLinks = new MongoUndoLinkStore(connection);
  const stores = { destinations, limits, users, sessions, tickets, resetLinks, undoLinks };
  for (const store of Object.values(stores)) await store.prepare();
  return { ...stores, units: new MongoUnitsOfWork(connection) };
}

export type Stores = Awaited<ReturnType<typeof composeStores>>;
