import type { FastifyInstance, FastifyReply } from 'fastify';
import { loopbackOnly } from './loopback.ts';
import { INBOX_PAGE, INBOX_SCRIPT } from './pages/inbox-page.ts';
import { PAGE_STYLE } from './pages/page-style.ts';
import { START_SCRIPT, startPage } from './pages/start-page.ts';

/** What "arrived" on a developer's machine, newest first: everything, or what came to one destination. */
interface Arrived {
  readonly inbox: { messages(to?: string): readonly object[] };
  readonly notices: { notices(to?: string): readonly object[] };
}

/** The pages of a developer's machine: the start page and the inbox. Never added in production. */
export function addDevelopmentRoutes(app: FastifyInstance, arrived: Arrived | null): void {
  app.get('/', (_request, reply) => html(reply, startPage({ inbox: arrived !== null })));
  app.get('/dev/page.css', (_request, reply) => reply.type('text/css').send(PAGE_STYLE));
  app.get('/dev/start.js', (_request, reply) => reply.type('text/javascript').send(START_SCRIPT));
  if (!arrived) return;
  app.get('/dev/inbox', { onRequest: loopbackOnly }, (_request, reply) => html(reply, INBOX_PAGE));
  app.get('/dev/inbox.js', (_request, reply) => reply.type('text/javascript').send(INBOX_SCRIPT));
  addListRoute(app, '/dev/inbox.json', (to) => arrived.inbox.messages(to));
  addListRoute(app, '/dev/notices.json', (to) => arrived.notices.notices(to));
}

function addListRoute(app: FastifyInstance, url: string, list: (to?: string) => readonly object[]): void {
  app.get<{ Querystring: { to?: string | string[] } }>(url, { onRequest: loopbackOnly }, (request, reply) => {
    const { to } = request.query;
    void reply.header('cache-control', 'no-store');
    return list(Array.isArray(to) ? to[0] : to);
  });
}

function html(reply: FastifyReply, page: string): FastifyReply {
  return reply.type('text/html; charset=utf-8').header('cache-control', 'no-store').send(page);
}
