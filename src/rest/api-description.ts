import { readFileSync } from 'node:fs';
import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';

const PACKAGE = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
const VERSION = (JSON.parse(PACKAGE) as { version: string }).version;

/**
 * Serves the OpenAPI document of the REST routes at /openapi.json, made from their schemas. Call it before they are added:
 * it collects the routes with a tag as they come.
 */
export async function describeApi(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    hideUntagged: true,
    // Shared schemas keep their names.
    refResolver: { buildLocalReference: (schema, _base, _fragment, index) => schemaName(schema, index) },
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'otpql',
        version: VERSION,
        description:
          'The REST endpoints of the identity server around the one-time code. Each runs the GraphQL operation of the same name, under the same rules and limits. The GraphQL API at /graphql does more.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: '/' }],
      tags: [{ name: 'REST', description: 'Codes, registration and password reset.' }],
    },
  });
  app.get('/openapi.json', () => app.swagger());
}

function schemaName(schema: { $id?: unknown }, index: number): string {
  return typeof schema.$id === 'string' ? schema.$id : `def-${index}`;
}
