// Invariant 9: once Twilio has approved a code it approves it never again, so the approval must survive a database that
// dies between the question and the answer: the same code is accepted as soon as the database is back.
import { afterEach, expect, test } from '@jest/globals';
import { RegisterWithOtpDocument, SendOtpDocument, VerifyOtpDocument } from '../../web/generated/operations.ts';
import { freshEmail, freshPhone } from '../support/codes.ts';
import { ownMongod, type OwnMongod } from '../support/mongod.ts';
import { startTwilioServer, until, type TwilioServer } from '../support/twilio-server.ts';

let mongod: OwnMongod;
let server: TwilioServer;
afterEach(async () => {
  await server.close();
  await mongod.dispose();
});

test('a code that was approved while the database was dead is accepted when it lives again, and then registers', async () => {
  mongod = await ownMongod();
  server = await startTwilioServer({ MONGODB_URI: mongod.uri });
  const phone = freshPhone();
  await server.run(SendOtpDocument, { input: { to: phone } });
  const code = server.code(phone);
  const verify = () => server.run(VerifyOtpDocument, { input: { to: phone, code } });

  server.emulator.control.setBehavior({ latencyMs: 2_000 });
  const lost = verify();
  await until(() => server.calls().check === 1);
  await mongod.kill();
  expect((await lost).code).toBe('SERVICE_UNAVAILABLE');
  server.emulator.control.resetBehavior();
  expect((await verify()).code).toBe('SERVICE_UNAVAILABLE');

  await mongod.start();
  let answer = await verify();
  while (answer.code === 'SERVICE_UNAVAILABLE') answer = await verify();
  expect(answer.errors).toEqual([]);
  expect(answer.data?.verifyOtp).toMatchObject({ valid: true, status: 'APPROVED' });
  expect(server.calls().check).toBe(1);

  const input = { phone, otpCode: code, email: freshEmail(), password: 'securepassword' };
  const registered = await server.run(RegisterWithOtpDocument, { input });
  expect(registered.data?.registerWithOtp.user).toMatchObject({ phone, phoneVerified: true });
  expect(await server.db.collection('users').countDocuments({ phone })).toBe(1);
  expect(server.calls().check).toBe(1);
});
