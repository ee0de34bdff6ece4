import type { Connection } from 'mongoose';
import { Suspension } from '../../src/account/suspension.ts';
import { Keyring } from '../../src/keyring.ts';
import { MongoUnitsOfWork, openConnection } from '../../src/mongo/connection.ts';
import { MongoSessionStore } from '../../src/mongo/session-store.ts';
import { MongoUserStore } from '../../src/mongo/user-store.ts';
import { AccessTokens } from '../../src/session/access-token.ts';
import type { Client, SessionStore } from '../../src/session/ports.ts';
import { Refreshing } from '../../src/session/refreshing.ts';
import { RefreshTokens } from '../../src/session/refresh-tokens.ts';
import { SessionService, type Tokens } from '../../src/session/session-service.ts';
import { SigningKeys } from '../../src/session/signing-keys.ts';
import type { User } from '../../src/users/user.ts';
import { freshEmail, freshPhone } from '../support/codes.ts';
import type { FakeClock } from '../support/server.ts';

export const REFRESH_TTL_SECONDS = 60;
export const SESSION_MAX_SECONDS = 150;
export const REFRESH_TOKENS = new RefreshTokens([new Keyring('o'.repeat(32))]);
const SETTINGS = { issuer: 'i', audience: 'a', accessTtlSeconds: 10_000 };
const KEYS = new SigningKeys({ algorithm: 'HS256', secrets: ['s'.repeat(32)] });

/** The session room of one server process, on a connection of its own. */
export interface Process {
  readonly connection: Connection;
  readonly store: SessionStore;
  readonly users: MongoUserStore;
  readonly units: MongoUnitsOfWork;
  readonly sessions: SessionService;
  readonly refreshing: Refreshing;
  readonly suspension: Suspension;
  /** The sessions that this process has ended because of a token that came back. */
  readonly reused: string[];
  newUser(): Promise<User>;
  open(userId: string, client: Client): Promise<Tokens>;
}

/** Opens it on the database that `uri` names. */
export async function openProcess(uri: string, clock: FakeClock): Promise<Process> {
  const connection = await openConnection(uri);
  const [store, users, units] = [
    new MongoSessionStore(connection, SESSION_MAX_SECONDS),
    new MongoUserStore(connection),
    new MongoUnitsOfWork(connection),
  ];
  await store.prepare();
  // What is over would be cleaned up while a test looks at it.
  await connection.db!.collection('sessions').dropIndex('expiresAt_1');
  await users.prepare();
  const reused: string[] = [];
  const parts = {
    store,
    users,
    accessTokens: new AccessTokens(SETTINGS, KEYS, clock.now),
    refreshTokens: REFRESH_TOKENS,
    refreshTtlSeconds: REFRESH_TTL_SECONDS,
    sessionMaxSeconds: SESSION_MAX_SECONDS,
    clock: clock.now,
    onReuse: ({ sessionId }: { sessionId: string }) => void reused.push(sessionId),
  };
  const sessions = new SessionService(parts);
  return {
    connection,
    store,
    users,
    units,
    sessions,
    refreshing: new Refreshing(parts),
    suspension: new Suspension({ users, sessions: store, clock: clock.now }),
    reused,
    newUser: () => {
      const proven = { email: freshEmail(), phone: freshPhone(), phoneVerifiedAt: new Date(), emailVerifiedAt: null };
      return units.run((unit) => users.insert({ ...proven, passwordHash: 'hash' }, unit));
    },
    open: (userId, client) => units.run((unit) => sessions.open(userId, ['otp'], client, unit)),
  };
}
