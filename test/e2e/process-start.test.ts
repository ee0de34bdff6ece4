import { afterEach, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findMongod } from '../../scripts/mongod/binary.mjs';
import { choosePort } from '../../scripts/process/port.mjs';
import { root } from '../../scripts/project.mjs';
import {
  bareEnvironment,
  endProgram,
  graphql,
  launch,
  launchBuilt,
  startBuilt,
  until,
  type Program,
  type ServerProcess,
} from '../support/process.ts';
import { sharedMongodUri } from '../support/shared-mongod.ts';

const uri = sharedMongodUri(`otpql_start_${process.pid}`);
const PRODUCTION = {
  NODE_ENV: 'production',
  MONGODB_URI: uri,
  OTP_SECRET: 'o'.repeat(32),
  JWT_SECRET_KEY: 'j'.repeat(32),
  // The one sender that needs no account elsewhere.
  OTP_PROVIDER: 'local',
  SMTP_URL: 'smtp://127.0.0.1:9',
  MAIL_FROM: 'otpql@example.com',
};

let server: ServerProcess | undefined;
let mongod: Program | undefined;
afterEach(async () => {
  await endProgram(server);
  await endProgram(mongod);
});

test('a wrong production configuration names every problem at once and exits 1', async () => {
  const { exited, stdout, stderr } = (server = await launchBuilt({
    NODE_ENV: 'production',
    PORT: '70000',
    OTP_SECRET: 'tooshort',
    JWT_SECRET_KEY: 'your-secret-key-change-this',
    TRUST_PROXY: 'everybody',
    OTP_TTL_SECONDS: 'ten',
    LOG_LEVEL: 'loud',
  }));
  expect(await exited).toEqual({ code: 1, signal: null });
  expect(stdout()).toBe('');
  const [title, ...problems] = stderr().trim().split('\n');
  expect(title).toBe('The configuration is not valid:');
  expect(problems.map((line) => /^ {2}- ([A-Z_]+) .+/.exec(line)?.[1]).sort()).toEqual([
    'JWT_SECRET_KEY',
    'LOG_LEVEL',
    'MONGODB_URI',
    'OTP_SECRET',
    'OTP_TTL_SECONDS',
    'PORT',
    'TRUST_PROXY',
    'TWILIO_ACCOUNT_SID',
    'TWILIO_AUTH_TOKEN',
    'TWILIO_VERIFY_SERVICE_SID',
  ]);
  expect(stderr()).not.toContain('tooshort');
});

test('production serves the API, and neither inbox nor start page nor introspection', async () => {
  const { url } = (server = await startBuilt(PRODUCTION));
  for (const path of ['/', '/dev/inbox', '/dev/inbox.json', '/dev/inbox.js', '/dev/page.css'])
    expect({ path, status: (await fetch(`${url}${path}`)).status }).toEqual({ path, status: 404 });
  expect((await graphql(url, '{ __schema { queryType { name } } }')).code).toBe('BAD_USER_INPUT');
  expect(await graphql(url, '{ otpPolicy { codeLength } }')).toMatchObject({ data: { otpPolicy: { codeLength: 6 } } });
});

test('every line of the log is JSON, and those of one request carry the id that its client was told', async () => {
  const { url, stdout } = (server = await startBuilt(PRODUCTION));
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: 'mutation { verifyOtp(input: { to: "+12025550100", code: "000000" }) { valid } }' }),
  });
  const requestId = response.headers.get('x-request-id');
  const answer = (await response.json()) as { errors: { extensions: object }[] };
  expect(answer.errors[0]?.extensions).toMatchObject({ code: 'OTP_EXPIRED', requestId });
  const lines = () => stdout().trim().split('\n');
  await until(() => lines().filter((line) => line.includes(requestId!)).length === 2);
  const parsed = lines().map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(parsed.filter((line) => line['requestId'] === requestId)).toMatchObject([
    { level: 30, msg: 'refused', errorCode: 'OTP_EXPIRED' },
    { level: 30, msg: 'request', method: 'POST', route: '/graphql', status: 200 },
  ]);
});

test('a port that is taken gives one line that names it and says what to set', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const { exited, stderr } = (server = await launchBuilt({ MONGODB_URI: uri, PORT: String(port) }));
  expect(await exited).toEqual({ code: 1, signal: null });
  taken.close();
  expect(stderr().trim().split('\n')).toEqual([expect.stringMatching(new RegExp(`${port}.*\\bPORT\\b`))]);
});

test('a MongoDB that is no replica set stops the start with one line about transactions', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'otpql-standalone-'));
  const port = await choosePort();
  const args = ['--bind_ip', '127.0.0.1', '--port', String(port), '--dbpath', folder, '--nounixsocket'];
  mongod = launch(await findMongod(() => undefined), args, { cwd: folder, env: process.env });
  await until(() => answers(port));
  const { exited, stderr } = (server = await launchBuilt({ MONGODB_URI: `mongodb://127.0.0.1:${port}/otpql` }));
  expect(await exited).toEqual({ code: 1, signal: null });
  expect(stderr().trim().split('\n')).toEqual([expect.stringMatching(/MONGODB_URI.*replica set.*transactions/)]);
  await endProgram(mongod);
  rmSync(folder, { recursive: true, force: true });
});

test('a MongoDB that cannot be reached stops the start with one line about MONGODB_URI', async () => {
  const nobody = `mongodb://127.0.0.1:${await choosePort()}/otpql?replicaSet=otpql`;
  const { exited, stderr } = (server = await launchBuilt({ MONGODB_URI: nobody }));
  expect(await exited).toEqual({ code: 1, signal: null });
  expect(stderr().trim().split('\n')).toEqual([expect.stringMatching(/cannot be reached.*MONGODB_URI/)]);
});

test('under `npm start` a problem of the server is told once and is the exit code', async () => {
  const env = bareEnvironment({ MONGODB_URI: 'localhost:27017' });
  const { exited, stderr } = launch('npm', ['start'], { cwd: root, env });
  expect((await exited).code).toBe(1);
  expect(stderr().match(/MONGODB_URI must start with/g)).toHaveLength(1);
});

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
