import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyReply } from 'fastify';
import type { ControlState } from './control.ts';
import { TwilioError } from './errors.ts';
import type { Kind } from './records.ts';

interface ApiCall {
  kind: Kind;
  serviceSid: string;
  to: string | null;
}

/** Makes the function that runs a call as the switches have it: record, break, wait, refuse, or work and answer. */
export function createAnswer({ callLog, switches }: ControlState, now: () => number) {
  const inTheAir = new Set<string>();

  return async (reply: FastifyReply, { kind, serviceSid, to }: ApiCall, status: number, work: () => object) => {
    callLog.record(kind, { time: new Date(now()).toISOString(), to, service: serviceSid });
    const { latencyMs, outage, outageOn, outageAfterEffect, refuseConcurrent } = switches.behavior;
    const isOut = outage !== 'none' && (outageOn === 'any' || outageOn === kind);
    if (isOut && !outageAfterEffect) return breakDown(reply, outage);

    const key = kind === 'start' ? `${serviceSid} ${to}` : undefined;
    if (key && refuseConcurrent && inTheAir.has(key)) throw new TwilioError(60212);
    if (key) inTheAir.add(key);
    try {
      if (latencyMs > 0) await sleep(latencyMs);
    } finally {
      if (key) inTheAir.delete(key);
    }

    const error = switches.takeError(kind);
    if (error) throw new TwilioError(error.code, { ...error, status: error.httpStatus });
    const body = work();
    return isOut ? breakDown(reply, outage) : reply.code(status).send(body);
  };
}

function breakDown(reply: FastifyReply, outage: 'hang' | 'reset' | 'html502') {
  if (outage === 'html502') {
    const page = '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>';
    return reply.code(502).type('text/html').send(page);
  }
  reply.hijack();
  if (outage === 'reset') reply.raw.socket?.resetAndDestroy();
  return reply;
}
