import { fileURLToPath } from 'node:url';
import { ensureDependencies } from '../../scripts/install.mjs';
import { nextPerson, type Person } from './accounts.ts';
import { Client, type Call } from '../load/client.ts';
import { withCodes } from './codes.ts';
import type { Source } from '../load/load.ts';
import { startServer } from './server-process.ts';
import type { Demand, OperationName, Prepare, Target } from '../load/target.ts';
import type { Workbench } from './workbench.ts';

/** Where better-auth has its own dependencies. */
export const BETTER_AUTH = fileURLToPath(new URL('../compare/better-auth/', import.meta.url));
const PHONE = '/api/auth/phone-number';

/**
 * Installs better-auth in its own folder if it is not there yet, and starts it.
 * @param limits off, or counted in its database by its own rules
 * @throws Stop when it cannot be installed
 */
export async function startBetterAuth(workbench: Workbench, limits: 'off' | 'database'): Promise<Target> {
  await ensureDependencies(BETTER_AUTH);
  const { url, pid } = await startServer(workbench, {
    script: `${BETTER_AUTH}server.mjs`,
    folder: BETTER_AUTH,
    environment: { NODE_ENV: 'production', MONGODB_URI: workbench.uri(`better-auth-${limits}`), LIMITS: limits },
  });
  const client = new Client(url);
  workbench.onEnd(() => client.close());
  const operations = new Map<OperationName, Prepare>([
    ['sendOtp', async () => ({ next: () => sendTo(nextPerson()) })],
    ['verifyOtp', (demand) => verifications(url, client, demand)],
    ['me', (demand) => reads(url, client, demand)],
  ]);
  return limits === 'off'
    ? { id: 'better-auth', name: 'better-auth, limits off', pid, client, operations }
    : { id: 'better-auth-limits', name: 'better-auth, limits in its database', pid, client, operations };
}

function sendTo({ phone, from }: Person): Call {
  return { path: `${PHONE}/send-otp`, body: { phoneNumber: phone }, headers: from };
}

async function verifications(url: string, client: Client, demand: Demand): Promise<Source> {
  const sent = await withCodes(url, client, sendTo, demand);
  return {
    next: () => {
      const one = sent.pop();
      if (!one) return null;
      const body = { phoneNumber: one.person.phone, code: one.code };
      return { path: `${PHONE}/check`, body, headers: one.person.from };
    },
  };
}

/** Sessions read themselves by turns: as many as calls at once. */
async function reads(url: string, client: Client, { callers }: Demand): Promise<Source> {
  const sent = await withCodes(url, client, sendTo, { codes: callers, callers });
  const cookies: string[] = [];
  for (const { person, code } of sent) {
    const body = { phoneNumber: person.phone, code };
    const { status, headers, text } = await client.send({ path: `${PHONE}/verify`, body, headers: person.from });
    if (status !== 200) throw new Error(`better-auth signs nobody in: ${text}`);
    cookies.push((headers['set-cookie'] ?? []).map((cookie) => cookie.split(';')[0]).join('; '));
  }
  return {
    next: (caller) => ({
      path: '/api/auth/get-session',
      headers: { ...nextPerson().from, cookie: cookies[caller]! },
    }),
    // Who is not signed in gets null, with status 200.
    answered: (_caller, { text }) => {
      if (!text.includes('"user"')) throw new Error(`get-session answered ${text}`);
    },
  };
}
