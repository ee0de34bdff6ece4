import type { FastifyInstance } from 'fastify';
import { addAccountRoutes } from './account-routes.ts';
import { answerRestError } from './answer-error.ts';
import { describeApi } from './api-description.ts';
import { addOtpRoutes } from './otp-routes.ts';
import { addLinkRoutes } from './link-routes.ts';
import type { RunOperation } from './run-operation.ts';
import { schemaError } from './schema-error.ts';
import { ERROR_SCHEMA } from './schemas.ts';

/**
 * The REST endpoints of the guide (DESIGN section 8), each of which runs a GraphQL operation, and their OpenAPI document.
 * A family of routes is a function that takes the scope and the runner; its errors are answered in REST's shape.
 * @param sunset the last day of the deprecated routes, YYYY-MM-DD
 */
export async function addRestRoutes(app: FastifyInstance, run: RunOperation, sunset: string): Promise<void> {
  await describeApi(app);
  await app.register(async (rest) => {
    rest.setErrorHandler(answerRestError);
    rest.setSchemaErrorFormatter(schemaError);
    rest.addHook('onRequest', async (_request, reply) => {
      // Answers hold tokens.
      void reply.header('cache-control', 'no-store');
    });
    rest.addSchema(ERROR_SCHEMA);
    addOtpRoutes(rest, run);
    addAccountRoutes(rest, run);
    await addLinkRoutes(rest, run, sunset);
  });
}
