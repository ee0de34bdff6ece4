import { createEmulator, type Emulator } from '../../emulator/server.ts';
import { FakeClock, startServer, type TestServer } from './server.ts';

export const ACCOUNT_SID = `AC${'1'.repeat(32)}`;
export const AUTH_TOKEN = 'emulated-auth-token-of-the-tests';
export const SERVICES = {
  TWILIO_VERIFY_SERVICE_SID: `VA${'1'.repeat(32)}`,
  TWILIO_VERIFY_SERVICE_SID_ACCOUNT: `VA${'2'.repeat(32)}`,
  TWILIO_VERIFY_SERVICE_SID_TRANSACTION: `VA${'3'.repeat(32)}`,
};

export interface TwilioServer extends TestServer {
  readonly emulator: Emulator;
  /** The code that the emulator delivered last to this destination. */
  code(to: string): string;
  /** Waits until the emulator has delivered so many messages to a destination. */
  delivered(to: string, count: number): Promise<void>;
  /** How many calls of each kind reached the emulator since the last `forgetCalls`. */
  calls(): { start: number; check: number; cancel: number };
  forgetCalls(): void;
}

/** The whole server with the real Twilio SDK, against the emulator over real HTTP. Both share one clock. */
export async function startTwilioServer(environment: Record<string, string> = {}): Promise<TwilioServer> {
  const clock = new FakeClock();
  const services = Object.values(SERVICES).map((sid) => ({ sid }));
  const emulator = createEmulator({ accountSid: ACCOUNT_SID, authToken: AUTH_TOKEN, services, now: clock.now });
  const url = await emulator.listen(0);
  const server = await startServer(
    {
      OTP_PROVIDER: 'twilio',
      TWILIO_API_BASE_URL: url,
      TWILIO_ACCOUNT_SID: ACCOUNT_SID,
      TWILIO_AUTH_TOKEN: AUTH_TOKEN,
      ...SERVICES,
      ...environment,
    },
    clock,
  );
  return {
    ...server,
    emulator,
    code: (to) => {
      const [message] = emulator.control.messages(to);
      if (!message) throw new Error(`the emulator delivered nothing to ${to}`);
      return message.code;
    },
    delivered: async (to, count) => {
      while (emulator.control.messages(to).length < count) await new Promise((resolve) => setTimeout(resolve, 10));
    },
    calls: () => emulator.control.calls().counts,
    forgetCalls: () => emulator.control.clearCalls(),
    close: async () => {
      await server.close();
      await emulator.close();
    },
  };
}
