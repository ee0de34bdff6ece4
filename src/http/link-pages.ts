import type { FastifyInstance } from 'fastify';
import { PAGE_STYLE } from './pages/page-style.ts';
import { RESET_PAGE, RESET_SCRIPT } from './pages/reset-page.ts';
import { UNDO_PAGE, UNDO_SCRIPT } from './pages/undo-page.ts';

/** The page at the end of a reset link. */
export function addResetPage(app: FastifyInstance): void {
  addLinkPage(app, '/reset-password', RESET_PAGE, RESET_SCRIPT);
}

/** The page at the end of a notice's link. */
export function addUndoPage(app: FastifyInstance): void {
  addLinkPage(app, '/undo-change', UNDO_PAGE, UNDO_SCRIPT);
}

/** It holds nothing of its own: fetching it, as mail scanners do, changes nothing. */
function addLinkPage(app: FastifyInstance, path: string, page: string, script: string): void {
  app.get(path, (_request, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .header('cache-control', 'no-store')
      .header('referrer-policy', 'no-referrer')
      .send(page),
  );
  app.get(`${path}.css`, (_request, reply) => reply.type('text/css').send(PAGE_STYLE));
  app.get(`${path}.js`, (_request, reply) => reply.type('text/javascript').send(script));
}
