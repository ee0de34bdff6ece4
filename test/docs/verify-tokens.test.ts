// The examples of docs/verify-tokens.md against a real server: what a good token prints, and what each refuses.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import jwt from 'jsonwebtoken';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/project.mjs';
import { registerUser } from '../support/codes.ts';
import { privatePem } from '../support/keys.ts';
import { pythonPackages } from '../support/python.ts';
import { startServer, type TestServer } from '../support/server.ts';

const JWT_PRIVATE_KEY = privatePem();
const examples = join(root, 'docs', 'examples');
const LANGUAGES = ['Node', 'Python'] as const;

let server: TestServer;
let packages: string;
let token: string;
let user: string;
beforeAll(async () => {
  packages = await pythonPackages('PyJWT[crypto]');
  server = await startServer({ JWT_PRIVATE_KEY, JWT_ISSUER: 'https://id.example', JWT_AUDIENCE: 'shop' });
  const registered = await registerUser(server);
  token = registered.token;
  user = registered.user.id;
});
afterAll(() => server.close());

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}
/** Runs an example as a shell would, with a token on its standard input. */
function check(language: (typeof LANGUAGES)[number], input: string): Promise<Outcome> {
  const [command, file] = language === 'Node' ? [process.execPath, 'verify-token.mjs'] : ['python3', 'verify_token.py'];
  const env = {
    PATH: process.env['PATH'],
    PYTHONPATH: packages,
    OTPQL_URL: server.url,
    OTPQL_ISSUER: 'https://id.example',
    OTPQL_AUDIENCE: 'shop',
  };
  const child = spawn(command, [join(examples, file)], { env });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  child.stdin.end(`${input}\n`);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...output }));
  });
}
function resigned(changed: { header?: object; claims?: object }, key = JWT_PRIVATE_KEY): string {
  const { header, payload } = jwt.decode(token, { complete: true })!;
  const whole = { ...header, ...changed.header };
  return jwt.sign({ ...(payload as object), ...changed.claims }, key, { algorithm: 'ES256', header: whole });
}

describe.each(LANGUAGES)('the example in %s', (language) => {
  test('says who a good token is', async () => {
    const { code, stdout, stderr } = await check(language, token);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { exp, sid } = jwt.decode(token) as jwt.JwtPayload & { sid: string };
    expect(JSON.parse(stdout)).toEqual({ user, session: sid, amr: expect.any(Array), expires: exp });
  });

  const REFUSED: Record<string, () => string> = {
    'of another key': () => resigned({}, privatePem()),
    'for another audience': () => resigned({ claims: { aud: 'bank' } }),
    'from another issuer': () => resigned({ claims: { iss: 'https://evil.example' } }),
    'that has expired': () => resigned({ claims: { exp: Math.floor(Date.now() / 1000) - 60 } }),
    'of another type': () => resigned({ header: { typ: 'transaction-receipt+jwt' } }),
    'without an algorithm': () =>
      `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${token.split('.')[1]}.`,
  };
  test.each(Object.entries(REFUSED))('refuses a token %s', async (_what, forge) => {
    const { code, stdout, stderr } = await check(language, forge());
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^refused: /);
  });
});

test('the page shows the examples as they are', () => {
  const page = readFileSync(join(root, 'docs', 'verify-tokens.md'), 'utf8');
  const shown = [...page.matchAll(/<!-- examples\/(\S+) -->\n+```\w+\n(.*?)```/gs)];
  expect(shown.map(([, name]) => name)).toEqual(['verify-token.mjs', 'verify_token.py']);
  for (const [, name = '', code] of shown) expect(code).toBe(readFileSync(join(examples, name), 'utf8'));
});

test("the page's way to ask the server answers at once after the session has ended", async () => {
  const page = readFileSync(join(root, 'docs', 'verify-tokens.md'), 'utf8');
  const curl = /```sh\n(curl .*?)```/s.exec(page)![1]!.replace('http://localhost:4000', server.url);
  const ask = (own: string) =>
    new Promise<string>((resolve) => {
      const child = spawn('bash', ['-c', curl], { env: { PATH: process.env['PATH'], TOKEN: own } });
      let answer = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (answer += text));
      child.once('close', () => resolve(answer));
    });
  const other = await registerUser(server);
  expect(JSON.parse(await ask(other.token))).toEqual({ data: { me: { id: other.user.id } } });
  await server.db.collection('sessions').deleteMany({});
  expect(JSON.parse(await ask(other.token)).errors[0].extensions.code).toBe('UNAUTHENTICATED');
  // Offline it still looks good.
  expect((await check('Node', other.token)).code).toBe(0);
});
