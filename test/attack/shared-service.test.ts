// Invariant 4: Twilio repeats the code of a number while one is pending in its service, so a purpose that shares one must
// end the other purpose's code first. Nobody's pending code is ended so by another requester: a stranger's PASSWORD_RESET
// does not end the owner's LOGIN code, whatever its age, known and unknown numbers alike; the owner's known device may. With
// a service for each purpose nothing of this can happen.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  LoginWithOtpDocument,
  SendOtpDocument,
  VerifyOtpDocument,
  type OtpPurpose,
} from '../../web/generated/operations.ts';
import { freshPhone, registerUser } from '../support/codes.ts';
import { from } from '../support/server.ts';
import { FAMILY_SERVICES, startTwilioServer, type TwilioServer } from '../support/twilio-server.ts';
import { freshIp } from './volley.ts';

type Headers = Record<string, string>;
const send = (on: TwilioServer, to: string, purpose: OtpPurpose, headers: Headers) =>
  on.run(SendOtpDocument, { input: { to, purpose } }, headers);

/** A user who asked for a LOGIN code from an address where nobody knows them. */
async function ownerWithCode(on: TwilioServer) {
  const user = await registered(on);
  const owner = from(freshIp());
  await send(on, user.phone, 'LOGIN', owner);
  await on.delivered(user.phone, 2);
  return { ...user, owner, code: on.code(user.phone) };
}

async function registered(on: TwilioServer) {
  const phone = freshPhone();
  await on.run(SendOtpDocument, { input: { to: phone } });
  return registerUser({ ...on, inbox: async () => [{ code: on.code(phone) }] } as never, { phone });
}

describe('where the purposes of an account share a service', () => {
  let server: TwilioServer;
  beforeAll(async () => {
    server = await startTwilioServer({ ...FAMILY_SERVICES, RATE_LIMIT_SCALE: '1000' });
  });
  afterAll(() => server.close());

  test('a stranger’s request for another purpose leaves the owner’s code alone until it expires', async () => {
    const { phone, owner, code } = await ownerWithCode(server);
    const stranger = from(freshIp());
    for (let minute = 0; minute < 9; minute += 1) {
      for (const purpose of ['PASSWORD_RESET', 'ACCOUNT_RECOVERY'] as const)
        expect((await send(server, phone, purpose, stranger)).code).toBe('RESEND_TOO_SOON');
      server.clock.advance(60_000);
    }
    const answer = await server.run(LoginWithOtpDocument, { input: { to: phone, otpCode: code } }, owner);
    expect(answer.code).toBeNull();
  });

  test('a number without an account answers the same', async () => {
    const { phone } = await ownerWithCode(server);
    const unknown = freshPhone();
    await send(server, unknown, 'LOGIN', from(freshIp()));
    const stranger = from(freshIp());
    const told = async (to: string) => {
      const { errors } = await send(server, to, 'PASSWORD_RESET', stranger);
      return errors.map(({ message, extensions: { requestId: _own, ...rest } }) => ({ message, ...rest }));
    };
    expect(await told(unknown)).toEqual(await told(phone));
  });

  test('the owner’s known device has the other purpose at once', async () => {
    const { phone, deviceToken } = await registered(server);
    await send(server, phone, 'LOGIN', from(freshIp()));
    await server.delivered(phone, 2);
    const known = { 'x-otpql-device': deviceToken, ...from(freshIp()) };
    expect((await send(server, phone, 'PASSWORD_RESET', known)).code).toBeNull();
    await server.delivered(phone, 3);
    const input = { to: phone, code: server.code(phone), purpose: 'PASSWORD_RESET' as const };
    expect((await server.run(VerifyOtpDocument, { input }, known)).data?.verifyOtp.valid).toBe(true);
  });
});

describe('with a service for each purpose', () => {
  let server: TwilioServer;
  beforeAll(async () => {
    server = await startTwilioServer();
  });
  afterAll(() => server.close());

  test('codes of all purposes are pending side by side', async () => {
    const { phone, owner, code } = await ownerWithCode(server);
    const stranger = from(freshIp());
    for (const purpose of ['PASSWORD_RESET', 'ACCOUNT_RECOVERY'] as const)
      expect((await send(server, phone, purpose, stranger)).code).toBeNull();
    await server.delivered(phone, 4);
    expect(new Set(server.messages(phone).map(({ serviceSid }) => serviceSid)).size).toBe(4);
    expect((await server.run(LoginWithOtpDocument, { input: { to: phone, otpCode: code } }, owner)).code).toBeNull();
  });
});
