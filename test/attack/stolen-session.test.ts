// Invariant 12 and the re-authentication rules (DESIGN sections 4 and 7): who has stolen an access token, but knows no
// password, can move neither phone nor address, set no password and delete nothing; cannot guess the password without end;
// and cannot use up the attempts of its owner, although both count as one requester.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  ChangeEmailWithOtpDocument,
  ChangePasswordDocument,
  ChangePhoneWithOtpDocument,
  DeleteAccountDocument,
  MeDocument,
  SendOtpDocument,
} from '../../web/generated/operations.ts';
import { bearer, userWithFactor } from '../support/accounts.ts';
import { freshEmail, freshPhone, registerUser, sendCode, wrongCode } from '../support/codes.ts';
import { from, startServer, type TestServer } from '../support/server.ts';
import { freshIp, tally, volley } from './volley.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const password = 'not the password';
const newPassword = 'another password';

test('an old session moves neither the phone nor the address, even with the password', async () => {
  const user = await registerUser(server);
  const [newPhone, newEmail] = [freshPhone(), freshEmail()];
  const headers = bearer(user.token);
  const phoneCode = await sendCode(server, newPhone, { purpose: 'PHONE_CHANGE', headers });
  const emailCode = await sendCode(server, newEmail, { channel: 'EMAIL' });
  server.clock.advance(600_001 - 5_000);
  const again = { to: newPhone, purpose: 'PHONE_CHANGE' as const };
  server.clock.advance(5_000);
  expect((await server.run(SendOtpDocument, { input: again }, headers)).code).toBe('REAUTHENTICATION_REQUIRED');
  const phone = { newPhone, password: user.password, otpCode: phoneCode };
  expect((await server.run(ChangePhoneWithOtpDocument, { input: phone }, headers)).code).toBe(
    'REAUTHENTICATION_REQUIRED',
  );
  const email = { newEmail, password: user.password, otpCode: emailCode };
  expect((await server.run(ChangeEmailWithOtpDocument, { input: email }, headers)).code).toBe(
    'REAUTHENTICATION_REQUIRED',
  );
  expect((await server.run(MeDocument, {}, headers)).data?.me).toEqual(user.user);
});

test('a fresh session without the password changes neither address nor password, and deletes nothing', async () => {
  const user = await registerUser(server);
  const headers = bearer(user.token);
  const newEmail = freshEmail();
  const otpCode = await sendCode(server, newEmail, { channel: 'EMAIL' });
  const answers = [
    await server.run(ChangeEmailWithOtpDocument, { input: { newEmail, password, otpCode } }, headers),
    await server.run(ChangePasswordDocument, { input: { currentPassword: password, newPassword } }, headers),
    await server.run(DeleteAccountDocument, { input: { password } }, headers),
  ];
  expect(tally(answers)).toEqual({ INVALID_CREDENTIALS: 3 });
  expect((await server.run(MeDocument, {}, headers)).data?.me).toEqual(user.user);
});

test('guesses of the password are limited for the user, whatever address they come from', async () => {
  const user = await registerUser(server);
  const guess = (currentPassword: string) =>
    server.run(
      ChangePasswordDocument,
      { input: { currentPassword, newPassword } },
      { ...bearer(user.token), ...from(freshIp()) },
    );
  expect(tally(await volley(30, (index) => guess(`guess ${index}`)))).toEqual({
    INVALID_CREDENTIALS: 20,
    RATE_LIMITED: 10,
  });
  expect((await guess(user.password)).code).toBe('RATE_LIMITED');
});

test('without the password no code is tried: the attempts stay for the owner', async () => {
  const user = await userWithFactor(server);
  server.clock.advance(31_000);
  const session = bearer(user.token);
  const otpCode = await sendCode(server, user.phone, {
    purpose: 'STEP_UP',
    headers: { ...session, ...from(freshIp()) },
  });
  const headers = bearer(user.token);
  const wrong = wrongCode(otpCode);
  for (let guess = 0; guess < 6; guess += 1) {
    const input = { password, otpCode: wrong };
    expect((await server.run(DeleteAccountDocument, { input }, headers)).code).toBe('INVALID_CREDENTIALS');
    const change = { currentPassword: password, newPassword, otpCode: wrong };
    expect((await server.run(ChangePasswordDocument, { input: change }, headers)).code).toBe('INVALID_CREDENTIALS');
  }
  const right = { currentPassword: user.password, newPassword, otpCode };
  expect((await server.run(ChangePasswordDocument, { input: right }, headers)).code).toBeNull();
});
