// Attacks on the second step of a sign-in (invariants 1, 2, 3 and 13): parallel uses, tickets as tokens, locks in between,
// guesses without end.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { LoginDocument, LoginWithOtpDocument } from '../../web/generated/operations.ts';
import {
  bearer,
  firstStep,
  nextCode,
  pendingOf,
  tokenOf,
  userWithAuthenticator,
  userWithFactor,
} from '../support/accounts.ts';
import { wrongCode } from '../support/codes.ts';
import { from, startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '1000' });
});
afterAll(() => server.close());

const complete = (loginTicket: string, otpCode: string, headers?: Record<string, string>) =>
  server.run(LoginWithOtpDocument, { input: { loginTicket, otpCode } }, headers);
const sessionsOf = (email: string) =>
  server.db
    .collection('users')
    .findOne({ email })
    .then((user) => server.db.collection('sessions').countDocuments({ userId: user!._id }));

/** Fifty at once; how many signed in. */
async function fifty(attempt: (index: number) => ReturnType<typeof complete>): Promise<number> {
  const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => attempt(index)));
  for (const { code } of answers) expect(code).not.toBe('INTERNAL_SERVER_ERROR');
  return answers.filter(({ data }) => tokenOf(data?.loginWithOtp) !== null).length;
}

/** A sign-in that waits for its code by message. */
async function waiting() {
  const user = await userWithFactor(server);
  server.clock.advance(31_000);
  const before = (await server.inbox(user.phone)).length;
  const { loginTicket } = await firstStep(server, user);
  return { user, loginTicket, otpCode: await nextCode(server, user.phone, before) };
}

describe('fifty parallel uses give one session', () => {
  test('of one ticket with its right code', async () => {
    const { user, loginTicket, otpCode } = await waiting();
    expect(await fifty(() => complete(loginTicket, otpCode))).toBe(1);
    expect(await sessionsOf(user.email)).toBe(2);
  });

  test('of one recovery code, fifty addresses with ten tickets', async () => {
    const user = await userWithFactor(server);
    const tickets: string[] = [];
    for (let index = 0; index < 10; index += 1) tickets.push((await firstStep(server, user)).loginTicket);
    const otpCode = user.recoveryCodes[0]!;
    expect(await fifty((index) => complete(tickets[index % 10]!, otpCode, from(`198.51.100.${index}`)))).toBe(1);
    expect(await sessionsOf(user.email)).toBe(2);
  });

  test('of one time step of an authenticator, fifty addresses with ten tickets', async () => {
    const user = await userWithAuthenticator(server);
    const tickets: string[] = [];
    for (let index = 0; index < 10; index += 1) tickets.push((await firstStep(server, user)).loginTicket);
    const otpCode = user.app.code();
    expect(await fifty((index) => complete(tickets[index % 10]!, otpCode, from(`198.51.100.${index}`)))).toBe(1);
    expect(await sessionsOf(user.email)).toBe(2);
  });

  test('of one ticket with ten different recovery codes, five times each', async () => {
    const user = await userWithFactor(server);
    const { loginTicket } = await firstStep(server, user);
    const used = await fifty((index) =>
      complete(loginTicket, user.recoveryCodes[index % 10]!, from(`198.51.100.${index}`)),
    );
    expect(used).toBe(1);
    expect(await sessionsOf(user.email)).toBe(2);
    const stored = await server.db.collection('users').findOne({ email: user.email });
    expect(stored?.['recoveryCodeHashes']).toHaveLength(9);
  });
});

