import { fastifyApolloDrainPlugin } from '@as-integrations/fastify';
import type { FastifyInstance } from 'fastify';
import type { DestinationStream } from 'pino';
import { PasswordResetService } from './account/password-reset.ts';
import { PasswordHasher } from './account/password.ts';
import { RegistrationService } from './account/registration.ts';
import { systemClock, type Clock } from './clock.ts';
import type { Config } from './config.ts';
import { AccountResolver } from './graphql/account.resolver.ts';
import { createApollo } from './graphql/apollo.ts';
import { ErrorsResolver } from './graphql/errors.resolver.ts';
import { OtpResolver } from './graphql/otp.resolver.ts';
import { createSchema } from './graphql/schema.ts';
import { addDevelopmentRoutes } from './http/development.ts';
import { addGraphqlRoute } from './http/graphql-route.ts';
import { addHealthRoutes } from './http/health.ts';
import { createHttpServer } from './http/server.ts';
import { DevelopmentInbox } from './local/inbox.ts';
import { LocalProvider } from './local/local-provider.ts';
import { MongoChallengeStore } from './mongo/challenge-store.ts';
import { MongoTransactions, openConnection } from './mongo/connection.ts';
import { unavailableWhenDown } from './mongo/failures.ts';
import { MongoRateLimitStore } from './mongo/rate-limit-store.ts';
import { MongoSessionStore } from './mongo/session-store.ts';
import { MongoUserStore } from './mongo/user-store.ts';
import { Deliveries } from './otp/delivery.ts';
import { Keyring } from './otp/keyring.ts';
import { OtpService } from './otp/otp-service.ts';
import { AccessTokens } from './session/access-token.ts';
import { SessionService } from './session/session-service.ts';
import { createLogger } from './telemetry/logger.ts';

export interface Server {
  /** Listens; returns the addresses. */
  listen(): Promise<string>;
  /** Lets requests in flight and background deliveries finish, then lets go of the database. */
  close(): Promise<void>;
  readonly app: FastifyInstance;
}

/**
 * Builds the server from its configuration: the only place that builds objects.
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

  const connection = await openConnection(config.mongodbUri);
  const db = connection.db!;
  const [current, ...previous] = config.otp.secrets;
  const keyring = new Keyring(current);
  const challenges = new MongoChallengeStore(db);
  const limits = new MongoRateLimitStore(db, keyring, clock);
  const users = new MongoUserStore(connection);
  const sessionStore = new MongoSessionStore(connection);
  for (const store of [challenges, limits, users, sessionStore]) await store.prepare();

  const policy = {
    ttlMs: config.otp.ttlSeconds * 1000,
    maxTries: config.otp.maxAttempts,
    cooldownMs: config.otp.resendCooldownSeconds * 1000,
  };
  const inbox = config.production ? null : new DevelopmentInbox(clock);
  const provider = new LocalProvider(keyring, inbox ?? new DevelopmentInbox(clock));
  const onLateFailure = (error: unknown) =>
    logger.warn({ err: error }, 'a delivery failed after its request was answered');
  const deliveries = new Deliveries({ store: challenges, provider, clock, onLateFailure });
  const keyrings: [Keyring, ...Keyring[]] = [keyring, ...previous.map((secret) => new Keyring(secret))];
  const transactions = new MongoTransactions(connection);
  const otp = new OtpService({ store: challenges, transactions, provider, deliveries, keyrings, policy, clock });

  const accessTokens = new AccessTokens(config.jwt, clock);
  const sessions = new SessionService({
    store: sessionStore,
    accessTokens,
    refreshTtlSeconds: config.jwt.refreshTtlSeconds,
    clock,
  });
  const passwords = new PasswordHasher();
  const registration = new RegistrationService({ otp, users, sessions, passwords, clock });
  const passwordReset = new PasswordResetService({ otp, users, sessions, passwords });

  const destinations = { phoneStrict: config.phoneStrict };
  const resolvers = {
    otp: new OtpResolver({ otp, passwordReset, destinations, policy, channels: ['SMS', 'EMAIL', 'WHATSAPP', 'VOICE'] }),
    account: new AccountResolver({ registration, passwordReset, destinations }),
    errors: new ErrorsResolver(),
  };
  const schema = await createSchema(resolvers, limits, config.rateLimitScale);

  const app = await createHttpServer({ ...config, logger });
  const { introspection, production } = config;
  const apollo = createApollo(schema, {
    introspection,
    sandbox: !production,
    logger,
    plugins: [fastifyApolloDrainPlugin(app)],
  });
  await apollo.start();
  addGraphqlRoute(app, apollo, (token) => sessions.find(token));
  addHealthRoutes(app, async () => void (await unavailableWhenDown(() => db.command({ ping: 1 }))));
  if (!production) addDevelopmentRoutes(app, inbox);

  return {
    app,
    listen: () => app.listen({ port: config.port, host: config.host }),
    close: async () => {
      await app.close();
      await apollo.stop();
      await deliveries.drain();
      await connection.close();
    },
  };
}
