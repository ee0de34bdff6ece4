// Only the provider's failures open the breaker: while it is open nobody gets a code, so nothing that a client can bring
// about may count as an outage. The attacks: an e-mail address that the SDK refuses to put into a path, while a start for
// it was in flight, closed Twilio for everybody with ten requests; and whatever refusal is mistaken for an outage does.
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { MEANINGS } from '../../src/twilio/error-codes.ts';
import { Protection } from '../../src/twilio/protection.ts';
import { translateError } from '../../src/twilio/translate-error.ts';
import { SendOtpDocument, type OtpPurpose } from '../../web/generated/operations.ts';
import { freshPhone } from '../support/codes.ts';
import { from } from '../support/server.ts';
import { ONE_SERVICE, ownServers, until, type TwilioServer } from '../support/twilio-server.ts';
import { freshIp, tally, volley } from './volley.ts';

/** More than the failures in a row that open the breaker. */
const ROUNDS = 12;

const { open, closeOpened } = ownServers();
let server: TwilioServer;
beforeAll(async () => {
  server = await open({ ...ONE_SERVICE, TWILIO_TIMEOUT_MS: '2000' });
});
afterEach(() => void server.emulator.control.resetBehavior());
afterAll(closeOpened);

const client = from(freshIp());
const send = (to: string, purpose: OtpPurpose = 'VERIFICATION', headers = client) =>
  server.run(SendOtpDocument, { input: { to, channel: to.includes('@') ? 'EMAIL' : 'SMS', purpose } }, headers);
const codeOfSomebodyElse = async () => (await send(freshPhone(), 'VERIFICATION', from(freshIp()))).code;
const set: TwilioServer['emulator']['control']['setBehavior'] = (change) => server.emulator.control.setBehavior(change);

describe('an e-mail address that is no path', () => {
  const address = (index: number) => `a/b?c${index}@evil.example`;

  test('closes Twilio for nobody, however many starts for it are in flight', async () => {
    set({ latencyMs: 300 });
    server.forgetCalls();
    const answers = await volley(ROUNDS, async (index) => {
      const first = send(address(index));
      await until(() => server.calls().start === ROUNDS);
      return [await send(address(index), 'LOGIN'), await first];
    });
    expect(tally(answers.flat())).toEqual({ OK: 2 * ROUNDS });
    await until(() => server.calls().cancel === ROUNDS);
    set({ latencyMs: 0 });
    expect(await codeOfSomebodyElse()).toBeNull();
    expect(server.newLog()).not.toMatch(/Twilio is down|exception|in the background/);
  });

  test('is ended at Twilio although the answer that names its verification was lost', async () => {
    const to = address(ROUNDS);
    set({ outage: 'reset', outageOn: 'start', outageAfterEffect: true });
    expect((await send(to)).code).toBe('SERVICE_UNAVAILABLE');
    server.emulator.control.resetBehavior();
    server.forgetCalls();
    expect((await send(to, 'PASSWORD_RESET')).code).toBeNull();
    await until(() => server.calls().cancel === 1);
    server.clock.advance(60_000);
    await send(to);
    await server.delivered(to, 2);
    const [first, second] = server.messages(to);
    expect(second!.sid).not.toBe(first!.sid);
  });
});

describe('a refusal', () => {
  test.each(Object.keys(MEANINGS).map(Number))('of Twilio (%d) is no outage', async (code) => {
    set({ error: { on: 'start', code } });
    const refused = await volley(ROUNDS, () => send(freshPhone()));
    expect(refused.every((answer) => answer.code !== null)).toBe(true);
    server.emulator.control.resetBehavior();
    expect(await codeOfSomebodyElse()).toBeNull();
  });

  test.each([
    [500, 'opens'],
    [503, 'opens'],
    [429, 'does not open'],
    [400, 'does not open'],
  ])('with HTTP %d %s it, whatever code stands in its body', async (httpStatus, verdict) => {
    server = await open({ ...ONE_SERVICE, TWILIO_TIMEOUT_MS: '2000' });
    set({ error: { on: 'start', code: 20_500, httpStatus } });
    for (let round = 0; round < ROUNDS; round += 1) await send(freshPhone());
    server.emulator.control.resetBehavior();
    expect(await codeOfSomebodyElse()).toBe(verdict === 'opens' ? 'SERVICE_UNAVAILABLE' : null);
  });
});

describe('an exception', () => {
  const axiosError = (code: string) => Object.assign(new Error('of axios'), { isAxiosError: true, code });
  const statesAfter = async (error: unknown) => {
    const states: string[] = [];
    const protection = new Protection(Date.now, (state) => states.push(state));
    const call = { verb: 'start', isEmail: true, serviceVariable: 'TWILIO_VERIFY_SERVICE_SID' } as const;
    const fail = () => protection.run(() => Promise.reject(translateError(error, call)));
    for (let round = 0; round < ROUNDS; round += 1) await fail().catch(() => undefined);
    return states;
  };

  test.each([
    ["the SDK's", new Error("Parameter 'sid' is not valid.")],
    ['of an answer that is no JSON', new SyntaxError('Unexpected token')],
    ['a bug', new TypeError('undefined is not a function')],
    ['no error at all', 'thrown'],
    ['a URL that cannot be', axiosError('ERR_INVALID_URL')],
    ['a header that cannot be', axiosError('ERR_INVALID_CHAR')],
    ['a body that is too long', axiosError('ERR_BAD_REQUEST')],
    ['a path that is not escaped', axiosError('ERR_UNESCAPED_CHARACTERS')],
  ])('of our own (%s) is no outage', async (_name, error) => {
    expect(await statesAfter(error)).toEqual([]);
  });

  test.each([
    'ECONNREFUSED',
    'ECONNRESET',
    'ECONNABORTED',
    'ETIMEDOUT',
    'ENOTFOUND',
    'CERT_HAS_EXPIRED',
    'ERR_NETWORK',
  ])('of the network (%s) is one', async (code) => expect(await statesAfter(axiosError(code))).toEqual(['open']));
});
