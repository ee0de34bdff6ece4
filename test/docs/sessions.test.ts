import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../scripts/project.mjs';
import { startServer, type TestServer } from '../support/server.ts';
import { blocks } from './readme-blocks.ts';

const execute = promisify(execFile);
const BETWEEN = '---- the next block ----';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

test('the lines of docs/sessions.md do in one shell what it says they answer', async () => {
  const page = blocks(readFileSync(join(root, 'docs', 'sessions.md'), 'utf8'));
  const commands = page.filter(({ language }) => language === 'bash');
  const answers = page.filter(({ language }) => language === 'json').map(({ text }) => JSON.parse(text) as Listed);
  const script = commands
    .map(({ text }) => text.replaceAll('localhost:4000', new URL(server.url).host))
    .join(`\necho; echo '${BETWEEN}'\n`);
  const { stdout } = await execute('bash', ['-euo', 'pipefail', '-c', script]);
  const [, refreshed, listed, revoked] = stdout.split(BETWEEN).map((output) => output.trim());
  expect(refreshed).toBe('Session refreshed');
  const [session] = answers[0]!.data.sessions;
  const told = { ...session, userAgent: expect.stringMatching(/^curl/), amr: [expect.any(String)] };
  expect(JSON.parse(listed!)).toEqual({ data: { sessions: [told] } });
  expect(JSON.parse(revoked!)).toEqual(answers[1]);
});

interface Listed {
  readonly data: { readonly sessions: readonly object[] };
}
