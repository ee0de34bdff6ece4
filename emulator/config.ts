import type { EmulatorOptions } from './server.ts';

/** Accepted when the environment names no others. They are public and open nothing. */
export const DEVELOPMENT = {
  accountSid: 'AC00000000000000000000000000000000',
  authToken: 'emulator-auth-token',
  services: {
    TWILIO_VERIFY_SERVICE_SID: 'VA00000000000000000000000000000001',
    TWILIO_VERIFY_SERVICE_SID_ACCOUNT: 'VA00000000000000000000000000000002',
    TWILIO_VERIFY_SERVICE_SID_TRANSACTION: 'VA00000000000000000000000000000003',
    TWILIO_VERIFY_SERVICE_SID_LOGIN: 'VA00000000000000000000000000000004',
    TWILIO_VERIFY_SERVICE_SID_RESET: 'VA00000000000000000000000000000005',
    TWILIO_VERIFY_SERVICE_SID_RECOVERY: 'VA00000000000000000000000000000006',
  },
  port: 4010,
} as const;

/** The environment variables the emulator understands. */
interface EmulatorConfig {
  port: number;
  options: EmulatorOptions;
  /** The lines to put in otpql's environment, for the emulator at this address. */
  environmentLines(baseUrl: string): string[];
}

/** Reads the environment; throws an Error with one clear line when the port is no port. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): EmulatorConfig {
  const accountSid = env.TWILIO_ACCOUNT_SID || DEVELOPMENT.accountSid;
  const authToken = env.TWILIO_AUTH_TOKEN || DEVELOPMENT.authToken;
  const services = Object.entries(DEVELOPMENT.services).map(([name, sid]) => [name, env[name] || sid] as const);
  // Only the public development token is ever printed; one from the environment may be real.
  const tokenLine = env.TWILIO_AUTH_TOKEN
    ? '# TWILIO_AUTH_TOKEN: the same as in the environment of this emulator'
    : `TWILIO_AUTH_TOKEN=${authToken}`;
  return {
    port: parsePort(env.TWILIO_EMULATOR_PORT),
    options: { accountSid, authToken, services: services.map(([, sid]) => ({ sid })) },
    environmentLines: (baseUrl) => [
      'OTP_PROVIDER=twilio',
      `TWILIO_API_BASE_URL=${baseUrl}`,
      `TWILIO_ACCOUNT_SID=${accountSid}`,
      tokenLine,
      ...services.map(([name, sid]) => `${name}=${sid}`),
    ],
  };
}

function parsePort(value: string | undefined): number {
  if (!value) return DEVELOPMENT.port;
  const port = /^\d{1,5}$/.test(value) ? Number(value) : Infinity;
  if (port > 65_535) throw new Error(`TWILIO_EMULATOR_PORT must be a port from 0 to 65535, not "${value}"`);
  return port;
}
