import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import { randomUUID } from 'node:crypto';
import fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import type { Logger } from 'pino';
import type { ErrorCode } from '../errors.ts';
import { formatHttpError } from '../graphql/server/format-error.ts';
import { BODY_LIMIT_BYTES, httpMistake } from './mistakes.ts';

/** Longer than any request may take: one that hangs on reading its own body is cut off. */
const REQUEST_TIMEOUT_MS = 15_000;
const APOLLO_ORIGINS = ['https://studio.apollographql.com', 'https://sandbox.embed.apollographql.com'];
const LOCALHOST_ORIGIN = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

interface HttpOptions {
  readonly production: boolean;
  readonly trustProxy: false | number | readonly string[];
  readonly corsOrigins: readonly string[];
  readonly logger: Logger;
  /** Told of every answered request; `route` is the pattern, or `unknown`. */
  readonly onAnswered: (request: { method: string; route: string; status: number }, seconds: number) => void;
}

/** Fastify with what every route shares: request ids, security headers, CORS, body limits, errors and the request log. */
export async function createHttpServer(options: HttpOptions): Promise<FastifyInstance> {
  const { production, trustProxy, corsOrigins } = options;
  const logger: FastifyBaseLogger = options.logger;
  const app = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: () => randomUUID(),
    trustProxy: trusted(trustProxy),
    bodyLimit: BODY_LIMIT_BYTES,
    // A number is no code and no phone: what a schema calls a string must be one.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
    requestTimeout: REQUEST_TIMEOUT_MS,
    // A path that cannot be decoded is refused before there is a route.
    frameworkErrors: answerError,
    // At shutdown idle keep-alive connections close at once; requests in flight finish.
    forceCloseConnections: 'idle',
    return503OnClosing: false,
  });
  app.removeContentTypeParser('text/plain');
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id);
  });
  app.addHook('onResponse', async (request, reply) => {
    // The route's pattern, not the URL: a query string could hold a code or a number.
    const route = request.routeOptions.url ?? 'unknown';
    const answered = { method: request.method, route, status: reply.statusCode };
    request.log.info({ ...answered, ms: Math.round(reply.elapsedTime) }, 'request');
    options.onAnswered(answered, reply.elapsedTime / 1000);
  });
  await app.register(helmet, {
    contentSecurityPolicy: { directives: { defaultSrc: ["'self'"], upgradeInsecureRequests: null } },
  });
  const origin = production ? [...corsOrigins] : [LOCALHOST_ORIGIN, ...APOLLO_ORIGINS, ...corsOrigins];
  await app.register(cors, {
    origin,
    methods: ['GET', 'POST'],
    exposedHeaders: ['retry-after', 'x-request-id', 'deprecation', 'sunset'],
    maxAge: 600,
  });
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request, reply) => {
    const [code, message] = ['BAD_USER_INPUT', 'There is nothing at this path'] as const;
    // A path that is nobody's: clients of REST and of GraphQL each find the shape that they know.
    void reply.code(404).send({ error: message, code, ...formatHttpError(code, message, request.id) });
  });
  return app;
}

/** Which of the addresses before us are our proxies: the first so many hops, or those on the list. */
function trusted(trustProxy: HttpOptions['trustProxy']) {
  if (typeof trustProxy === 'number') return (_address: string, hop: number) => hop < trustProxy;
  return trustProxy && [...trustProxy];
}

function answerError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const mistake = httpMistake(error);
  if (!mistake) {
    request.log.error({ err: error }, 'failed');
    void reply.code(500).send(formatHttpError('INTERNAL_SERVER_ERROR', 'Something went wrong on our side', request.id));
    return;
  }
  const code: ErrorCode = 'BAD_USER_INPUT';
  request.log.info({ errorCode: code, reason: error.code }, 'refused');
  const answer = formatHttpError(code, mistake.message, request.id);
  answer.errors[0]!.extensions!['field'] = 'body';
  void reply.code(mistake.status).send(answer);
}
