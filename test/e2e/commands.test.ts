// DESIGN section 11: database commands are the currency. In sequence one write for all limits, a read and a write for
// sendOtp and for a local verifyOtp, and no write where nothing changes; an action adds one transaction to its check, an authenticated
// request one read; and no query goes without an index.
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import {
  LogoutDocument,
  MeDocument,
  RefreshSessionDocument,
  RegisterWithOtpDocument,
  ResetPasswordWithOtpDocument,
  RevokeAllSessionsDocument,
  RevokeSessionDocument,
  SendOtpDocument,
  SessionsDocument,
  VerifyOtpDocument,
} from '../../web/generated/operations.ts';
import { freshEmail, freshPhone, proveDestination, registerUser, sendCode, wrongCode } from '../support/codes.ts';
import { countCommands, type CommandCounter, type SentCommand } from '../support/command-counter.ts';
import { startServer, type Answer, type TestServer } from '../support/server.ts';
import { standingCalls } from '../support/standing-calls.ts';

let server: TestServer;
let commands: CommandCounter;
beforeAll(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '1000' });
  commands = countCommands(server);
  await server.db.command({ profile: 2 });
});
afterEach(expectIndexes);
afterAll(async () => {
  await server.db.command({ profile: 0 });
  commands.close();
  await server.close();
});

/**
 * The commands of one operation before its answer: those outside its transaction, and the transaction's own. What its limits
 * do not count they give back after the answer, in one command that is left out here, and so is what remembers a client that
 * has signed in.
 */
async function cost(operation: () => Promise<Answer<unknown>>, code: string | null = null) {
  await commands.quiet();
  expect((await operation()).code).toBe(code);
  const all = commands.take();
  const sent = all.slice(0, all.findLastIndex(({ endsTransaction }) => endsTransaction) + 1 || all.length);
  const name = (command: SentCommand) => [command.name, command.collection].filter(Boolean).join(' ');
  return {
    outside: sent.flatMap((command, index) =>
      command.inTransaction || isGiveBack(sent, index) ? [] : [name(command)],
    ),
    inside: sent.filter((command) => command.inTransaction && !command.endsTransaction).map(name),
    transactions: sent.filter((command) => command.endsTransaction).map(name),
  };
}

function isGiveBack(sent: readonly SentCommand[], index: number): boolean {
  const isLimit = ({ name, collection }: SentCommand) => name === 'update' && collection === 'rateLimits';
  return isLimit(sent[index]!) && sent.slice(0, index).some(isLimit);
}

/** Every operation that the database profiled was answered by an index. */
async function expectIndexes(): Promise<void> {
  await server.db.command({ profile: 0 });
  const profile = server.db.collection<Profiled>('system.profile');
  const planned = await profile.find({ planSummary: { $exists: true }, appName: 'otpql' }).toArray();
  await profile.drop();
  await server.db.command({ profile: 2 });
  expect(planned.length).toBeGreaterThan(0);
  const scans = planned.filter(({ planSummary }) => !/^(IDHACK|IXSCAN|COUNT_SCAN|EOF)/.test(planSummary));
  expect(scans.map(({ ns, planSummary, command }) => [ns, planSummary, command['filter'] ?? command])).toEqual([]);
}
interface Profiled {
  ns: string;
  planSummary: string;
  appName: string;
  command: Record<string, unknown>;
}

/** All limits of a call. */
const LIMITS = 'update rateLimits';
const READ = 'find challenges';
const WRITE = 'update challenges';

