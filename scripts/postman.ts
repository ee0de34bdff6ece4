import { readFileSync, writeFileSync } from 'node:fs';
import { createHttpServer } from '../src/http/server.ts';
import { addRestRoutes } from '../src/rest/rest-routes.ts';
import { createLogger } from '../src/telemetry/logger.ts';
import { toPostmanCollection, type OpenApi } from './postman-collection.ts';

// `npm run postman` writes the Postman collection from the OpenAPI document; with --check it fails when the committed
// file is stale.
const PATH = 'docs/otpql.postman_collection.json';

const app = await createHttpServer({
  production: true,
  trustProxy: false,
  corsOrigins: [],
  logger: createLogger('silent'),
  onAnswered: () => undefined,
});
// The routes are only described here, and run nothing.
await addRestRoutes(app, () => Promise.reject(new Error('nothing runs here')), '2027-12-31');
await app.ready();
const api = (await app.inject('/openapi.json')).json<OpenApi>();
const written = `${JSON.stringify(toPostmanCollection(api), null, 2)}\n`;
await app.close();
if (!process.argv.includes('--check')) {
  writeFileSync(PATH, written);
} else if (readFileSync(PATH, 'utf8') !== written) {
  console.error(`${PATH} is stale: run \`npm run postman\` and commit the result`);
  process.exit(1);
}
