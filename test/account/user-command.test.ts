// `npm run user`: what an operator does to an account holds for a running server at its next request.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { ensureBuild } from '../../scripts/build.mjs';
import { root } from '../../scripts/project.mjs';
import { userCommand } from '../../src/commands/user.ts';
import { MeDocument, RefreshSessionDocument } from '../../web/generated/operations.ts';
import { registerUser } from '../support/codes.ts';
import { bareEnvironment, launch } from '../support/process.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { SECRETS, SignIns } from '../support/sessions.ts';
import { sharedMongodUri } from '../support/shared-mongod.ts';

let server: TestServer;
let signIns: SignIns;
let account: Awaited<ReturnType<typeof registerUser>>;
beforeAll(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '1000', ...SECRETS });
  signIns = await SignIns.on(server);
});
beforeEach(async () => {
  account = await registerUser(server, { verifiedEmail: true });
});
afterAll(async () => {
  await signIns.close();
  await server.close();
});

async function command(...args: string[]) {
  const told = { stdout: '', stderr: '' };
  const code = await userCommand(args, {
    environment: { MONGODB_URI: sharedMongodUri(server.db.databaseName) },
    stdout: { write: (text) => (told.stdout += text) },
    stderr: { write: (text) => (told.stderr += text) },
  });
  return { code, ...told };
}
const me = async (token: string) =>
  (await server.run(MeDocument, {}, { authorization: `Bearer ${token}` })).code ?? 'lives';
const refresh = async (refreshToken: string) => (await server.run(RefreshSessionDocument, { refreshToken })).code;

test('a suspended account is refused by every token at the next request', async () => {
  const other = await signIns.open(account.user.id);
  const { code, stdout } = await command('suspend', account.email);
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: `Suspended the account ${account.user.id}; 2 sessions ended.\n`,
  });
  for (const { token, refreshToken } of [account, other])
    expect([await me(token), await refresh(refreshToken)]).toEqual(['UNAUTHENTICATED', 'UNAUTHENTICATED']);
});

test('a session that came about meanwhile is refused too, and no session of before comes back', async () => {
  await command('suspend', account.user.id);
  const late = await signIns.open(account.user.id);
  expect(await me(late.token)).toBe('UNAUTHENTICATED');
  expect((await command('suspend', account.email)).stdout).toMatch(/was suspended already since .*; 1 session ended\./);
  const { code, stdout } = await command('reinstate', account.email);
  expect([code, stdout]).toEqual([0, `Reinstated the account ${account.user.id}; it can sign in again.\n`]);
  for (const { token } of [account, late]) expect(await me(token)).toBe('UNAUTHENTICATED');
  expect(await me((await signIns.open(account.user.id)).token)).toBe('lives');
  expect((await command('reinstate', account.user.id)).stdout).toBe(
    `The account ${account.user.id} is not suspended.\n`,
  );
});

test('suspending one account leaves another alone', async () => {
  const other = await registerUser(server);
  await command('suspend', other.email);
  expect(await me(account.token)).toBe('lives');
});

test('an account is shown without secrets, named by its address in any case or by its id', async () => {
  const shown = await command('show', ` ${account.email.toUpperCase()} `);
  expect(await command('show', account.user.id.toUpperCase())).toEqual(shown);
  expect(shown.code).toBe(0);
  for (const part of [account.user.id, `${account.email} (verified)`, 'suspended      no', 'sessions       1'])
    expect(shown.stdout).toContain(part);
  const stored = (await server.db.collection('users').findOne({ email: account.email }))!;
  for (const secret of [account.phone, String(stored['passwordHash'])]) expect(shown.stdout).not.toContain(secret);
  await command('suspend', account.email);
  expect((await command('show', account.email)).stdout).toMatch(/suspended +since \d{4}-.*\nsessions +0\n/);
});

test.each([
  [[], /say what to do[^]*Usage/],
  [['delete', 'a@example.com'], /say what to do/],
  [['suspend'], /name one account/],
  [['suspend', '  '], /name one account/],
  [['suspend', 'a@example.com', 'b@example.com'], /name one account/],
  [['suspend', 'nobody'], /neither an e-mail address nor an id/],
  [['suspend', 'a@@b'], /e-mail address/],
  [['suspend', '{"$ne":null}'], /neither an e-mail address nor an id/],
  [['suspend', 'nobody@example.com'], /there is no account with this e-mail address/],
  [['suspend', 'f'.repeat(24)], /there is no account with this id/],
])('%j is refused in words, and changes nothing', async (args, words) => {
  const { code, stdout, stderr } = await command(...args);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(words);
  expect(stderr).not.toMatch(/\n\s+at |Mongo|Cast/);
  expect(await me(account.token)).toBe('lives');
});

test.each([
  [{}, /MONGODB_URI is missing/],
  [{ MONGODB_URI: 'postgres://x' }, /MONGODB_URI must start with mongodb:/],
  [{ MONGODB_URI: 'mongodb://127.0.0.1:1/x?serverSelectionTimeoutMS=50' }, /MongoDB cannot be reached/],
])('with %j it says what to put right', async (environment, words) => {
  let stderr = '';
  const process = { environment, stdout: { write: () => true }, stderr: { write: (text: string) => (stderr += text) } };
  expect(await userCommand(['show', 'a@example.com'], process)).toBe(1);
  expect(stderr).toMatch(words);
});

test('the built program does it in production, without the secrets of the server', async () => {
  await ensureBuild();
  const env = bareEnvironment({ NODE_ENV: 'production', MONGODB_URI: sharedMongodUri(server.db.databaseName) });
  const program = launch(process.execPath, [join(root, 'dist', 'user.js'), 'suspend', account.email], {
    cwd: '/',
    env,
  });
  const { code } = await program.exited;
  expect({ code, stdout: program.stdout(), stderr: program.stderr() }).toEqual({
    code: 0,
    stdout: `Suspended the account ${account.user.id}; 1 session ended.\n`,
    stderr: '',
  });
  expect(await me(account.token)).toBe('UNAUTHENTICATED');
});
