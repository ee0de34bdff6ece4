import type { FastifyInstance } from 'fastify';
import { addAccountRoutes } from './account-routes.ts';
import { answerRestError } from './answer-error.ts';
import { describeApi } from './api-description.ts';
import { addOtpRoutes } from './otp-routes.ts';
import { addLinkRoutes } from './link-routes.ts';
import type { RunOperation } from './run-operation.ts';
import { schemaError } from './schema-error.ts';

/**
 * The REST endpoints of the guide (DESIGN section 8), each of which runs a GraphQL operation, and their OpenAPI document.
 * A family of routes is a function that takes the scope and the runner; its errors are answered in REST's shape.
 * @param options docsPage: whether there is a page at /docs; sunset: the last day of the deprecated routes
 */
export async function addRestRoutes(
  app: FastifyInstance,
  run: RunOperation,
  options: { readonly docsPage: boolean; readonly sunset: string },
): Promise<void> {
  await describeApi(app, options);
  await app.register(async (rest) => {
    rest.setErrorHandler(answerRestError);
    rest.setSchemaErrorFormatter(schemaError);
    rest.addHook('onRequest', async (_request, reply) => {
      // Answers hold tokens.
      void reply.header('cache-control', 'no-store');
    });
    addOtpRoutes(rest, run);
    addAccountRoutes(rest, run);
    await addLinkRoutes(rest, run, options.sunset);
  });
}
