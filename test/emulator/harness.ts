import twilio from 'twilio';
import { createEmulator, type Emulator } from '../../emulator/server.ts';

export const ACCOUNT_SID = 'AC0123456789abcdef0123456789abcdef';
const AUTH_TOKEN = 'a-token-of-the-tests';
export const SERVICE_SID = 'VA0123456789abcdef0123456789abcde1';
export const OTHER_SERVICE_SID = 'VA0123456789abcdef0123456789abcde2';
export const PSD2_SERVICE_SID = 'VA0123456789abcdef0123456789abcde3';
export const PHONE = '+12025551234';
export const EMAIL = 'someone@example.org';

/** A running emulator with a clock that stands still, and the bare SDK pointed at it. */
export interface Harness {
  emulator: Emulator;
  url: string;
  clock: { now: number };
  /** Verify service of the real SDK. */
  service(sid?: string): ReturnType<ReturnType<typeof twilio>['verify']['v2']['services']>;
  /** A bare POST below the first service, for what the SDK refuses to send. */
  post(path: string, body: URLSearchParams | string): Promise<Response>;
  /** The code last sent to a number or address. */
  lastCode(to?: string): string;
}

export async function startHarness(timeoutMs = 5000): Promise<Harness> {
  const clock = { now: Date.parse('2030-01-01T00:00:00.000Z') };
  const services = [{ sid: SERVICE_SID }, { sid: OTHER_SERVICE_SID }, { sid: PSD2_SERVICE_SID, psd2: true }];
  const emulator = createEmulator({
    accountSid: ACCOUNT_SID,
    authToken: AUTH_TOKEN,
    services,
    now: () => clock.now,
  });
  const url = await emulator.listen();
  const client = createClient(url, AUTH_TOKEN, timeoutMs);
  return {
    emulator,
    url,
    clock,
    service: (sid = SERVICE_SID) => client.verify.v2.services(sid),
    post: (path, body) =>
      fetch(`${url}/v2/Services/${SERVICE_SID}/${path}`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`${ACCOUNT_SID}:${AUTH_TOKEN}`)}` },
        body,
      }),
    lastCode: (to = PHONE) => emulator.control.messages(to)[0]?.code ?? 'none',
  };
}

export function createClient(url: string, authToken: string, timeoutMs = 5000): ReturnType<typeof twilio> {
  const client = twilio(ACCOUNT_SID, authToken, { httpClient: new twilio.RequestClient({ timeout: timeoutMs }) });
  client.verify.baseUrl = url;
  return client;
}

/** A code of the right shape that is not the one given. */
export function wrong(code: string): string {
  return (code.startsWith('0') ? '1' : '0') + code.slice(1);
}

/** What a refused call looks like to the SDK's user. */
export function refusal(status: number, code: number) {
  return { status, code, moreInfo: `https://www.twilio.com/docs/errors/${code}` };
}
