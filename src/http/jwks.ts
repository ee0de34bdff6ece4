import type { FastifyInstance } from 'fastify';
import type { KeySet } from '../session/signing-keys.ts';

/** How long others may keep the keys: a new key is known everywhere this long after its start. */
const MAX_AGE_SECONDS = 300;

/** `/.well-known/jwks.json` (RFC 7517): the public keys by which anybody checks our tokens; any web page may read them. */
export function addJwksRoute(app: FastifyInstance, jwks: KeySet): void {
  app.get('/.well-known/jwks.json', (_request, reply) =>
    reply
      .header('cache-control', `public, max-age=${MAX_AGE_SECONDS}`)
      .header('access-control-allow-origin', '*')
      .header('cross-origin-resource-policy', 'cross-origin')
      .send(jwks),
  );
}
