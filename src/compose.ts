import { fastifyApolloDrainPlugin } from '@as-integrations/fastify';
import type { FastifyInstance } from 'fastify';
import type { Connection } from 'mongoose';
import type { DestinationStream, Logger } from 'pino';
import { PasswordResetService } from './account/password-reset.ts';
import { PasswordHasher } from './account/password.ts';
import { RegistrationService } from './account/registration.ts';
import { systemClock, type Clock } from './clock.ts';
import { composeProvider } from './compose-provider.ts';
import type { Config } from './config.ts';
import { AccountResolver } from './graphql/account.resolver.ts';
import { createApollo } from './graphql/apollo.ts';
import { ErrorsResolver } from './graphql/errors.resolver.ts';
import { OtpResolver } from './graphql/otp.resolver.ts';
import { createSchema } from './graphql/schema.ts';
import { addDevelopmentRoutes } from './http/development.ts';
import { addGraphqlRoute } from './http/graphql-route.ts';
import { addHealthRoutes } from './http/health.ts';
import { addJwksRoute } from './http/jwks.ts';
import { createHttpServer } from './http/server.ts';
import { MongoChallengeStore } from './mongo/challenge-store.ts';
import { MongoTransactions, openConnection } from './mongo/connection.ts';
import { unavailableWhenDown } from './mongo/failures.ts';
import { MongoLoginTicketStore } from './mongo/login-ticket-store.ts';
import { MongoRateLimitStore } from './mongo/rate-limit-store.ts';
import { MongoSessionStore } from './mongo/session-store.ts';
import { MongoUserStore } from './mongo/user-store.ts';
import { Attempts } from './otp/attempts.ts';
import { Deliveries } from './otp/delivery.ts';
import { Keyring } from './otp/keyring.ts';
import { OtpService } from './otp/otp-service.ts';
import type { OtpProvider } from './otp/ports.ts';
import { AccessTokens } from './session/access-token.ts';
import { SessionService } from './session/session-service.ts';
import { SigningKeys } from './session/signing-keys.ts';
import { createLogger } from './telemetry/logger.ts';

export interface Server {
  /** Listens; returns the addresses. */
  listen(): Promise<string>;
  /** Lets requests in flight and background deliveries finish, then lets go of the database. */
  close(): Promise<void>;
  readonly app: FastifyInstance;
}

/**
 * Builds the server from its configuration. Objects are built here, in the order in which they need each other, and
 * nowhere else.
 * @param outside what tests replace: the clock, and where log lines go
 * @throws Error with one line for the operator, when the database cannot be used
 */
export async function compose(
  config: Config,
  outside: { clock?: Clock; logStream?: DestinationStream } = {},
): Promise<Server> {
  const clock = outside.clock ?? systemClock;
  const logger = createLogger(config.logLevel, outside.logStream);
  for (const warning of config.warnings) logger.warn(warning);

  const keyring = new Keyring(config.otp.secrets[0]);
  const { provider, inbox, mailer } = composeProvider(config, keyring, clock, logger);
  const connection = await openConnection(config.mongodbUri);
  const stores = await composeStores(connection, keyring, clock);
  const signingKeys = new SigningKeys(config.jwt.signing);
  const rooms = composeRooms(config, { stores, provider, keyring, signingKeys, clock, logger });
  const schema = await createSchema(rooms.resolvers, stores.limits, config.rateLimitScale);

  const app = await createHttpServer({ ...config, logger });
  const { introspection, production } = config;
  const plugins = [fastifyApolloDrainPlugin(app)];
  const apollo = createApollo(schema, { introspection, sandbox: !production, logger, plugins });
  await apollo.start();
  addGraphqlRoute(app, apollo, (token) => rooms.sessions.find(token));
  addHealthRoutes(app, async () => void (await unavailableWhenDown(() => connection.db!.command({ ping: 1 }))));
  addJwksRoute(app, signingKeys.jwks);
  if (!production) addDevelopmentRoutes(app, inbox);

  return {
    app,
    listen: () => app.listen({ port: config.port, host: config.host }),
    close: async () => {
      await app.close();
      await apollo.stop();
      await rooms.deliveries.drain();
      mailer?.close();
      await connection.close();
    },
  };
}

async function composeStores(connection: Connection, keyring: Keyring, clock: Clock) {
  const db = connection.db!;
  const challenges = new MongoChallengeStore(db);
  const limits = new MongoRateLimitStore(db, keyring, clock);
  const users = new MongoUserStore(connection);
  const sessions = new MongoSessionStore(connection);
  const tickets = new MongoLoginTicketStore(connection);
  for (const store of [challenges, limits, users, sessions, tickets]) await store.prepare();
  return { challenges, limits, users, sessions, tickets, transactions: new MongoTransactions(connection) };
}

interface RoomParts {
  readonly stores: Awaited<ReturnType<typeof composeStores>>;
  readonly provider: OtpProvider | null;
  readonly keyring: Keyring;
  readonly signingKeys: SigningKeys;
  readonly clock: Clock;
  readonly logger: Logger;
}

function composeRooms(config: Config, { stores, provider, keyring, signingKeys, clock, logger }: RoomParts) {
  const { challenges: store, users, transactions } = stores;
  const keyrings = [keyring, ...config.otp.secrets.slice(1).map((secret) => new Keyring(secret))] as const;
  const policy = {
    ttlMs: config.otp.ttlSeconds * 1000,
    maxTries: config.otp.maxAttempts,
    cooldownMs: config.otp.resendCooldownSeconds * 1000,
  };
  let lateFailures = 0;
  const onLateFailure = (error: unknown) => {
    lateFailures += 1;
    const { reason } = error as { reason?: string };
    logger.warn({ err: error, reason, lateFailures }, 'work failed after its request was answered');
  };
  const deliveries = new Deliveries({ store, provider, clock, onLateFailure });
  const attempts = new Attempts({ store, provider, deliveries, keyrings, policy, clock });
  const { channels } = config.otp;
  const otp = new OtpService({
    store,
    transactions,
    provider,
    deliveries,
    attempts,
    keyrings,
    policy,
    clock,
    channels,
  });

  const accessTokens = new AccessTokens(config.jwt, signingKeys, clock);
  const refreshTtlSeconds = config.jwt.refreshTtlSeconds;
  const sessions = new SessionService({ store: stores.sessions, accessTokens, refreshTtlSeconds, clock });
  const passwords = new PasswordHasher();
  const registration = new RegistrationService({ otp, users, sessions, passwords, clock });
  const passwordReset = new PasswordResetService({ otp, users, sessions, passwords });

  const destinations = { phoneStrict: config.phoneStrict };
  const resolvers = {
    otp: new OtpResolver({ otp, passwordReset, destinations, policy, channels }),
    account: new AccountResolver({ registration, passwordReset, destinations }),
    errors: new ErrorsResolver(),
  };
  return { resolvers, sessions, deliveries };
}
