import type { FastifyRequest } from 'fastify';
import { RequestContext, type Viewer } from '../graphql/context.ts';
import { normaliseIp } from './client-ip.ts';

/** The header in which a client sends the `deviceToken` that it was given. */
const DEVICE_HEADER = 'x-otpql-device';
/** Long enough that nobody guesses one, short enough to hash; anything else is as good as none. */
const DEVICE_TOKEN = /^[\w-]{32,64}$/;

/** What resolvers know of an HTTP request, whichever API it came by: its id, its client's IP, its session on demand. */
export function contextFactory(
  findSession: (accessToken: string) => Promise<Viewer | null>,
): (request: FastifyRequest) => RequestContext {
  return (request) =>
    new RequestContext({
      requestId: request.id,
      client: { ip: normaliseIp(request.ip), userAgent: request.headers['user-agent'] ?? null },
      deviceToken: deviceTokenOf(request),
      authorization: request.headers.authorization,
      findSession,
    });
}

function deviceTokenOf({ headers }: FastifyRequest): string | null {
  const token = headers[DEVICE_HEADER];
  return typeof token === 'string' && DEVICE_TOKEN.test(token) ? token : null;
}
