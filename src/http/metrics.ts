import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { loopbackOnly } from './loopback.ts';

/** What Prometheus reads. */
export interface Exposition {
  readonly contentType: string;
  text(): Promise<string>;
}

/**
 * `/metrics`. With a token it answers whoever brings it (`Authorization: Bearer`). Without one it answers this machine in
 * development, and in production it is absent: behind a proxy on the same machine every client comes from there.
 */
export function addMetricsRoute(
  app: FastifyInstance,
  exposition: Exposition,
  access: { readonly token: string | undefined; readonly production: boolean },
): void {
  const { token, production } = access;
  if (token === undefined && production) return;
  const onRequest = token === undefined ? loopbackOnly : bearerOnly(token);
  app.get('/metrics', { onRequest }, async (_request, reply) => {
    const text = await exposition.text();
    return reply.type(exposition.contentType).header('cache-control', 'no-store').send(text);
  });
}

function bearerOnly(token: string) {
  const wanted = digest(token);
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const [, given = ''] = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
    // Digests are of one length, which the comparison needs, and hide the token's.
    if (timingSafeEqual(digest(given), wanted)) return;
    await reply
      .code(401)
      .header('www-authenticate', 'Bearer')
      .send({ error: 'Give METRICS_TOKEN as a bearer token', code: 'UNAUTHENTICATED' });
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
