// Invariants 1, 8 and 13 (DESIGN section 4) for recovery: without the password nothing can be told apart and no code is
// tried; one code recovers once; and recovery is no way around the second factor (ASVS 6.4.3).
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  MeDocument,
  RecoverAccountWithOtpDocument,
  ResetPasswordWithOtpDocument,
  SendOtpDocument,
  VerifyOtpDocument,
  type RecoverAccountWithOtpInput,
} from '../../web/generated/operations.ts';
import { bearer, nextCode, userWithAuthenticator, userWithFactor } from '../support/accounts.ts';
import { freshEmail, freshPhone, registerUser, sendCode, wrongCode } from '../support/codes.ts';
import { countCommands } from '../support/command-counter.ts';
import { sendRecovery } from '../support/recovery.ts';
import { startServer, type Answer, type TestServer } from '../support/server.ts';
import { successes, tally, volley } from './volley.ts';

const PARALLEL = 50;
const purpose = 'ACCOUNT_RECOVERY' as const;

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '1000' });
});
afterAll(() => server.close());

const recover = (input: RecoverAccountWithOtpInput) => server.run(RecoverAccountWithOtpDocument, { input });
const suspend = (email: string) =>
  server.db.collection('users').updateOne({ email }, { $set: { suspendedAt: new Date() } });
async function toNewPhone({ email, password }: { email: string; password: string }) {
  const newPhone = freshPhone();
  return { email, password, newPhone, newPhoneOtpCode: await sendCode(server, newPhone) };
}
/** What an attacker sees, without what is random by design and what they sent themselves. */
function visible({ status, headers, data, errors }: Answer<unknown>, own: string): unknown {
  const body = JSON.stringify({ data, errors })
    .replaceAll(own, 'TO')
    .replace(/"challengeId":"[\w-]{22}"/g, '"challengeId":"ID"')
    .replace(/"requestId":"[\w-]{36}"/g, '"requestId":"ID"');
  const names = [...headers.keys()].filter((name) => name !== 'date' && name !== 'content-length');
  return { status, names, body };
}

test('without the password every account, known, unknown, locked or guarded, answers alike and at the same cost', async () => {
  const known = await registerUser(server, { verifiedEmail: true });
  const locked = await registerUser(server, { verifiedEmail: true });
  await suspend(locked.email);
  const guarded = await userWithAuthenticator(server);
  const password = 'not the password';
  const right = await sendRecovery(server, known.email);
  const tries: RecoverAccountWithOtpInput[] = [];
  for (const email of [freshEmail(), known.email, locked.email, guarded.email]) {
    const base = await toNewPhone({ email, password });
    tries.push({ ...base, otpCode: wrongCode(right) }, { ...base, recoveryCode: guarded.recoveryCodes[0]! });
  }
  tries.push({ ...(await toNewPhone({ email: known.email, password })), otpCode: right });
  tries.push({ ...(await toNewPhone(locked)), otpCode: right });
  const commands = countCommands(server);
  await commands.quiet();
  const seen = [];
  for (const input of tries) {
    commands.take();
    const answer = await recover(input);
    seen.push({ seen: visible(answer, input.email), cost: commands.take().length });
  }
  commands.close();
  expect(JSON.stringify(seen[0]!.seen)).toContain('INVALID_CREDENTIALS');
  for (const other of seen) expect(other).toEqual(seen[0]);
  // Nothing was tried: the owner still gets in with the same code.
  expect((await recover({ ...(await toNewPhone(known)), otpCode: right })).code).toBeNull();
});

test('sending and checking a code tells nothing of the account either, and only the owner gets a message', async () => {
  const known = await registerUser(server, { verifiedEmail: true });
  const unproven = await registerUser(server);
  const locked = await registerUser(server, { verifiedEmail: true });
  await suspend(locked.email);
  const guarded = await userWithAuthenticator(server);
  const course = async (to: string) => {
    const sent = await server.run(SendOtpDocument, { input: { to, channel: 'EMAIL', purpose } });
    const checks = [];
    for (const code of ['000001', '111111', '222222', '333333'])
      checks.push(await server.run(VerifyOtpDocument, { input: { to, code, purpose } }));
    return [sent, ...checks].map((answer) => visible(answer, to));
  };
  const unknown = freshEmail();
  const reference = await course(unknown);
  for (const { email } of [known, unproven, locked, guarded]) expect(await course(email)).toEqual(reference);
  const messages = async (to: string) =>
    (await server.inbox(to)).filter((message) => message.purpose === purpose).length;
  await nextCode(server, known.email, 1);
  expect(await Promise.all([known, unproven, locked, guarded].map(({ email }) => messages(email)))).toEqual([
    1, 0, 0, 0,
  ]);
});

