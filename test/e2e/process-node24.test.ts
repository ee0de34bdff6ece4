import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../scripts/project.mjs';
import { freshEmail, freshPhone } from '../support/codes.ts';
import {
  bareEnvironment,
  codeFor,
  endProgram,
  graphql,
  launch,
  ME,
  REGISTER,
  SEND,
  startBuilt,
  type Program,
  type ServerProcess,
} from '../support/process.ts';
import { sharedMongodUri } from '../support/shared-mongod.ts';

const execute = promisify(execFile);
const PRINT_WHO = 'process.stdout.write(JSON.stringify([process.version, process.execPath]))';

let node24: string;
let folder: string;
let server: ServerProcess | undefined;
let jest: Program | undefined;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'otpql-node24-'));
  // This Node when it is one; else the one that npm gets. Without either there is nothing to be sure of: a failure.
  const viaNpm = ['exec', '--yes', '--prefer-offline', '--package=node@24', '--', 'node', '-e', PRINT_WHO];
  const [command, args] = process.version.startsWith('v24.') ? [process.execPath, viaNpm.slice(-2)] : ['npm', viaNpm];
  const { stdout } = await execute(command, args, { cwd: folder });
  const [version, path] = JSON.parse(stdout) as [string, string];
  expect(version).toMatch(/^v24\./);
  node24 = path;
});
afterEach(async () => {
  await endProgram(server);
  await endProgram(jest);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the built server registers a user under Node 24', async () => {
  const uri = sharedMongodUri(`otpql_node24_${process.pid}`);
  server = await startBuilt({ MONGODB_URI: uri }, node24);
  const person = { email: freshEmail(), phone: freshPhone() };
  await graphql(server.url, SEND, { input: { to: person.phone } });
  const otpCode = await codeFor(server.url, person.phone);
  const { data } = await graphql(server.url, REGISTER, { input: { ...person, password: 'securepassword', otpCode } });
  const token = data!['registerWithOtp']!['token'] as string;
  expect((await graphql(server.url, ME, {}, token)).data).toEqual({ me: { email: person.email } });
});

test('the tests of the heart pass under Node 24', async () => {
  const jestBin = join('node_modules', 'jest', 'bin', 'jest.js');
  // But for the random histories, which take a minute: they play the same rules.
  const heart = ['test/otp', '--testPathIgnorePatterns', 'properties'];
  const args = ['--experimental-vm-modules', jestBin, `--cacheDirectory=${join(folder, 'jest')}`, ...heart];
  jest = launch(node24, args, { cwd: root, env: { ...bareEnvironment(), NODE_ENV: 'test' } });
  const { code } = await jest.exited;
  expect({ code, output: code === 0 ? '' : jest.stderr() }).toEqual({ code: 0, output: '' });
  // It must have run them: an empty selection passes nothing.
  expect(jest.stderr()).toMatch(/Tests: +[1-9]\d* passed, \d+ total/);
});
