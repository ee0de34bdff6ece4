import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../scripts/project.mjs';
import { parseConfig } from '../../src/config/config.ts';
import { ENVIRONMENT } from '../../src/config/environment.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { blocks, readme, section } from './readme-blocks.ts';

const execute = promisify(execFile);
const BETWEEN = '---- the next block ----';

describe('the tour', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.close());

  test('the curl lines do in one shell what the README says they answer', async () => {
    const tour = blocks(section(readme(), 'Five-minute tour with curl'));
    const commands = tour.filter(({ language }) => language === 'bash');
    expect(commands.length).toBeGreaterThan(5);
    const script = commands
      .map(({ text }) => text.replaceAll('localhost:4000', new URL(server.url).host))
      .join(`\necho; echo '${BETWEEN}'\n`);
    const { stdout } = await execute('bash', ['-euo', 'pipefail', '-c', script]);
    const outputs = stdout.split(BETWEEN).map((output) => output.trim());
    expect(outputs).toHaveLength(commands.length);

    let answers = 0;
    for (const [at, block] of tour.entries()) {
      if (block.language !== 'json') continue;
      const output = outputs[tour.slice(0, at).filter(({ language }) => language === 'bash').length - 1];
      expect(JSON.parse(output!)).toEqual(withWildcards(JSON.parse(block.text)));
      answers += 1;
    }
    expect(answers).toBeGreaterThan(5);
    expect(outputs[1]).toMatch(/^\d{6}$/);
    expect(outputs[3]).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  });

  test('the REST lines answer what the README says', async () => {
    const examples = blocks(section(readme(), 'REST'));
    expect(examples.map(({ language }) => language)).toEqual(['bash', 'json', 'bash', 'json']);
    for (let at = 0; at < examples.length; at += 2) {
      const line = examples[at]!.text.replaceAll('localhost:4000', new URL(server.url).host);
      const { stdout } = await execute('bash', ['-euo', 'pipefail', '-c', line]);
      expect(JSON.parse(stdout)).toEqual(JSON.parse(examples[at + 1]!.text));
    }
  });

  test('the Sandbox operations work with the code from the inbox', async () => {
    const operations = blocks(section(readme(), 'The same with Sandbox')).map(({ text }) => text);
    expect(operations).toHaveLength(3);
    const [send, register, me] = operations as [string, string, string];
    expect((await server.query(send)).data?.['sendOtp']).toMatchObject({ status: 'PENDING' });
    const [message] = await server.inbox('+12025550124');
    const registered = await server.query(register.replace('"000000"', `"${message!.code}"`));
    expect(registered.errors).toEqual([]);
    const { token } = registered.data!['registerWithOtp'] as { token: string };
    const answer = await server.query(me, {}, { authorization: `Bearer ${token}` });
    expect(answer.data).toEqual({ me: { email: 'second@example.com', phone: '+12025550124' } });
  });
});

describe('the configuration table', () => {
  const rows = [...section(readme(), 'Configuration').matchAll(/^\| `(\w+)` +\| (.*?) +\| (.*?) +\|$/gm)];
  const described = new Map(rows.map(([, name = '', fallback = '']) => [name, fallback]));

  test('has exactly the variables that the server reads, in its order', () => {
    expect([...described.keys()]).toEqual(Object.keys(ENVIRONMENT.shape));
  });

  test('tells the default that each variable has', () => {
    for (const [name, rule] of Object.entries(ENVIRONMENT.shape)) {
      const parsed = rule.safeParse(undefined);
      const fallback = parsed.success ? parsed.data : undefined;
      // A variable without one has its default from other rules, in words; some of them are looked at below.
      if (fallback === undefined) continue;
      expect({ name, fallback: described.get(name) }).toEqual({ name, fallback: `\`${String(fallback)}\`` });
    }
  });

  test('tells the defaults that differ in production', () => {
    const secrets = { OTP_SECRET: 'o'.repeat(32), JWT_SECRET_KEY: 'j'.repeat(32) };
    const twilio = {
      TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
      TWILIO_AUTH_TOKEN: 'token',
      TWILIO_VERIFY_SERVICE_SID: `VA${'0'.repeat(32)}`,
    };
    const base = { MONGODB_URI: 'mongodb://localhost/otpql', ...secrets, ...twilio };
    const [development, production] = ['test', 'production'].map((NODE_ENV) => parseConfig({ ...base, NODE_ENV }));
    const both = (name: 'host' | 'phoneStrict' | 'introspection') =>
      `\`${String(development![name])}\`; in production \`${String(production![name])}\``;
    expect(described.get('HOST')).toBe(both('host'));
    expect(described.get('PHONE_STRICT')).toBe(both('phoneStrict'));
    expect(described.get('GRAPHQL_INTROSPECTION')).toBe(both('introspection'));
  });
});

test('the commands that the README names are the scripts that there are', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };
  const named = [...readme().matchAll(/\bnpm (?:run )?(start|test|(?<=run )[\w:-]+)/g)].map(([, name]) => name);
  // The parts of `check` are its own business.
  const wanted = Object.keys(scripts).filter((name) => !name.startsWith('check:'));
  expect([...new Set(named)].sort()).toEqual(wanted.sort());
});

/** What the README shows as "…" may be any text. */
function withWildcards(value: unknown): unknown {
  if (value === '…') return expect.any(String);
  if (Array.isArray(value)) return value.map(withWildcards);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, withWildcards(part)]));
}
