import type { ApolloServer } from '@apollo/server';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { RequestContext } from '../graphql/context.ts';

/** Puts the GraphQL API at /graphql: POST for clients, GET for the Sandbox page and for queries. */
export function addGraphqlRoute(
  app: FastifyInstance,
  apollo: ApolloServer<RequestContext>,
  contextOf: (request: FastifyRequest) => RequestContext,
): void {
  const handler = fastifyApolloHandler(apollo, { context: (request) => Promise.resolve(contextOf(request)) });
  app.route({ method: 'POST', url: '/graphql', handler });
  // The Sandbox page brings scripts from Apollo's servers under a policy of its own; it exists in development only.
  app.route({
    method: 'GET',
    url: '/graphql',
    helmet: { contentSecurityPolicy: false, crossOriginEmbedderPolicy: false },
    handler,
  });
}
