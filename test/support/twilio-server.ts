import { createServer, connect, type Socket } from 'node:net';
import { createEmulator, type Emulator } from '../../emulator/server.ts';
import type { Message } from '../../emulator/records.ts';
import type { InboxMessage } from '../../src/local/inbox.ts';
import type { OtpPurpose } from '../../web/generated/operations.ts';
import { FakeClock, startServer, type TestServer } from './server.ts';

export const ACCOUNT_SID = `AC${'1'.repeat(32)}`;
export const AUTH_TOKEN = 'emulated-auth-token-of-the-tests';
export const SERVICES = {
  TWILIO_VERIFY_SERVICE_SID: `VA${'1'.repeat(32)}`,
  TWILIO_VERIFY_SERVICE_SID_ACCOUNT: `VA${'2'.repeat(32)}`,
  TWILIO_VERIFY_SERVICE_SID_TRANSACTION: `VA${'3'.repeat(32)}`,
  TWILIO_VERIFY_SERVICE_SID_LOGIN: `VA${'4'.repeat(32)}`,
  TWILIO_VERIFY_SERVICE_SID_RESET: `VA${'5'.repeat(32)}`,
  TWILIO_VERIFY_SERVICE_SID_RECOVERY: `VA${'6'.repeat(32)}`,
};
/** The environment with one service for each family of purposes. */
export const FAMILY_SERVICES = {
  TWILIO_VERIFY_SERVICE_SID_LOGIN: '',
  TWILIO_VERIFY_SERVICE_SID_RESET: '',
  TWILIO_VERIFY_SERVICE_SID_RECOVERY: '',
};
/** The environment with the first Verify service only: every purpose shares it. */
export const ONE_SERVICE = {
  ...FAMILY_SERVICES,
  TWILIO_VERIFY_SERVICE_SID_ACCOUNT: '',
  TWILIO_VERIFY_SERVICE_SID_TRANSACTION: '',
};

export interface TwilioServer extends TestServer {
  readonly emulator: Emulator;
  /** The code that the emulator delivered last to this destination. */
  code(to: string): string;
  /** Every message that the emulator delivered to this destination, oldest first. */
  messages(to: string): Message[];
  /** Waits until the emulator has delivered so many messages to a destination. */
  delivered(to: string, count: number): Promise<void>;
  /** How many calls of each kind reached the emulator since the last `forgetCalls`. */
  calls(): { start: number; check: number; cancel: number };
  forgetCalls(): void;
  /** The log lines written since the last time this was asked. */
  newLog(): string;
  /** Cuts every connection and refuses new ones, as a Twilio that cannot be reached; what the emulator holds stays. */
  unplug(): Promise<void>;
  /** Takes connections again. */
  plugIn(): Promise<void>;
}

/**
 * The whole server with the real Twilio SDK, against the emulator over real HTTP. Both share one clock.
 * @param makeCode the codes that the emulator hands out, in place of random ones
 */
export async function startTwilioServer(
  environment: Record<string, string> = {},
  makeCode?: () => string,
): Promise<TwilioServer> {
  const clock = new FakeClock();
  const services = Object.values(SERVICES).map((sid) => ({ sid }));
  const emulator = createEmulator({
    accountSid: ACCOUNT_SID,
    authToken: AUTH_TOKEN,
    services,
    now: clock.now,
    makeCode,
  });
  const cable = await lay(Number(new URL(await emulator.listen(0)).port));
  const server = await startServer(
    {
      OTP_PROVIDER: 'twilio',
      TWILIO_API_BASE_URL: `http://127.0.0.1:${cable.port}`,
      TWILIO_ACCOUNT_SID: ACCOUNT_SID,
      TWILIO_AUTH_TOKEN: AUTH_TOKEN,
      RATE_LIMIT_SCALE: '1000',
      ...SERVICES,
      ...environment,
    },
    clock,
  );
  let logRead = 0;
  const messages = (to: string) => emulator.control.messages(to).toReversed();
  return {
    ...server,
    emulator,
    messages,
    // What `sendCode` and `registerUser` read: here the codes arrive at the emulator.
    inbox: (to) => Promise.resolve(emulator.control.messages(to).map(toInboxMessage)),
    code: (to) => {
      const message = messages(to).at(-1);
      if (!message) throw new Error(`the emulator delivered nothing to ${to}`);
      return message.code;
    },
    delivered: (to, count) => until(() => messages(to).length >= count),
    calls: () => emulator.control.calls().counts,
    forgetCalls: () => emulator.control.clearCalls(),
    newLog: () => {
      const log = server.log();
      const added = log.slice(logRead);
      logRead = log.length;
      return added;
    },
    unplug: cable.unplug,
    plugIn: cable.plugIn,
    close: async () => {
      await server.close();
      await cable.unplug();
      await emulator.close();
    },
  };
}

function toInboxMessage({ to, channel, code, tags, sentAt }: Message): InboxMessage {
  const channels = { sms: 'SMS', call: 'VOICE', email: 'EMAIL', whatsapp: 'WHATSAPP' } as const;
  return { to, channel: channels[channel], purpose: tags?.['purpose']?.toUpperCase() as OtpPurpose, code, sentAt };
}

/** Polls until something holds. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** How often a text stands in another. */
export function occurrences(text: string, part: string): number {
  return text.split(part).length - 1;
}

/** A line to the emulator on a port of its own, which can be pulled out without the emulator forgetting anything. */
async function lay(emulatorPort: number) {
  const sockets = new Set<Socket>();
  const join = (one: Socket, other: Socket) => {
    sockets.add(one);
    // A reset on one side is a reset on the other; the emulator's outages must look like Twilio's.
    one.on('error', () => other.resetAndDestroy()).on('close', () => (sockets.delete(one), other.destroy()));
    one.pipe(other);
  };
  const front = createServer((near) => {
    const far = connect(emulatorPort, '127.0.0.1');
    join(near, far);
    join(far, near);
  });
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      front.once('error', reject).listen(port, '127.0.0.1', () => {
        front.off('error', reject);
        resolve();
      });
    });
  await listen(0);
  const { port } = front.address() as { port: number };
  return {
    port,
    plugIn: () => listen(port),
    unplug: () =>
      new Promise<void>((resolve) => {
        front.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Servers of single tests, for a file whose other tests share one: `open` in a test, `closeOpened` after each. */
export function ownServers() {
  const opened: TwilioServer[] = [];
  return {
    open: async (environment: Record<string, string> = {}): Promise<TwilioServer> => {
      const own = await startTwilioServer(environment);
      opened.push(own);
      return own;
    },
    closeOpened: async (): Promise<void> => {
      await Promise.all(opened.splice(0).map((own) => own.close()));
    },
  };
}
