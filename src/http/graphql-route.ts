import type { ApolloServer } from '@apollo/server';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ERROR_TABLE } from '../errors.ts';
import type { RequestContext } from '../graphql/context.ts';
import { formatHttpError } from '../graphql/server/format-error.ts';
import type { OperationBudget } from '../limits/operation-budget.ts';

/** Puts the GraphQL API at /graphql: POST for clients, GET for the Sandbox page and for queries. */
export function addGraphqlRoute(
  app: FastifyInstance,
  apollo: ApolloServer<RequestContext>,
  contextOf: (request: FastifyRequest) => RequestContext,
  budget: OperationBudget,
): void {
  const handler = fastifyApolloHandler(apollo, { context: (request) => Promise.resolve(contextOf(request)) });
  // Before the body is read: to read a query is what costs.
  const onRequest = async (request: FastifyRequest, reply: FastifyReply) => {
    const retryAfterSeconds = budget.take(contextOf(request).client.ip);
    if (retryAfterSeconds === 0) return;
    const facts = { retryAfterSeconds };
    const refusal = formatHttpError('RATE_LIMITED', ERROR_TABLE.RATE_LIMITED.message, request.id, facts);
    await reply.header('retry-after', retryAfterSeconds).send(refusal);
  };
  app.route({ method: 'POST', url: '/graphql', onRequest, handler });
  // The Sandbox page brings scripts from Apollo's servers under a policy of its own; it exists in development only.
  app.route({
    method: 'GET',
    url: '/graphql',
    onRequest,
    helmet: { contentSecurityPolicy: false, crossOriginEmbedderPolicy: false },
    handler,
  });
}
