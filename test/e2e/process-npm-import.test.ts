import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../scripts/project.mjs';
import { bareEnvironment, endProgram, launch, type Program } from '../support/process.ts';

let folder: string;
let program: Program | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'otpql-npm-import-'));
});
afterEach(async () => {
  await endProgram(program);
  rmSync(folder, { recursive: true, force: true });
});

test('with nothing configured, users come into the database that npm start brings along, and stay there', async () => {
  const [{ hash }] = JSON.parse(
    readFileSync(join(root, 'test', 'account', 'fixtures', 'legacy-hashes.json'), 'utf8'),
  ) as [{ hash: string }];
  const file = join(folder, 'users.jsonl');
  writeFileSync(file, JSON.stringify({ email: 'ada@example.com', passwordHash: hash }));
  const env = bareEnvironment({ DATA_DIR: join(folder, 'data') });
  for (const outcome of ['1 imported, 0 already there, 0 refused', '0 imported, 1 already there, 0 refused']) {
    program = launch('npm', ['run', 'import-users', '--', file], { cwd: root, env });
    expect(await program.exited).toEqual({ code: 0, signal: null });
    expect(program.stdout()).toContain(outcome);
  }
});
