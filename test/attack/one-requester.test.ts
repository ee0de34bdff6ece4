// Invariant 2: a requester is one. What a signed-in stranger tries counts against its address too, so that an account of its
// own makes it no second requester, and of a challenge's five attempts two are kept for whoever asked for the code: no number
// of strangers uses up the code that the owner is about to type. Registration codes stand for all others: the rule is one.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { RegisterWithOtpDocument, VerifyOtpDocument } from '../../web/generated/operations.ts';
import { bearer } from '../support/accounts.ts';
import { freshEmail, freshPhone, registerUser, sendCode } from '../support/codes.ts';
import { from, startServer, type TestServer } from '../support/server.ts';
import { freshIp, otherCode, tally, volley } from './volley.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '1000' });
});
afterAll(() => server.close());

type Headers = Record<string, string>;
const verify = (to: string, code: string, headers: Headers) =>
  server.run(VerifyOtpDocument, { input: { to, code } }, headers);
const register = (phone: string, otpCode: string, headers: Headers) =>
  server.run(
    RegisterWithOtpDocument,
    { input: { phone, email: freshEmail(), password: 'securepassword', otpCode } },
    headers,
  );

/** One stranger, with and without its own account, at one address. */
async function stranger(): Promise<[Headers, Headers]> {
  const address = from(freshIp());
  const { token } = await registerUser(server);
  return [{ ...address, ...bearer(token) }, address];
}

test('a stranger with an account of its own has three attempts at a challenge, and the owner keeps two', async () => {
  const [to, owner, both] = [freshPhone(), from(freshIp()), await stranger()];
  const code = await sendCode(server, to, { headers: owner });
  const guesses = await volley(40, (index) => verify(to, otherCode(code, index), both[index % 2]!));
  expect(tally(guesses)).toEqual({ OK: 3, MAX_ATTEMPTS_REACHED: 37 });
  expect((await verify(to, otherCode(code, 50), owner)).data?.verifyOtp.attemptsRemaining).toBe(1);
  expect((await verify(to, code, owner)).data?.verifyOtp.valid).toBe(true);
});

test('nor does it end the approval of the owner, who has verified and registers', async () => {
  const [phone, owner, both] = [freshPhone(), from(freshIp()), await stranger()];
  const code = await sendCode(server, phone, { headers: owner });
  await verify(phone, code, owner);
  const guesses = await volley(40, (index) => register(phone, otherCode(code, index), both[index % 2]!));
  expect(tally(guesses)).toEqual({ OTP_INVALID: 3, MAX_ATTEMPTS_REACHED: 37 });
  expect((await register(phone, code, owner)).code).toBeNull();
});

test('its attempts close the destination at ten an hour together, whichever way they came', async () => {
  const [to, both] = [freshPhone(), await stranger()];
  let compared = 0;
  for (let round = 0; round < 5; round += 1) {
    const code = await sendCode(server, to, { headers: from(freshIp()) });
    const guesses = await volley(6, (index) => verify(to, otherCode(code, index), both[index % 2]!));
    compared += tally(guesses)['OK'] ?? 0;
    server.clock.advance(10 * 60_000 + 1_000);
  }
  expect(compared).toBe(10);
});

test('many addresses together use up three attempts of a code, and no owner loses a code to them', async () => {
  const to = freshPhone();
  const addresses = Array.from({ length: 40 }, () => from(freshIp()));
  for (let round = 0; round < 20; round += 1) {
    const owner = from(freshIp());
    const code = await sendCode(server, to, { headers: owner });
    const guesses = await volley(40, (index) => verify(to, otherCode(code, index), addresses[index]!));
    expect(tally(guesses)['OK']).toBe(3);
    expect((await verify(to, code, owner)).data?.verifyOtp.valid).toBe(true);
    server.clock.advance(11 * 60_000);
  }
});
