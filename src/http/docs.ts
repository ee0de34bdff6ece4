import type { FastifyInstance } from 'fastify';
import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import { DOCS_PAGE, DOCS_SCRIPT } from './pages/docs-page.ts';

const require = createRequire(import.meta.url);
// Its files without its plugin: that one brings a file server, which is more than two files need.
const BUNDLE = require.resolve('@fastify/swagger-ui/static/swagger-ui-bundle.js');
const STYLE = require.resolve('@fastify/swagger-ui/static/swagger-ui.css');

/** `/docs`: a page that shows the REST API and tries it. It needs nothing from the internet. Never added in production. */
export function addDocsPage(app: FastifyInstance): void {
  app.get('/docs', (_request, reply) => reply.type('text/html; charset=utf-8').send(DOCS_PAGE));
  app.get('/docs/docs.js', (_request, reply) => reply.type('text/javascript').send(DOCS_SCRIPT));
  app.get('/docs/swagger-ui-bundle.js', (_request, reply) =>
    reply.type('text/javascript').send(createReadStream(BUNDLE)),
  );
  app.get('/docs/swagger-ui.css', (_request, reply) => reply.type('text/css').send(createReadStream(STYLE)));
}
