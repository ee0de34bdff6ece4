import type { ApolloServer } from '@apollo/server';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyInstance } from 'fastify';
import { RequestContext, type Viewer } from '../graphql/context.ts';
import { normaliseIp } from './client-ip.ts';

/** Puts the GraphQL API at /graphql: POST for clients, GET for the Sandbox page and for queries. */
export function addGraphqlRoute(
  app: FastifyInstance,
  apollo: ApolloServer<RequestContext>,
  findSession: (accessToken: string) => Promise<Viewer | null>,
): void {
  const handler = fastifyApolloHandler(apollo, {
    context: (request) =>
      Promise.resolve(
        new RequestContext({
          requestId: request.id,
          client: { ip: normaliseIp(request.ip), userAgent: request.headers['user-agent'] ?? null },
          authorization: request.headers.authorization,
          findSession,
        }),
      ),
  });
  app.route({ method: 'POST', url: '/graphql', handler });
  // The Sandbox page brings scripts from Apollo's servers under a policy of its own; it exists in development only.
  app.route({
    method: 'GET',
    url: '/graphql',
    helmet: { contentSecurityPolicy: false, crossOriginEmbedderPolicy: false },
    handler,
  });
}
