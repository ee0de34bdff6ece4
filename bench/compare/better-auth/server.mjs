// better-auth as a server of its own, for `npm run bench -- --compare better-auth`: codes to phones by its phone-number
// plugin, sessions, and MongoDB by its own adapter. Everything else is as better-auth has it by default.
import { createServer } from 'node:http';
import { betterAuth } from 'better-auth';
import { mongodbAdapter } from 'better-auth/adapters/mongodb';
import { createAuthEndpoint } from 'better-auth/api';
import { toNodeHandler } from 'better-auth/node';
import { phoneNumber } from 'better-auth/plugins';
import { MongoClient } from 'mongodb';
import { z } from 'zod';

/** As many as the inbox of otpql keeps. */
const MESSAGES = 100;

const { PORT, PUBLIC_URL, MONGODB_URI, LIMITS } = process.env;

/** @type {{ to: string, code: string }[]} */
const inbox = [];

const client = await new MongoClient(MONGODB_URI, { maxPoolSize: 50 }).connect();
const auth = betterAuth({
  baseURL: PUBLIC_URL,
  secret: 'only for measuring, on this machine, with data that is deleted',
  // Without a client the adapter makes no transactions, which is the faster way.
  database: mongodbAdapter(client.db()),
  rateLimit: LIMITS === 'database' ? { enabled: true, storage: 'database' } : { enabled: false },
  telemetry: { enabled: false },
  plugins: [
    phoneNumber({
      sendOTP: ({ phoneNumber: to, code }) => {
        inbox.unshift({ to, code });
        inbox.length = Math.min(inbox.length, MESSAGES);
      },
      signUpOnVerification: { getTempEmail: (phone) => `${phone.slice(1)}@example.com` },
    }),
    { id: 'check-only', endpoints: { checkOnly: checkOnly() } },
  ],
});

/**
 * What `verifyOtp` does: the code is checked and spent, and no user and no session is written. better-auth has that as a
 * function of the server; here it gets a path, below the one whose limits it shall have.
 */
function checkOnly() {
  const body = z.object({ phoneNumber: z.string(), code: z.string() });
  return createAuthEndpoint('/phone-number/check', { method: 'POST', body }, async (context) =>
    context.json(await auth.api.consumePhoneNumberOTP({ body: context.body })),
  );
}

const answer = toNodeHandler(auth);
const server = createServer((request, response) => {
  if (request.url === '/readyz') return void response.end('ready');
  if (request.url === '/dev/inbox.json') return void response.end(JSON.stringify(inbox));
  void answer(request, response);
});
// Longer than other targets take between two measurements of this one.
server.keepAliveTimeout = 120_000;
server.listen(Number(PORT), '127.0.0.1');
process.once('SIGTERM', () => process.exit(0));
