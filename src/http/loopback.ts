import type { FastifyReply, FastifyRequest } from 'fastify';

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/;
const LOCAL_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;
/** What proxies say of whom they stand for. */
const FORWARDING = /^(forwarded|via|x-real-ip|x-client-ip|true-client-ip|cf-connecting-ip|x-forwarded(-.+)?)$/;

/**
 * For what only this machine may see, such as codes: everybody else is told that there is nothing. A proxy on this machine
 * makes the world look like it, so nothing that a proxy has passed on counts as local: not with a forwarding header, and
 * not in HTTP/1.0, which nginx speaks unless told otherwise (and then sends the loopback's Host and no such header).
 * The Host is checked for pages of another name that resolves to 127.0.0.1 (DNS rebinding).
 */
export async function loopbackOnly(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (!isFromHere(request)) reply.callNotFound();
}

function isFromHere({ socket, headers, raw }: FastifyRequest): boolean {
  const isForwarded = Object.keys(headers).some((name) => FORWARDING.test(name)) || raw.httpVersion === '1.0';
  return !isForwarded && LOOPBACK.test(socket.remoteAddress ?? '') && LOCAL_HOST.test(headers.host ?? '');
}
