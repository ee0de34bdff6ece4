import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';

/**
 * Serves the OpenAPI document of the REST routes at /openapi.json. Call it before the routes are added.
 * @param options docsPage: also a page at /docs that shows it and tries the routes; it needs nothing from the internet
 */
export async function describeApi(app: FastifyInstance, options: { readonly docsPage: boolean }): Promise<void> {
  await app.register(swagger, {
    hideUntagged: true,
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'otpql',
        version: '1.0.0',
        description:
          'The REST endpoints of the identity server around the one-time code. Each runs the GraphQL operation of the same name, under the same rules and limits. The GraphQL API at /graphql does more.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: '/' }],
      tags: [{ name: 'REST', description: 'Codes, registration and password reset.' }],
    },
  });
  app.get('/openapi.json', () => app.swagger());
  if (options.docsPage) await app.register(swaggerUi, { routePrefix: '/docs', uiConfig: { validatorUrl: null } });
}