test('the mailbox alone does not pass a second factor: it resets the password, and then recovers nothing', async () => {
  const user = await userWithFactor(server);
  const { email } = user;
  const before = (await server.inbox(email)).length;
  await server.run(SendOtpDocument, { input: { to: email, channel: 'EMAIL', purpose: 'PASSWORD_RESET' } });
  const password = 'set by the mailbox';
  const otpCode = await nextCode(server, email, before);
  const reset = { email, newPassword: password, otpCode };
  expect((await server.run(ResetPasswordWithOtpDocument, { input: reset })).code).toBeNull();
  const messages = (await server.inbox(email)).length;
  await server.run(SendOtpDocument, { input: { to: email, channel: 'EMAIL', purpose } });
  const refused = await recover({ ...(await toNewPhone({ email, password })), otpCode: '000000' });
  expect([refused.code, refused.errors[0]?.extensions.field]).toEqual(['BAD_USER_INPUT', 'recoveryCode']);
  expect(await server.inbox(email)).toHaveLength(messages);
  const recoveryCode = user.recoveryCodes[0]!;
  expect((await recover({ ...(await toNewPhone({ email, password })), recoveryCode })).code).toBeNull();
});

test('a code that was sent before an authenticator was switched on is not enough after it', async () => {
  const user = await registerUser(server, { verifiedEmail: true });
  const otpCode = await sendRecovery(server, user.email);
  const authenticator = { sealedSecret: 'x', lastTimeStep: 0 };
  await server.db
    .collection('users')
    .updateOne({ email: user.email }, { $set: { twoFactorEnabled: true, authenticator } });
  expect((await recover({ ...(await toNewPhone(user)), otpCode })).code).toBe('BAD_USER_INPUT');
});

test("another account's code, or one to a destination that is the account's no more, recovers nothing", async () => {
  const [victim, thief] = [
    await registerUser(server, { verifiedEmail: true }),
    await registerUser(server, { verifiedEmail: true }),
  ];
  const ofThief = await sendRecovery(server, thief.email);
  const asVictim = { ...(await toNewPhone(victim)), to: thief.email, otpCode: ofThief };
  expect((await recover(asVictim)).code).toBe('OTP_INVALID');
  const ofOldPhone = await sendRecovery(server, victim.phone);
  await server.db.collection('users').updateOne({ email: victim.email }, { $set: { phone: freshPhone() } });
  const late = { ...(await toNewPhone(victim)), to: victim.phone, otpCode: ofOldPhone };
  expect((await recover(late)).code).toBe('OTP_INVALID');
  expect((await server.run(MeDocument, {}, bearer(victim.token))).code).toBeNull();
});

test('an account that is suspended between start and completion is not recovered, whatever is proven', async () => {
  const user = await registerUser(server, { verifiedEmail: true });
  const otpCode = await sendRecovery(server, user.email);
  const input = { ...(await toNewPhone(user)), otpCode };
  await suspend(user.email);
  expect((await recover(input)).code).toBe('INVALID_CREDENTIALS');
  await server.db.collection('users').updateOne({ email: user.email }, { $set: { suspendedAt: null } });
  expect((await recover(input)).code).toBeNull();
});

test('50 parallel uses of one code open one session', async () => {
  const user = await registerUser(server, { verifiedEmail: true });
  const otpCode = await sendRecovery(server, user.email);
  const input = { ...(await toNewPhone(user)), otpCode };
  const answers = await volley(PARALLEL, () => recover(input));
  const [won] = successes(answers);
  expect(tally(answers)['OK']).toBe(1);
  const userId = (await server.db.collection('users').findOne({ email: user.email }))!._id;
  expect(await server.db.collection('sessions').countDocuments({ userId })).toBe(1);
  expect((await server.run(MeDocument, {}, bearer(won!.recoverAccountWithOtp.token))).code).toBeNull();
});

test('50 parallel uses of one recovery code, each with a phone of its own, move the account once', async () => {
  const user = await userWithFactor(server);
  const recoveryCode = user.recoveryCodes[0]!;
  const inputs = await Promise.all(Array.from({ length: PARALLEL }, () => toNewPhone(user)));
  const answers = await volley(PARALLEL, (index) => recover({ ...inputs[index]!, recoveryCode }));
  expect(tally(answers)['OK']).toBe(1);
  const left = (await server.db.collection('users').findOne({ email: user.email }))!;
  expect(left['recoveryCodeHashes']).toHaveLength(9);
  expect(left['phone']).toBe(successes(answers)[0]!.recoverAccountWithOtp.user.phone);
});
