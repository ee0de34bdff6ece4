import type { FastifyReply, FastifyRequest } from 'fastify';

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/;
const LOCAL_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

/**
 * For what only this machine may see, such as codes. The Host header is checked too: a page of another name that resolves
 * to 127.0.0.1 (DNS rebinding) must not read it through the developer's browser.
 */
export async function loopbackOnly(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const local = LOOPBACK.test(request.socket.remoteAddress ?? '') && LOCAL_HOST.test(request.headers.host ?? '');
  if (!local) await reply.code(403).send({ error: 'This answers to this machine only', code: 'FORBIDDEN' });
}
