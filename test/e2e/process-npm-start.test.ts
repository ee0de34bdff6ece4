import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { choosePort } from '../../scripts/process/port.mjs';
import { root } from '../../scripts/project.mjs';
import { freshEmail, freshPhone } from '../support/codes.ts';
import {
  bareEnvironment,
  codeFor,
  endProgram,
  graphql,
  launch,
  listening,
  ME,
  REGISTER,
  RESET,
  SEND,
  until,
  VERIFY,
  type Program,
} from '../support/process.ts';

let folder: string;
let program: Program | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'otpql-npm-start-'));
});
afterEach(async () => {
  await endProgram(program);
  rmSync(folder, { recursive: true, force: true });
});

test('a user starts otpql, registers, resets the password, restarts it, and the account is still there', async () => {
  const port = await choosePort();
  const url = `http://localhost:${port}`;
  const env = bareEnvironment({ PORT: String(port), DATA_DIR: join(folder, 'data') });
  const npmStart = async () => {
    program = launch('npm', ['start'], { cwd: root, env });
    await listening(program, url);
    return program;
  };

  const first = await npmStart();
  // It listens before it says so.
  for (const page of ['/', '/graphql', '/dev/inbox']) await until(() => first.stdout().includes(`${url}${page}`));
  const password = 'securepassword';
  const person = { email: freshEmail(), phone: freshPhone() };
  expect(await graphql(url, SEND, { input: { to: person.phone } })).toMatchObject({ code: null });
  const otpCode = await codeFor(url, person.phone);
  const verified = await graphql(url, VERIFY, { input: { to: person.phone, code: otpCode } });
  expect(verified.data?.['verifyOtp']).toEqual({ valid: true });
  const registered = await graphql(url, REGISTER, { input: { ...person, password, otpCode } });
  const token = registered.data!['registerWithOtp']!['token'] as string;
  expect((await graphql(url, ME, {}, token)).data).toEqual({ me: { email: person.email } });

  await graphql(url, SEND, { input: { to: person.phone, purpose: 'PASSWORD_RESET' } });
  const resetCode = await codeFor(url, person.phone);
  const reset = await graphql(url, RESET, { input: { ...person, newPassword: 'newpassword123', otpCode: resetCode } });
  expect(reset.data?.['resetPasswordWithOtp']).toEqual({ sessionsRevoked: 1 });
  expect((await graphql(url, ME, {}, token)).code).toBe('UNAUTHENTICATED');

  const other = await registerAnother(url);
  first.signalGroup('SIGINT');
  await first.exited;
  // mongod empties its lock file only when it ends in order.
  expect(statSync(join(folder, 'data', 'mongo', 'mongod.lock')).size).toBe(0);

  await npmStart();
  expect((await graphql(url, ME, {}, other.token)).data).toEqual({ me: { email: other.email } });
  expect((await graphql(url, ME, {}, token)).code).toBe('UNAUTHENTICATED');
  const again = await registerAnother(url, person.email);
  expect(again.code).toBe('ACCOUNT_EXISTS');
});

async function registerAnother(url: string, email = freshEmail()) {
  const phone = freshPhone();
  await graphql(url, SEND, { input: { to: phone } });
  const otpCode = await codeFor(url, phone);
  const { data, code } = await graphql(url, REGISTER, { input: { email, phone, password: 'a quiet lake', otpCode } });
  return { email, code, token: data?.['registerWithOtp']?.['token'] as string };
}
