import { fastifyApolloDrainPlugin } from '@as-integrations/fastify';
import type { FastifyInstance } from 'fastify';
import type { DestinationStream } from 'pino';
import { machineClock, type Clock } from '../clock.ts';
import { composeNotifier } from './notices.ts';
import { composeProvider } from './provider.ts';
import { composeRooms } from './rooms.ts';
import { composeStores } from './stores.ts';
import { composeTime } from './time.ts';
import type { Config } from '../config/config.ts';
import { createApollo } from '../graphql/server/apollo.ts';
import { operationCounter } from '../graphql/server/operation-counter.ts';
import type { Hooks } from '../graphql/directives/rate-limit.ts';
import { createSchema } from '../graphql/schema.ts';
import { addDevelopmentRoutes } from '../http/development.ts';
import { addDocsPage } from '../http/docs.ts';
import { addGraphqlRoute } from '../http/graphql-route.ts';
import { addHealthRoutes } from '../http/health.ts';
import { addJwksRoute } from '../http/jwks.ts';
import { addMetricsRoute } from '../http/metrics.ts';
import { contextFactory } from '../http/request-context.ts';
import { addResetPage, addUndoPage } from '../http/link-pages.ts';
import { createHttpServer } from '../http/server.ts';
import { DevelopmentNotices } from '../local/notice-inbox.ts';
import { databaseTime, openConnection } from '../mongo/connection.ts';
import { OperationBudget } from '../limits/operation-budget.ts';
import { unavailableWhenDown } from '../mongo/failures.ts';
import { Keyring } from '../keyring.ts';
import { addRestRoutes } from '../rest/rest-routes.ts';
import { createOperationRunner } from '../rest/run-operation.ts';
import { SigningKeys } from '../session/signing-keys.ts';
import { createLogger } from '../telemetry/logger.ts';
import { meteredProvider } from '../telemetry/metered-provider.ts';
import { Metrics } from '../telemetry/metrics.ts';
import { MAX_APART_MS, type TimeSources } from '../timekeeper.ts';

export interface Server {
  /** Listens; returns the addresses. */
  listen(): Promise<string>;
  /** Lets requests in flight and background deliveries finish, then lets go of the database. */
  close(): Promise<void>;
  readonly app: FastifyInstance;
}

interface Outside {
  readonly clock?: Clock;
  readonly timeSources?: TimeSources;
  readonly logStream?: DestinationStream;
  readonly monitorCommands?: boolean;
}

/**
 * Builds the server from its configuration. Objects are built here, in the order in which they need each other, and
 * nowhere else.
 * @param outside what tests replace: the clock that everything goes by, or the two that it is made from; where log lines go;
 *   and whether the database's commands can be counted
 * @throws Error with one line for the operator, when the database cannot be used
 */
export async function compose(config: Config, outside: Outside = {}): Promise<Server> {
  const logger = createLogger(config.logLevel, outside.logStream);
  for (const warning of config.warnings) logger.warn(warning);
  const metrics = new Metrics();
  const connection = await openConnection(config.mongodbUri, outside);
  const ownSources = { machine: machineClock, database: () => databaseTime(connection) };
  const timekeeper = await composeTime(outside.timeSources ?? ownSources, logger, metrics);
  const clock = outside.clock ?? timekeeper.now;

  const keyring = new Keyring(config.otp.secrets[0]);
  const { provider, inbox, mailer } = composeProvider(config, keyring, clock, logger);
  const notices = inbox && new DevelopmentNotices(clock);
  const notifier = composeNotifier({ mailer, inbox: notices }, logger, metrics);
  const stores = await composeStores(connection, keyring, clock, config.jwt);
  const signingKeys = new SigningKeys(config.jwt.signing);
  const metered = provider && meteredProvider(provider, metrics);
  const parts = { stores, provider: metered, notifier, keyring, signingKeys, clock, logger, metrics };
  const rooms = composeRooms(config, parts);
  const limited = await createSchema(rooms, stores.limits, config.rateLimitScale, limitHooks(rooms, metrics));
  // Loaded only where it is wanted: the packages of federation take a third of a second.
  const schema = config.federation ? (await import('../graphql/server/federation.ts')).toSubgraph(limited) : limited;

  const app = await createHttpServer({
    ...config,
    logger,
    onAnswered: (request, seconds) => metrics.requestSeconds.observe(request, seconds),
  });
  const { introspection, production } = config;
  const counter = operationCounter({
    operation: (field) => metrics.operations.inc({ field }),
    error: (field, code) => metrics.graphqlErrors.inc({ field, code }),
  });
  const plugins = [fastifyApolloDrainPlugin(app), counter];
  const apollo = createApollo(schema, { introspection, sandbox: !production, logger, plugins });
  await apollo.start();
  const contextOf = contextFactory((token) => rooms.sessions.find(token));
  addGraphqlRoute(app, apollo, contextOf, new OperationBudget(clock, config.rateLimitScale));
  await addRestRoutes(app, createOperationRunner(apollo, contextOf), config.passwordReset.sunset);
  addPages(app, config);
  addHealthRoutes(app, {
    pingDatabase: async () => void (await unavailableWhenDown(() => connection.db!.command({ ping: 1 }))),
    isOnTime: () => timekeeper.apartMs() <= MAX_APART_MS,
  });
  addMetricsRoute(app, metrics, { token: config.metricsToken, production });
  addJwksRoute(app, signingKeys.jwks);
  if (!production) addDevelopmentRoutes(app, inbox && notices && { inbox, notices });

  return {
    app,
    listen: () => app.listen({ port: config.port, host: config.host }),
    close: async () => {
      await app.close();
      await apollo.stop();
      await rooms.background.drain();
      await notifier.drain();
      mailer?.close();
      timekeeper.stop();
      await connection.close();
    },
  };
}

/** What people open in a browser. */
function addPages(app: FastifyInstance, { passwordReset, production }: Config): void {
  if (passwordReset.methods.includes('email_link')) addResetPage(app);
  addUndoPage(app);
  if (!production) addDocsPage(app);
}

/** What the limits ask of the rooms, and tell. */
function limitHooks({ background, clients }: ReturnType<typeof composeRooms>, metrics: Metrics): Hooks {
  return {
    onRefused: (field, by) => metrics.rateLimitRefusals.inc({ field, by }),
    // Lost, it is a call too many in a bucket, and no more.
    inBackground: (work) => background.track(work.catch(() => undefined)),
    isKnown: async (context, destination) => clients.knows(await context.requester(), destination),
  };
}
