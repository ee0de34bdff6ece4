import type { FastifyInstance } from 'fastify';
import { type Behavior, type BehaviorChange, InvalidBehaviorError } from './behavior.ts';
import { PAGE } from './page.ts';
import { type Calls, CallLog, Mailbox, type Message } from './records.ts';
import { Switches } from './switches.ts';

/** The other side of the emulator: what arrived, what was asked of it, and how it should misbehave. */
export interface Control {
  /** The codes sent, newest first, for everybody or for one number or address. */
  messages(to?: string): Message[];
  calls(): Calls;
  clearCalls(): void;
  behavior(): Behavior;
  /** Changes the switches given; throws InvalidBehaviorError and changes nothing when one is invalid. */
  setBehavior(change: BehaviorChange): Behavior;
  resetBehavior(): Behavior;
}

/** What the API routes write to and the control reads from. */
export interface ControlState {
  mailbox: Mailbox;
  callLog: CallLog;
  switches: Switches;
}

export function createControlState(): ControlState {
  return { mailbox: new Mailbox(), callLog: new CallLog(), switches: new Switches() };
}

export function createControl({ mailbox, callLog, switches }: ControlState): Control {
  return {
    messages: (to) => mailbox.list(to),
    calls: () => callLog.read(),
    clearCalls: () => callLog.clear(),
    behavior: () => switches.behavior,
    setBehavior: (change) => switches.set(change),
    resetBehavior: () => switches.reset(),
  };
}

// The page needs nothing from anywhere else.
const PAGE_POLICY = [
  "default-src 'none'",
  'img-src data:',
  "script-src 'unsafe-inline'",
  "style-src 'unsafe-inline'",
  "connect-src 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The page and the paths under /_emulator: the same control over HTTP, without authentication. */
export function registerControl(app: FastifyInstance, { mailbox, callLog, switches }: ControlState): void {
  app.addHook('onSend', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
  });
  app.setErrorHandler((error, _request, reply) => {
    const message = error instanceof Error ? error.message : String(error);
    return reply.code(error instanceof InvalidBehaviorError ? 400 : statusOf(error)).send({ error: message });
  });

  app.get('/', (_request, reply) =>
    reply.type('text/html; charset=utf-8').header('content-security-policy', PAGE_POLICY).send(PAGE),
  );
  app.get<{ Querystring: { to?: string } }>('/_emulator/messages.json', ({ query }) => mailbox.list(query.to));

  app.get('/_emulator/behavior', () => switches.behavior);
  app.post('/_emulator/behavior', ({ body }) => switches.set(body));
  app.delete('/_emulator/behavior', () => switches.reset());

  app.get('/_emulator/calls.json', () => callLog.read());
  for (const path of ['/_emulator/calls', '/_emulator/calls.json']) {
    app.delete(path, (_request, reply) => {
      callLog.clear();
      return reply.code(204).send();
    });
  }
}

function statusOf(error: unknown): number {
  const hasStatus = typeof error === 'object' && error !== null && 'statusCode' in error;
  return hasStatus && typeof error.statusCode === 'number' ? error.statusCode : 500;
}