/** Every field that needs a session, called as a client would. The test below sees that none is missing. */
const NEEDS_SESSION: Record<string, string> = {
  me: 'me { id }',
  sessions: 'sessions { id }',
  logout: 'logout { message }',
  revokeSession: 'revokeSession(id: "x") { message }',
  revokeAllSessions: 'revokeAllSessions { message }',
  verifyEmailWithOtp: 'verifyEmailWithOtp(input: {otpCode: "123456"}) { id }',
  changePhoneWithOtp: 'changePhoneWithOtp(input: {newPhone: "+12025550100", password: "x", otpCode: "123456"}) { id }',
  changeEmailWithOtp: 'changeEmailWithOtp(input: {newEmail: "a@example.com", password: "p", otpCode: "123456"}) { id }',
  changePassword: 'changePassword(input: {currentPassword: "p", newPassword: "a good new one"}) { id }',
  deleteAccount: 'deleteAccount(input: {password: "p"}) { message }',
  enableSecondFactorWithOtp: 'enableSecondFactorWithOtp(input: {password: "p", otpCode: "123456"}) { message }',
  disableSecondFactorWithOtp: 'disableSecondFactorWithOtp(input: {password: "p", otpCode: "123456"}) { message }',
  enrollAuthenticator: 'enrollAuthenticator(input: {password: "p"}) { secret }',
  confirmAuthenticator: 'confirmAuthenticator(otpCode: "123456") { message }',
  confirmTransactionWithOtp:
    'confirmTransactionWithOtp(input: {transaction: {reference: "1", amount: "1.00", currency: "EUR", payee: "p"}, challengeId: "x", otpCode: "123456"}) { id }',
};
/** Every field that works without one; those of them that need a session for one purpose are called below too. */
const NEEDS_NONE =
  'errors otpPolicy sendOtp verifyOtp registerWithOtp resetPasswordWithOtp login loginWithOtp resendSecondFactor refreshSession recoverAccountWithOtp requestPasswordResetLink resetPasswordWithLink undoChange';

test('a login ticket is no access token and no refresh token: every field refuses it', async () => {
  const { loginTicket } = await waiting();
  const schema = await server.query(
    '{ __schema { queryType { fields { name } } mutationType { fields(includeDeprecated: true) { name } } } }',
  );
  const types = schema.data!['__schema'] as Record<'queryType' | 'mutationType', { fields: { name: string }[] }>;
  const queries = types.queryType.fields.map(({ name }) => name);
  const all = [...queries, ...types.mutationType.fields.map(({ name }) => name)];
  expect(all.sort()).toEqual([...Object.keys(NEEDS_SESSION), ...NEEDS_NONE.split(' ')].sort());

  const calls = Object.entries(NEEDS_SESSION).map(([name, call]) =>
    queries.includes(name) ? `{ ${call} }` : `mutation { ${call} }`,
  );
  const to = 'to: "+12025550100"';
  const payment = 'transaction: {reference: "1", amount: "1.00", currency: "EUR", payee: "p"}';
  calls.push(
    `mutation { sendOtp(input: {${to}, purpose: PHONE_CHANGE}) { status } }`,
    `mutation { sendOtp(input: {${to}, purpose: TRANSACTION, ${payment}}) { status } }`,
    `mutation { verifyOtp(input: {${to}, purpose: PHONE_CHANGE, code: "123456"}) { status } }`,
    `mutation { refreshSession(refreshToken: "${loginTicket}") { token } }`,
  );
  for (const call of calls)
    expect([call, (await server.query(call, {}, bearer(loginTicket))).code]).toEqual([call, 'UNAUTHENTICATED']);
});

describe('between the steps', () => {
  test('a suspended account cannot complete, with a code or a recovery code, nor get the code again', async () => {
    const { user, loginTicket, otpCode } = await waiting();
    await server.db.collection('users').updateOne({ email: user.email }, { $set: { suspendedAt: new Date() } });
    expect((await complete(loginTicket, otpCode)).code).toBe('UNAUTHENTICATED');
    expect((await complete(loginTicket, user.recoveryCodes[0]!)).code).toBe('UNAUTHENTICATED');
    const resend = await server.query('mutation($t: String!) { resendSecondFactor(loginTicket: $t) { to } }', {
      t: loginTicket,
    });
    expect(resend.code).toBe('UNAUTHENTICATED');
    expect(await sessionsOf(user.email)).toBe(1);
  });

  test('a deleted account cannot complete', async () => {
    const { user, loginTicket, otpCode } = await waiting();
    await server.db.collection('users').deleteOne({ email: user.email });
    expect((await complete(loginTicket, otpCode)).code).toBe('UNAUTHENTICATED');
  });
});

