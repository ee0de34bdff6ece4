import type { Connection } from 'mongoose';
import { MongoUnitsOfWork, openConnection } from '../../src/mongo/connection.ts';
import { MongoSessionStore } from '../../src/mongo/session-store.ts';
import { MongoUserStore } from '../../src/mongo/user-store.ts';
import { Keyring } from '../../src/keyring.ts';
import { AccessTokens } from '../../src/session/access-token.ts';
import type { Client } from '../../src/session/ports.ts';
import { RefreshTokens } from '../../src/session/refresh-tokens.ts';
import { SessionService, type Tokens } from '../../src/session/session-service.ts';
import { SigningKeys } from '../../src/session/signing-keys.ts';
import type { TestServer } from './server.ts';
import { sharedMongodUri } from './shared-mongod.ts';

/** The secrets of a server whose users `SignIns` can sign in. */
export const SECRETS = {
  OTP_SECRET: 'the otp secret of these tests, long enough',
  JWT_SECRET_KEY: 'the jwt secret of these tests, long enough',
};

/** Opens sessions beside the API, in the server's own database: as many as a test wants, from any client. */
export class SignIns {
  readonly #connection: Connection;
  readonly #units: MongoUnitsOfWork;
  readonly #sessions: SessionService;

  private constructor(connection: Connection, server: TestServer) {
    this.#connection = connection;
    this.#units = new MongoUnitsOfWork(connection);
    const settings = { issuer: 'http://localhost:0', audience: 'otpql', accessTtlSeconds: 900 };
    const keys = new SigningKeys({ algorithm: 'HS256', secrets: [SECRETS.JWT_SECRET_KEY] });
    this.#sessions = new SessionService({
      store: new MongoSessionStore(connection, 7_776_000),
      users: new MongoUserStore(connection),
      accessTokens: new AccessTokens(settings, keys, server.clock.now),
      refreshTokens: new RefreshTokens([new Keyring(SECRETS.OTP_SECRET)]),
      refreshTtlSeconds: 2_592_000,
      sessionMaxSeconds: 7_776_000,
      clock: server.clock.now,
    });
  }

  static async on(server: TestServer): Promise<SignIns> {
    return new SignIns(await openConnection(sharedMongodUri(server.db.databaseName)), server);
  }

  open(userId: string, client: Partial<Client> = {}, amr: readonly string[] = ['pwd']): Promise<Tokens> {
    const whole = { ip: '203.0.113.7', userAgent: 'test', ...client };
    return this.#units.run((unit) => this.#sessions.open(userId, amr, whole, unit));
  }

  close(): Promise<void> {
    return this.#connection.close();
  }
}
