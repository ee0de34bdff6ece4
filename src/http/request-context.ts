import type { FastifyRequest } from 'fastify';
import { RequestContext, type Viewer } from '../graphql/context.ts';
import { normaliseIp } from './client-ip.ts';

/** What resolvers know of an HTTP request, whichever API it came by: its id, its client's IP, its session on demand. */
export function contextFactory(
  findSession: (accessToken: string) => Promise<Viewer | null>,
): (request: FastifyRequest) => RequestContext {
  return (request) =>
    new RequestContext({
      requestId: request.id,
      client: { ip: normaliseIp(request.ip), userAgent: request.headers['user-agent'] ?? null },
      authorization: request.headers.authorization,
      findSession,
    });
}
