import { fastifyApolloDrainPlugin } from '@as-integrations/fastify';
import type { FastifyInstance } from 'fastify';
import type { DestinationStream } from 'pino';
import { systemClock, type Clock } from './clock.ts';
import { composeNotifier } from './compose-notices.ts';
import { composeProvider } from './compose-provider.ts';
import { composeRooms, composeStores } from './compose-rooms.ts';
import type { Config } from './config.ts';
import { createApollo } from './graphql/apollo.ts';
import { createSchema } from './graphql/schema.ts';
import { addDevelopmentRoutes } from './http/development.ts';
import { addGraphqlRoute } from './http/graphql-route.ts';
import { addHealthRoutes } from './http/health.ts';
import { addJwksRoute } from './http/jwks.ts';
import { createHttpServer } from './http/server.ts';
import { DevelopmentNotices } from './local/notice-inbox.ts';
import { openConnection } from './mongo/connection.ts';
import { unavailableWhenDown } from './mongo/failures.ts';
import { Keyring } from './otp/keyring.ts';
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
  const notices = inbox && new DevelopmentNotices(clock);
  const notifier = composeNotifier({ mailer, inbox: notices }, logger);
  const connection = await openConnection(config.mongodbUri);
  const stores = await composeStores(connection, keyring, clock);
  const signingKeys = new SigningKeys(config.jwt.signing);
  const rooms = composeRooms(config, { stores, provider, notifier, keyring, signingKeys, clock, logger });
  const schema = await createSchema(rooms.resolvers, stores.limits, config.rateLimitScale);

  const app = await createHttpServer({ ...config, logger });
  const { introspection, production } = config;
  const plugins = [fastifyApolloDrainPlugin(app)];
  const apollo = createApollo(schema, { introspection, sandbox: !production, logger, plugins });
  await apollo.start();
  addGraphqlRoute(app, apollo, (token) => rooms.sessions.find(token));
  addHealthRoutes(app, async () => void (await unavailableWhenDown(() => connection.db!.command({ ping: 1 }))));
  addJwksRoute(app, signingKeys.jwks);
  if (!production) addDevelopmentRoutes(app, inbox && notices && { inbox, notices });

  return {
    app,
    listen: () => app.listen({ port: config.port, host: config.host }),
    close: async () => {
      await app.close();
      await apollo.stop();
      await rooms.deliveries.drain();
      await notifier.drain();
      mailer?.close();
      await connection.close();
    },
  };
}