/** How a delivery ended is stored after the answer, in its own time. */
async function settled(to: string): Promise<void> {
  for (;;) {
    const documents = await server.db.collection('challenges').find().toArray();
    const open = documents.some(({ slots }) => JSON.stringify(slots).includes('"deliveringSince":1'));
    if (!open) break;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect((await server.inbox(to)).length).toBeGreaterThan(0);
}

test('sendOtp takes three commands before its answer and one after it, and two where nothing changes', async () => {
  const to = freshPhone();
  const send = () => server.run(SendOtpDocument, { input: { to } });
  commands.take();
  expect((await send()).code).toBeNull();
  await settled(to);
  const names = () => commands.take().map(({ name, collection }) => `${name} ${collection}`);
  expect(names()).toEqual([LIMITS, READ, 'insert challenges', WRITE]);
  expect((await cost(send)).outside).toEqual([LIMITS, READ]);
  server.clock.advance(30_000);
  expect((await send()).code).toBeNull();
  await settled(to);
  expect(names()).toEqual([LIMITS, READ, WRITE, WRITE]);
});

test.each([
  { who: 'a known phone', known: true, first: WRITE },
  { who: 'an unknown phone', known: false, first: 'insert challenges' },
])('sendOtp for PASSWORD_RESET of $who takes four commands in sequence before its answer', async ({ known, first }) => {
  const to = known ? (await registerUser(server)).phone : freshPhone();
  const { outside } = await cost(() => server.run(SendOtpDocument, { input: { to, purpose: 'PASSWORD_RESET' } }));
  expect(outside.slice(0, 4)).toEqual([LIMITS, 'find users', READ, first]);
  // The delivery is settled off the request path.
  expect(outside.slice(4).filter((command) => command !== WRITE)).toEqual([]);
});

test('verifyOtp takes three commands, and two where none is pending or nothing changes', async () => {
  const to = freshPhone();
  const verify = (code: string) => server.run(VerifyOtpDocument, { input: { to, code } });
  expect((await cost(() => verify('123456'), 'OTP_EXPIRED')).outside).toEqual([LIMITS, READ]);
  const code = await sendCode(server, to);
  await settled(to);
  expect((await cost(() => verify(wrongCode(code)))).outside).toEqual([LIMITS, READ, WRITE]);
  const right = await cost(() => verify(code));
  expect(right).toEqual({ outside: [LIMITS, READ, WRITE], inside: [], transactions: [] });
  expect((await cost(() => verify(code))).outside).toEqual([LIMITS, READ]);
});

test('what limits do not count is given back in one command, after the answer', async () => {
  const to = freshPhone();
  const code = await sendCode(server, to);
  await settled(to);
  commands.take();
  expect((await server.run(VerifyOtpDocument, { input: { to, code } })).code).toBeNull();
  await standingCalls(server);
  const names = commands.take().map(({ name, collection }) => `${name} ${collection}`);
  expect(names).toEqual([LIMITS, READ, WRITE, LIMITS]);
  await server.run(VerifyOtpDocument, { input: { to: freshPhone(), code } });
  await standingCalls(server);
  expect(commands.take().map(({ collection }) => collection)).toEqual(['rateLimits', 'challenges', 'rateLimits']);
});

test('registerWithOtp takes three commands and one transaction, by code and by token', async () => {
  const register = (phone: string, proof: { otpCode: string } | { verificationToken: string }) =>
    server.run(RegisterWithOtpDocument, {
      input: { email: freshEmail(), phone, password: 'securepassword', ...proof },
    });
  const [first, second] = [freshPhone(), freshPhone()];
  const otpCode = await sendCode(server, first);
  const verificationToken = await proveDestination(server, second);
  await settled(first);
  const wanted = {
    outside: [LIMITS, READ, WRITE],
    inside: [WRITE, 'findAndModify users', 'insert users', 'insert sessions'],
    transactions: ['commitTransaction'],
  };
  expect(await cost(() => register(first, { otpCode }))).toEqual(wanted);
  expect(await cost(() => register(second, { verificationToken }))).toEqual(wanted);
});

test('a wrong code in registerWithOtp takes three commands and no transaction', async () => {
  const phone = freshPhone();
  const otpCode = wrongCode(await sendCode(server, phone));
  await settled(phone);
  const input = { email: freshEmail(), phone, password: 'securepassword', otpCode };
  const spent = await cost(() => server.run(RegisterWithOtpDocument, { input }), 'OTP_INVALID');
  expect(spent).toEqual({ outside: [LIMITS, READ, WRITE], inside: [], transactions: [] });
});

test('resetPasswordWithOtp takes four commands and one transaction', async () => {
  const { phone, email } = await registerUser(server);
  const otpCode = await sendCode(server, phone, { purpose: 'PASSWORD_RESET' });
  await settled(phone);
  const input = { email, phone, newPassword: 'newpassword123', otpCode };
  const spent = await cost(() => server.run(ResetPasswordWithOtpDocument, { input }));
  expect(spent.outside).toEqual([LIMITS, 'find users', READ, WRITE]);
  expect(spent.inside).toEqual([WRITE, 'findAndModify users', 'aggregate sessions', 'delete sessions']);
  expect(spent.transactions).toEqual(['commitTransaction']);
});

test('me takes one read with an access token, however often it is asked for, and none without', async () => {
  const { token } = await registerUser(server);
  const authorization = `Bearer ${token}`;
  const read = { outside: ['aggregate sessions'], inside: [], transactions: [] };
  expect(await cost(() => server.run(MeDocument, {}, { authorization }))).toEqual(read);
  const thrice = '{ a: me { id } b: me { email } c: me { phone } }';
  expect(await cost(() => server.query(thrice, {}, { authorization }))).toEqual(read);
  expect((await cost(() => server.run(MeDocument, {}))).outside).toEqual([]);
  const forged = `${token.slice(0, -2)}xx`;
  const refused = () => server.run(MeDocument, {}, { authorization: `Bearer ${forged}` });
  expect((await cost(refused, 'UNAUTHENTICATED')).outside).toEqual([]);
});

test("the read of a session finds its user by the users' own index", async () => {
  const { token } = await registerUser(server);
  await server.run(MeDocument, {}, { authorization: `Bearer ${token}` });
  const session = await server.db.collection('sessions').findOne();
  const lookup = [
    { $match: { _id: session!._id, expiresAt: { $gt: new Date(0) } } },
    { $lookup: { from: 'users', localField: 'userId', foreignField: '_id', as: 'user' } },
  ];
  const explained = await server.db.collection('sessions').aggregate(lookup).explain('executionStats');
  expect(JSON.stringify(explained)).not.toContain('COLLSCAN');
  expect(JSON.stringify(explained)).toMatch(/"indexesUsed":\["_id_"\]/);
});

test('an authenticated request takes one read more', async () => {
  const { token } = await registerUser(server);
  const authorization = `Bearer ${token}`;
  const input = { to: freshPhone(), code: '123456' };
  const { outside } = await cost(() => server.run(VerifyOtpDocument, { input }, { authorization }), 'OTP_EXPIRED');
  expect(outside).toEqual([LIMITS, 'aggregate sessions', READ]);
});

test('refreshSession takes two commands beside its limits, also as a retry, one when nothing changes, none for other strings', async () => {
  const { token, refreshToken } = await registerUser(server);
  const refresh = (presented: string) => server.run(RefreshSessionDocument, { refreshToken: presented });
  const read = [LIMITS, 'aggregate sessions'];
  const rotated = { outside: [...read, 'update sessions'], inside: [], transactions: [] };
  let next = '';
  const kept = async (presented: string) => {
    const answer = await refresh(presented);
    next = answer.data!.refreshSession.refreshToken;
    return answer;
  };
  expect(await cost(() => kept(refreshToken))).toEqual(rotated);
  expect(await cost(() => kept(refreshToken))).toEqual(rotated);
  expect(await cost(() => kept(next))).toEqual(rotated);
  expect((await cost(() => refresh(refreshToken), 'UNAUTHENTICATED')).outside).toEqual(read);
  expect((await cost(() => refresh(token), 'UNAUTHENTICATED')).outside).toEqual([LIMITS]);
  await server.run(LogoutDocument, {}, { authorization: `Bearer ${token}` });
  expect((await cost(() => refresh(refreshToken), 'UNAUTHENTICATED')).outside).toEqual(read);
});

test('listing and ending sessions takes one command each, ending all of them two', async () => {
  const { token } = await registerUser(server);
  const authorization = `Bearer ${token}`;
  const listed = await cost(() => server.run(SessionsDocument, {}, { authorization }));
  expect(listed.outside).toEqual(['aggregate sessions', 'find sessions']);
  const id = 'A'.repeat(22);
  const revoked = await cost(() => server.run(RevokeSessionDocument, { id }, { authorization }));
  expect(revoked.outside).toEqual(['aggregate sessions', LIMITS, 'delete sessions']);
  const all = await cost(() => server.run(RevokeAllSessionsDocument, {}, { authorization }));
  // Which clients are known is forgotten after the answer.
  expect(all.outside.slice(0, 3)).toEqual(['aggregate sessions', 'update users', 'delete sessions']);
  expect([all.inside, all.transactions]).toEqual([[], []]);
  const next = await registerUser(server);
  const out = await cost(() => server.run(LogoutDocument, {}, { authorization: `Bearer ${next.token}` }));
  expect(out.outside).toEqual(['aggregate sessions', 'delete sessions']);
});
