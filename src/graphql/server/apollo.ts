import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { unwrapResolverError } from '@apollo/server/errors';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { ApolloServerPluginLandingPageLocalDefault } from '@apollo/server/plugin/landingPage/default';
import { GraphQLError, type GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import { AppError } from '../../errors.ts';
import type { RequestContext } from '../context.ts';
import { formatError } from './format-error.ts';
import { MAX_TOKENS, operationLimits } from './operation-limits.ts';

/**
 * The GraphQL server. Batches, persisted queries and stack traces are off, requests that a foreign page could forge are
 * refused (CSRF), and with introspection off the schema is not told by its error messages either.
 */
export function createApollo(
  schema: GraphQLSchema,
  options: {
    readonly introspection: boolean;
    readonly sandbox: boolean;
    readonly logger: Logger;
    readonly plugins: ApolloServerPlugin<RequestContext>[];
  },
): ApolloServer<RequestContext> {
  const { introspection, sandbox, logger } = options;
  return new ApolloServer<RequestContext>({
    schema,
    introspection,
    hideSchemaDetailsFromClientErrors: !introspection,
    includeStacktraceInErrorResponses: false,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    stopOnTerminationSignals: false,
    parseOptions: { maxTokens: MAX_TOKENS },
    validationRules: [operationLimits],
    formatError,
    logger,
    plugins: [
      sandbox
        ? ApolloServerPluginLandingPageLocalDefault({ embed: true, includeCookies: false })
        : ApolloServerPluginLandingPageDisabled(),
      errorReports(logger),
      ...options.plugins,
    ],
  });
}

/** Logs refusals and failures, and tells the client the request's id and when to come back. */
function errorReports(logger: Logger): ApolloServerPlugin<RequestContext> {
  return {
    requestDidStart: () =>
      Promise.resolve({
        didEncounterErrors: ({ errors, contextValue }) => {
          for (const error of errors) report(logger, unwrapResolverError(error), contextValue.requestId);
          return Promise.resolve();
        },
        willSendResponse: ({ response, contextValue }) => {
          if (response.body.kind !== 'single') return Promise.resolve();
          const waits: number[] = [];
          for (const { extensions } of response.body.singleResult.errors ?? []) {
            if (!extensions) continue;
            extensions['requestId'] = contextValue.requestId;
            if (typeof extensions['retryAfterSeconds'] === 'number') waits.push(extensions['retryAfterSeconds']);
          }
          if (waits.length > 0) response.http.headers.set('retry-after', String(Math.max(...waits)));
          return Promise.resolve();
        },
      }),
  };
}

const OPERATORS_BUSINESS = new Set(['SERVICE_UNAVAILABLE', 'OVERLOADED', 'PROVIDER_ERROR', 'PROVIDER_NOT_CONFIGURED']);

function report(logger: Logger, error: unknown, requestId: string): void {
  const errorCode = error instanceof AppError ? error.code : undefined;
  if (!(error instanceof AppError)) {
    // graphql-js speaks of the client's own document; anything else is a defect of ours.
    if (error instanceof GraphQLError) logger.info({ requestId, errorCode: 'BAD_USER_INPUT' }, 'refused');
    else logger.error({ requestId, errorCode: 'INTERNAL_SERVER_ERROR', err: error }, 'failed');
  } else if (error.code === 'INTERNAL_SERVER_ERROR' || OPERATORS_BUSINESS.has(error.code)) {
    logger.warn({ requestId, errorCode, reason: error.reason, err: error.cause }, 'failed');
  } else {
    logger.info({ requestId, errorCode, reason: error.reason, field: error.facts.field }, 'refused');
  }
}
