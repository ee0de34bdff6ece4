// Invariants 2 and 3 (DESIGN section 4): a new code does not refill guesses. Ten wrong codes in an hour close a
// destination for the requester who gave them, over all its codes and purposes, and for nobody else; a hundred in a row
// close it for everybody until 24 hours have passed (NIST SP 800-63B-4). Before that nobody can lock out the owner.
// The rate limits are scaled away: they must not be what saves us.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { RegisterWithOtpDocument, SendOtpDocument, VerifyOtpDocument } from '../../web/generated/operations.ts';
import { freshEmail, freshPhone, registerUser, sendCode } from '../support/codes.ts';
import { from, startServer, type TestServer } from '../support/server.ts';
import { freshIp, otherCode } from './volley.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '1000' });
});
afterAll(() => server.close());

type Purpose = 'VERIFICATION' | 'PASSWORD_RESET';
const verify = (to: string, code: string, headers: Record<string, string>, purpose: Purpose = 'VERIFICATION') =>
  server.run(VerifyOtpDocument, { input: { to, code, purpose } }, headers);
const send = (to: string, headers: Record<string, string>) => server.run(SendOtpDocument, { input: { to } }, headers);

/** Gives so many wrong codes to the pending challenge; each must be compared. */
async function guessWrong(to: string, code: string, count: number, headers: Record<string, string>, purpose?: Purpose) {
  for (let index = 0; index < count; index += 1) {
    const answer = await verify(to, otherCode(code, index), headers, purpose);
    expect([answer.code, answer.data?.verifyOtp.valid]).toEqual([null, false]);
  }
}

test('ten wrong codes in an hour close a destination for that requester over new codes, and for no other', async () => {
  const to = freshPhone();
  const [guesser, owner] = [from(freshIp()), from(freshIp())];
  for (const wrong of [3, 3, 3]) await guessWrong(to, await sendCode(server, to, { headers: guesser }), wrong, guesser);
  const code = await sendCode(server, to, { headers: guesser });
  const last = await verify(to, otherCode(code, 0), guesser);
  expect(last.data?.verifyOtp).toMatchObject({ valid: false, attemptsRemaining: 0, status: 'MAX_ATTEMPTS_REACHED' });

  const refused = await verify(to, code, guesser);
  expect([refused.code, refused.errors[0]?.extensions.retryAfterSeconds]).toEqual(['MAX_ATTEMPTS_REACHED', 3600]);
  expect((await send(to, guesser)).code).toBe('MAX_ATTEMPTS_REACHED');
  const action = { email: freshEmail(), phone: to, password: 'securepassword', otpCode: code };
  expect((await server.run(RegisterWithOtpDocument, { input: action }, guesser)).code).toBe('MAX_ATTEMPTS_REACHED');

  server.clock.advance(MINUTE);
  expect(await sendCode(server, to, { headers: owner })).toBe(code);
  const right = await verify(to, code, owner);
  expect(right.data?.verifyOtp.valid).toBe(true);
});

test('the ten wrong codes count over both purposes, and each counts for an hour', async () => {
  const { phone: to } = await registerUser(server);
  const guesser = from(freshIp());
  const send3 = async (purpose: Purpose) =>
    guessWrong(to, await sendCode(server, to, { headers: guesser, purpose }), 3, guesser, purpose);
  await send3('VERIFICATION');
  server.clock.advance(MINUTE);
  await send3('PASSWORD_RESET');
  server.clock.advance(11 * MINUTE);
  await send3('VERIFICATION');
  const code = await sendCode(server, to, { headers: guesser, purpose: 'PASSWORD_RESET' });
  await guessWrong(to, code, 1, guesser, 'PASSWORD_RESET');
  expect((await send(to, guesser)).code).toBe('MAX_ATTEMPTS_REACHED');

  server.clock.advance(48 * MINUTE - 1);
  expect((await send(to, guesser)).code).toBe('MAX_ATTEMPTS_REACHED');
  server.clock.advance(1);
  expect((await send(to, guesser)).code).toBeNull();
});

test('tries without a pending challenge do not count', async () => {
  const to = freshPhone();
  const requester = from(freshIp());
  for (let index = 0; index < 12; index += 1)
    expect((await verify(to, otherCode('000000', index), requester)).code).toBe('OTP_EXPIRED');
  const code = await sendCode(server, to, { headers: requester });
  expect((await verify(to, code, requester)).data?.verifyOtp).toMatchObject({ valid: true, attemptsRemaining: 3 });
});

test('a stranger cannot use up the attempts of the owner', async () => {
  const to = freshPhone();
  const [owner, stranger] = [from(freshIp()), from(freshIp())];
  const code = await sendCode(server, to, { headers: owner });
  await guessWrong(to, code, 3, stranger);
  expect((await verify(to, otherCode(code, 9), stranger)).code).toBe('MAX_ATTEMPTS_REACHED');
  expect((await verify(to, code, owner)).data?.verifyOtp.valid).toBe(true);
});

/** Wrong codes by many requesters, five to a challenge. */
async function wrongInARow(to: string, count: number): Promise<void> {
  for (let given = 0; given < count;) {
    const [first, second] = [from(freshIp()), from(freshIp())];
    const code = await sendCode(server, to, { headers: first });
    const here = Math.min(5, count - given);
    // Three by others than the one who asked, two by that one.
    await guessWrong(to, code, Math.min(3, here), second);
    await guessWrong(to, code, Math.max(0, here - 3), first);
    given += here;
    server.clock.advance(11 * MINUTE);
  }
}

test('99 wrong codes in a row leave the destination open, and a success starts the count again', async () => {
  const to = freshPhone();
  await wrongInARow(to, 99);
  const owner = from(freshIp());
  const code = await sendCode(server, to, { headers: owner });
  expect((await verify(to, code, owner)).data?.verifyOtp.valid).toBe(true);
  const next = await sendCode(server, to, { headers: owner });
  await guessWrong(to, next, 2, owner);
  expect((await verify(to, next, owner)).data?.verifyOtp.valid).toBe(true);
});

test('100 wrong codes in a row close the destination for everybody for 24 hours', async () => {
  const to = freshPhone();
  await wrongInARow(to, 100);
  const owner = from(freshIp());
  const refused = await send(to, owner);
  expect(refused.code).toBe('MAX_ATTEMPTS_REACHED');
  expect(refused.errors[0]?.extensions.retryAfterSeconds).toBe((24 * HOUR - 11 * MINUTE) / 1000);
  server.clock.advance(24 * HOUR - 11 * MINUTE - 1);
  expect((await send(to, owner)).code).toBe('MAX_ATTEMPTS_REACHED');
  server.clock.advance(1);
  const code = await sendCode(server, to, { headers: owner });
  expect((await verify(to, code, owner)).data?.verifyOtp.valid).toBe(true);
});
