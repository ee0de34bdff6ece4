// Invariant 3: nobody locks the owner out of a device that is known. What an attacker with 1, 100 and 10,000 addresses can do
// in a day, with every limit as it is by default and a moved clock: messages, wrong codes and wrong passwords at one account,
// and what is left to the owner on a known device and on a new one. SECURITY.md states these figures.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  LoginDocument,
  LoginWithOtpDocument,
  SendOtpDocument,
  VerifyOtpDocument,
} from '../../web/generated/operations.ts';
import { nextCode } from '../support/accounts.ts';
import { registerUser } from '../support/codes.ts';
import { from, startServer, type TestServer } from '../support/server.ts';
import { freshIp, otherCode } from './volley.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Rounds of ten minutes in a day, whose noon takes ten more. */
const ROUNDS = 142;

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

type Headers = Record<string, string>;
const send = (to: string, headers: Headers) =>
  server.run(SendOtpDocument, { input: { to, purpose: 'LOGIN' } }, headers);
const login = (email: string, password: string, headers: Headers) =>
  server.run(LoginDocument, { input: { email, password } }, headers);

/** Every ten minutes of a day: a code is asked for, all its attempts are spent, and passwords are tried. */
async function attack(
  { phone, email }: { phone: string; email: string },
  addresses: number,
  atNoon: () => Promise<void>,
) {
  const own = Array.from({ length: Math.min(addresses, 100) }, () => freshIp());
  let last = 0;
  const next = (): Headers => from(addresses > own.length ? freshIp() : own[(last += 1) % own.length]!);
  const done = { messages: 0, wrongCodes: 0, wrongPasswords: 0 };
  for (let round = 0; round < ROUNDS; round += 1) {
    if (round === ROUNDS / 2) await atNoon();
    const before = (await server.inbox(phone)).length;
    const askers = addresses === 1 ? [next()] : [next(), next()];
    for (const asker of askers) await send(phone, asker).then(({ code }) => (done.messages += code === null ? 1 : 0));
    const isSent = done.messages > 0 && (await server.inbox(phone)).length > before;
    const code = isSent ? await nextCode(server, phone, before) : '000000';
    for (const asker of askers)
      for (let attempt = 0; isSent && attempt < 3; attempt += 1) {
        const input = { to: phone, purpose: 'LOGIN' as const, code: otherCode(code, attempt) };
        const { data } = await server.run(VerifyOtpDocument, { input }, asker);
        if (data?.verifyOtp.valid === false) done.wrongCodes += 1;
      }
    for (let guess = 0; guess < 2; guess += 1)
      if ((await login(email, 'not the password', next())).code === 'INVALID_CREDENTIALS') done.wrongPasswords += 1;
    server.clock.advance(10 * MINUTE);
  }
  return done;
}

const MANY = { messages: 20, wrongCodes: 98, wrongPasswords: 100 };

test.each([
  [1, { messages: 5, wrongCodes: 13, wrongPasswords: 25 }, null],
  [100, MANY, 'RATE_LIMITED'],
  [10_000, MANY, 'RATE_LIMITED'],
])(
  'an attacker with %i addresses does so much in a day, and leaves a known device all it has',
  async (addresses, most, onNewDevice) => {
    const owner = await registerUser(server);
    server.clock.advance(25 * HOUR);
    const done = await attack(owner, addresses, async () => {
      server.clock.advance(MINUTE);
      const newDevice = from(freshIp());
      expect((await send(owner.phone, newDevice)).code).toBe(onNewDevice);
      expect((await login(owner.email, owner.password, newDevice)).code).toBe(onNewDevice);
      const known = { 'x-otpql-device': owner.deviceToken, ...from(freshIp()) };
      server.clock.advance(MINUTE);
      const before = (await server.inbox(owner.phone)).length;
      expect((await send(owner.phone, known)).code).toBeNull();
      const input = { to: owner.phone, otpCode: await nextCode(server, owner.phone, before) };
      expect((await server.run(LoginWithOtpDocument, { input }, known)).code).toBeNull();
      expect((await login(owner.email, owner.password, known)).code).toBeNull();
      server.clock.advance(8 * MINUTE);
    });
    expect(done).toEqual(most);
  },
  300_000,
);

test('100 wrong codes in a row close a destination for new devices alone', async () => {
  const owner = await registerUser(server);
  server.clock.advance(25 * HOUR);
  await attack(owner, 100, async () => undefined);
  await attack(owner, 100, async () => {
    expect((await send(owner.phone, from(freshIp()))).code).toBe('MAX_ATTEMPTS_REACHED');
    const known = { 'x-otpql-device': owner.deviceToken, ...from(freshIp()) };
    expect((await send(owner.phone, known)).code).toBeNull();
  });
}, 300_000);
