import type { FastifyInstance } from 'fastify';
import { PAGE_STYLE } from './pages/page-style.ts';
import { UNDO_PAGE, UNDO_SCRIPT } from './pages/undo-page.ts';

/** The page at the end of a notice's link. Fetching it, as mail scanners do, changes nothing: a person presses its button. */
export function addUndoPage(app: FastifyInstance): void {
  app.get('/undo-change', (_request, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .header('cache-control', 'no-store')
      .header('referrer-policy', 'no-referrer')
      .send(UNDO_PAGE),
  );
  app.get('/undo-change.css', (_request, reply) => reply.type('text/css').send(PAGE_STYLE));
  app.get('/undo-change.js', (_request, reply) => reply.type('text/javascript').send(UNDO_SCRIPT));
}