describe('guesses', () => {
  test('at an authenticator are ten an hour for one address, and tickets do not refill them', async () => {
    const user = await userWithAuthenticator(server);
    for (let guess = 0; guess < 10; guess += 1) {
      const { loginTicket } = await firstStep(server, user);
      expect((await complete(loginTicket, wrongCode(user.app.code()), from('203.0.113.9'))).code).toBe('OTP_INVALID');
    }
    const { loginTicket } = await firstStep(server, user);
    const closed = await complete(loginTicket, user.app.code(), from('203.0.113.9'));
    expect(closed.errors[0]?.extensions).toMatchObject({ code: 'MAX_ATTEMPTS_REACHED', retryAfterSeconds: 3600 });
    expect(
      tokenOf((await complete(loginTicket, user.app.code(), from('203.0.113.10'))).data?.loginWithOtp),
    ).not.toBeNull();
  });

  test('are counted before they are compared: of fifty parallel wrong ones ten are', async () => {
    const user = await userWithAuthenticator(server);
    const { loginTicket } = await firstStep(server, user);
    const wrong = wrongCode(user.app.code());
    const answers = await Promise.all(Array.from({ length: 50 }, () => complete(loginTicket, wrong)));
    const codes = answers.map(({ code }) => code);
    expect(codes.filter((code) => code === 'OTP_INVALID')).toHaveLength(10);
    expect(codes.filter((code) => code === 'MAX_ATTEMPTS_REACHED')).toHaveLength(40);
  });

  test('at a hundred in a row, from anywhere, the app and the recovery codes are closed for a day', async () => {
    const user = await userWithAuthenticator(server);
    const { loginTicket } = await firstStep(server, user);
    const wrong = 'aaaa-aaaa-aaaa-aaaa';
    for (let index = 0; index < 100; index += 1)
      expect((await complete(loginTicket, wrong, from(`198.51.${index}.1`))).code).toBe('OTP_INVALID');
    const closed = await complete(loginTicket, user.app.code(), from('192.0.2.77'));
    expect(closed.errors[0]?.extensions).toMatchObject({ code: 'MAX_ATTEMPTS_REACHED', retryAfterSeconds: 86_400 });
    server.clock.advance(86_400_000);
    const later = await firstStep(server, user);
    expect(tokenOf((await complete(later.loginTicket, user.app.code())).data?.loginWithOtp)).not.toBeNull();
  });
});

test('a used code of the app, sent again, does not end the row of wrong ones', async () => {
  const user = await userWithAuthenticator(server);
  const used = user.app.code();
  const { loginTicket } = await firstStep(server, user);
  expect((await complete(loginTicket, used)).code).toBeNull();
  const streak = async () => {
    const documents = await server.db
      .collection('challenges')
      .find({ guesses: { $exists: true } })
      .toArray();
    return documents.flatMap((document) => {
      const { streak, knownStreak } = document['guesses'] as { streak: number; knownStreak: number };
      return [streak, knownStreak];
    });
  };
  const before = await streak();
  const next = await firstStep(server, user);
  await complete(next.loginTicket, wrongCode(used));
  expect((await complete(next.loginTicket, used)).code).toBe('OTP_INVALID');
  expect((await streak()).reduce((sum, one) => sum + one, 0)).toBe(before.reduce((sum, one) => sum + one, 0) + 2);
});

test('who knows the password cannot have a phone flooded: five messages in ten minutes, over all sign-ins', async () => {
  const own = await startServer();
  const user = await userWithFactor(own);
  own.clock.advance(7_200_000);
  const before = (await own.inbox(user.phone)).length;
  const pending = [];
  for (let index = 0; index < 6; index += 1) {
    const answer = await own.run(
      LoginDocument,
      { input: { email: user.email, password: user.password } },
      from(`198.51.100.${index}`),
    );
    pending.push(pendingOf(answer.data?.login));
  }
  await nextCode(own, user.phone, before + 4);
  const last = pending.at(-1)!;
  expect(last.message).toMatch(/^No code could be sent yet/);
  expect(new Date(last.resendAfter).getTime()).toBe(own.clock.now() + 600_000);
  expect(await own.inbox(user.phone)).toHaveLength(before + 5);
  const done = await own.run(LoginWithOtpDocument, {
    input: { loginTicket: last.loginTicket, otpCode: user.recoveryCodes[0]! },
  });
  expect(tokenOf(done.data?.loginWithOtp)).not.toBeNull();
  await own.close();
});

test('no ticket, recovery code or authenticator secret is in the database or the log', async () => {
  const { user, loginTicket } = await waiting();
  await complete(loginTicket, user.recoveryCodes[0]!);
  const collections = ['users', 'sessions', 'loginTickets', 'challenges', 'rateLimits'];
  const dumps = await Promise.all(collections.map((name) => server.db.collection(name).find().toArray()));
  for (const text of [JSON.stringify(dumps), server.log()])
    for (const secret of [loginTicket, ...user.recoveryCodes, ...user.recoveryCodes.map((c) => c.replaceAll('-', ''))])
      expect(text).not.toContain(secret);
});
