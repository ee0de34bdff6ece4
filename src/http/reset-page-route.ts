import type { FastifyInstance } from 'fastify';
import { PAGE_STYLE } from './pages/page-style.ts';
import { RESET_PAGE, RESET_SCRIPT } from './pages/reset-page.ts';

/** The page at the end of a reset link. It holds nothing of its own: fetching it, as mail scanners do, changes nothing. */
export function addResetPage(app: FastifyInstance): void {
  app.get('/reset-password', (_request, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .header('cache-control', 'no-store')
      .header('referrer-policy', 'no-referrer')
      .send(RESET_PAGE),
  );
  app.get('/reset-password.css', (_request, reply) => reply.type('text/css').send(PAGE_STYLE));
  app.get('/reset-password.js', (_request, reply) => reply.type('text/javascript').send(RESET_SCRIPT));
}
