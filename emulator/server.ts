import fastify, { type FastifyInstance } from 'fastify';
import { type Control, createControl, createControlState, registerControl } from './control.ts';
import { registerVerifyApi } from './routes.ts';
import { type Service, Verifications } from './verifications.ts';

const HOST = '127.0.0.1';

/** What the emulated account consists of. */
export interface EmulatorOptions {
  accountSid: string;
  authToken: string;
  services: Service[];
  /** The clock that decides about expiry; the system's when left out. */
  now?: () => number;
  /** Makes the six digits of a code; random when left out. */
  makeCode?: (() => string) | undefined;
}

/** A Twilio Verify v2 that delivers its codes to you. */
export interface Emulator {
  /** Starts on loopback and gives the base URL; port 0 or none takes a free one. */
  listen(port?: number): Promise<string>;
  /** Stops, cutting connections that still wait for an answer. */
  close(): Promise<void>;
  readonly control: Control;
}

/** Builds an emulator of Twilio Verify; it shares no code with the server it stands in front of. */
export function createEmulator(options: EmulatorOptions): Emulator {
  const { accountSid, authToken, services, now = Date.now, makeCode } = options;
  const state = createControlState();
  const verifications = new Verifications({
    services,
    now,
    makeCode,
    deliver: ({ to, code, serviceSid, sid, amount, payee }, { channel, locale, tags }) => {
      const sentAt = new Date(now()).toISOString();
      state.mailbox.add({ to, channel, code, serviceSid, sid, locale, amount, payee, tags, sentAt });
    },
    switches: () => state.switches.behavior,
  });

  const app = createApp();
  app.register(async (api) => registerVerifyApi(api, { accountSid, authToken, now, verifications, state }), {
    prefix: '/v2',
  });
  app.register(async (control) => registerControl(control, state));

  return {
    listen: (port = 0) => app.listen({ port, host: HOST }),
    close: () => app.close(),
    control: createControl(state),
  };
}

function createApp(): FastifyInstance {
  return fastify({
    forceCloseConnections: true,
    // An e-mail address may stand in a path; the default of 100 characters would cut it off.
    routerOptions: { maxParamLength: 300 },
  });
}
