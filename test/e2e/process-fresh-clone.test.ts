// The README's own commands, in a clone of what is committed, without node_modules: what a newcomer does first.
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findMongod } from '../../scripts/mongod/binary.mjs';
import { choosePort } from '../../scripts/process/port.mjs';
import { root } from '../../scripts/project.mjs';
import { blocks, page, section } from '../docs/blocks.ts';
import { bareEnvironment, endProgram, launch, listening, until, type Program } from '../support/process.ts';

const execute = promisify(execFile);
const MINUTES = 60_000;

let clone: string;
let port: number;
let env: NodeJS.ProcessEnv;
let program: Program | undefined;

beforeAll(async () => {
  if (process.env['OTPQL_IN_CLONE']) throw new Error('This suite runs the tests in a clone: it must not run in one');
  clone = join(mkdtempSync(join(tmpdir(), 'otpql-clone-')), 'otpql');
  await execute('git', ['clone', '--quiet', '--local', root, clone]);
  port = await choosePort();
  env = bareEnvironment({
    PORT: String(port),
    OTPQL_IN_CLONE: '1',
    // What this machine has already is not downloaded again.
    MONGOMS_SYSTEM_BINARY: await findMongod(() => undefined),
    npm_config_prefer_offline: 'true',
  });
});
afterEach(() => endProgram(program));
afterAll(() => rmSync(join(clone, '..'), { recursive: true, force: true }));

/** The one command of a README section. */
function commandIn(heading: string): string {
  const [command, ...others] = blocks(section(page('README.md', clone), heading)).map(({ text }) => text.trim());
  expect(others).toEqual([]);
  return command!;
}

function run(command: string): Program {
  program = launch('bash', ['-c', `exec ${command}`], { cwd: clone, env });
  return program;
}

test(
  'the start command installs, builds and serves; the tour works; Ctrl+C ends all of it',
  async () => {
    expect(existsSync(join(clone, 'node_modules'))).toBe(false);
    const start = run(commandIn('Start'));
    await listening(start, `http://localhost:${port}`);
    await until(() => start.stdout().includes('otpql is ready'));
    for (const path of ['/', '/graphql', '/dev/inbox'])
      expect(start.stdout()).toContain(`http://localhost:${port}${path}`);

    const tour = blocks(section(page('README.md', clone), 'Five-minute tour with curl'));
    const script = tour.flatMap(({ language, text }) => (language === 'bash' ? text : []));
    const local = script.join('\n').replaceAll('localhost:4000', `localhost:${port}`);
    const { stdout } = await execute('bash', ['-euo', 'pipefail', '-c', local]);
    expect(stdout).toMatch(/"Registration successful".*"me":\{"email":"user@example.com"/s);

    start.signalGroup('SIGINT');
    await start.exited;
    // mongod empties its lock file only when it ends in order.
    expect(statSync(join(clone, '.data', 'mongo', 'mongod.lock')).size).toBe(0);
  },
  5 * MINUTES,
);

test(
  'the test command runs the tests that it is given, and ends with their count',
  async () => {
    // A few will do: it is the command that is tested here.
    const tests = run(`${commandIn('Test')} -- test/otp/send`);
    const { code } = await tests.exited;
    expect({ code, output: code === 0 ? '' : tests.stdout() + tests.stderr() }).toEqual({ code: 0, output: '' });
    expect(tests.stdout().trim().split('\n').at(-1)).toMatch(/^[1-9]\d* passed, 0 failed$/);
  },
  5 * MINUTES,
);

test(
  'the development command serves, and serves again when a source file changes',
  async () => {
    const file = join(clone, 'src', 'http', 'pages', 'start-page.ts');
    const source = readFileSync(file, 'utf8');
    const dev = run('npm run dev');
    await listening(dev, `http://localhost:${port}`);
    writeFileSync(file, source.replace('otpql is running', 'otpql was reloaded'));
    await until(async () => {
      const page = await fetch(`http://localhost:${port}/`).catch(() => null);
      return (await page?.text())?.includes('otpql was reloaded') ?? false;
    });
    dev.signalGroup('SIGINT');
    await dev.exited;
    writeFileSync(file, source);
  },
  5 * MINUTES,
);

test(
  'the generating commands change nothing that is committed, and no command leaves a file that is not ignored',
  async () => {
    for (const command of ['npm run build', 'npm run schema', 'npm run codegen']) {
      expect(page('CONTRIBUTING.md', clone)).toContain(`\`${command}\``);
      const { code } = await run(command).exited;
      expect({ command, code }).toEqual({ command, code: 0 });
    }
    const { stdout } = await execute('git', ['status', '--porcelain'], { cwd: clone });
    expect(stdout).toBe('');
  },
  5 * MINUTES,
);
