// The rules of dependency-cruiser.config.mjs, run by the command of `npm run check` on a project of imports alone: a rule
// that bites no more, or a tool that reads TypeScript no more, would let everything through in silence.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import config from '../../dependency-cruiser.config.mjs';
import { root } from '../../scripts/project.mjs';

/** Each file with what it imports (or its whole text), and the rule that this breaks. */
const FILES: readonly (readonly [file: string, imports: string, broken?: string])[] = [
  // The ground.
  ['src/errors.ts', './clock.ts'],
  ['src/clock.ts', './otp/empty.ts', 'ground'],
  ['src/limits/a.ts', '../users/empty.ts', 'ground'],
  ['src/config/a.ts', '../otp/empty.ts', 'ground'],
  // Rooms.
  ['src/otp/a.ts', '../errors.ts'],
  ['src/otp/b.ts', '../limits/empty.ts'],
  ['src/otp/c.ts', '../users/empty.ts', 'from-otp'],
  ['src/otp/d.ts', '../telemetry/empty.ts', 'from-otp'],
  ['src/otp/e.ts', "import type {} from '../mongo/empty.ts';", 'from-otp'],
  ['src/otp/f.ts', "export * from '../mongo/empty.ts';", 'from-otp'],
  ['src/otp/g.ts', "await import('../mongo/empty.ts');", 'from-otp'],
  ['src/users/a.ts', '../session/empty.ts', 'from-users'],
  ['src/session/a.ts', '../users/empty.ts'],
  ['src/session/b.ts', '../account/empty.ts', 'from-session'],
  ['src/transaction/a.ts', '../session/empty.ts'],
  ['src/transaction/b.ts', '../graphql/empty.ts', 'from-transaction'],
  ['src/account/a.ts', '../session/empty.ts'],
  ['src/account/b.ts', '../mongo/empty.ts', 'from-account'],
  ['src/account/c.ts', './changes/empty.ts'],
  ['src/account/changes/a.ts', '../empty.ts', 'account-rooms'],
  ['src/import/a.ts', '../account/empty.ts'],
  ['src/import/b.ts', '../mongo/empty.ts', 'from-import'],
  ['src/telemetry/a.ts', '../otp/empty.ts'],
  ['src/telemetry/b.ts', '../http/empty.ts', 'from-telemetry'],
  ['src/helpers/a.ts', '../errors.ts', 'folder-without-rule'],
  // Adapters.
  ['src/mongo/a.ts', '../telemetry/empty.ts'],
  ['src/mongo/b.ts', '../twilio/empty.ts', 'from-mongo'],
  ['src/mongo/user-import.ts', '../import/empty.ts'],
  ['src/mongo/c.ts', '../import/empty.ts', 'import-by-its-command'],
  ['src/twilio/a.ts', '../mail/empty.ts', 'from-twilio'],
  ['src/mail/a.ts', '../rest/empty.ts', 'from-mail'],
  ['src/local/a.ts', '../mail/empty.ts'],
  ['src/local/b.ts', '../mongo/empty.ts', 'from-local'],
  // Transports.
  ['src/graphql/a.ts', '../otp/empty.ts'],
  ['src/graphql/b.ts', '../mongo/empty.ts', 'from-graphql'],
  ['src/http/a.ts', '../graphql/empty.ts'],
  ['src/http/b.ts', '../local/empty.ts', 'from-http'],
  ['src/rest/a.ts', '../graphql/empty.ts'],
  ['src/rest/b.ts', '../otp/empty.ts', 'from-rest'],
  // Programs, and who builds for them.
  ['src/compose/a.ts', '../mongo/empty.ts'],
  ['src/compose/b.ts', '../commands/empty.ts', 'from-compose'],
  ['src/compose/c.ts', '../config/empty.ts'],
  ['src/commands/import-users.ts', '../import/empty.ts'],
  ['src/commands/a.ts', '../import/empty.ts', 'import-by-its-command'],
  ['src/commands/b.ts', '../mongo/empty.ts', 'from-commands'],
  ['src/commands/c.ts', '../main.ts', 'from-commands'],
  ['src/main.ts', './compose/empty.ts'],
  ['src/user.ts', './mongo/empty.ts', 'from-entry'],
  ['src/twilio/b.ts', "import type {} from '../config/empty.ts';"],
  ['src/twilio/c.ts', '../config/empty.ts', 'config-by-type'],
  // Packages.
  ['src/otp/h.ts', 'libphonenumber-js'],
  ['src/mongo/d.ts', 'mongoose'],
  ['src/account/d.ts', 'mongoose', 'vendor-mongodb'],
  ['src/otp/i.ts', 'twilio', 'vendor-twilio'],
  ['src/users/b.ts', 'nodemailer', 'vendor-mail'],
  ['src/graphql/c.ts', '@fastify/cors', 'vendor-fastify'],
  ['src/session/c.ts', 'fastify', 'vendor-fastify'],
  ['src/otp/j.ts', 'type-graphql', 'vendor-graphql'],
  ['src/users/c.ts', '@apollo/server', 'vendor-graphql'],
  ['src/otp/k.ts', 'pino', 'vendor-telemetry'],
  ['src/otp/l.ts', 'fast-check', 'production-packages'],
  // Beside src.
  ['src/otp/m.ts', '../../test/empty.ts', 'src-alone'],
  ['src/otp/n.ts', '../../scripts/empty.ts', 'src-alone'],
  ['emulator/a.ts', 'zod'],
  ['emulator/b.ts', '../src/errors.ts', 'emulator-alone'],
  ['scripts/a.mjs', "await import('dotenv');"],
  ['scripts/b.mjs', 'dotenv', 'before-installation'],
  ['scripts/c.mjs', './empty.ts', 'before-installation'],
  ['bench/a.ts', '../src/no-such-file.ts', 'resolvable'],
  // Circles; each is told once.
  ['test/a.ts', './b.ts', 'no-circle'],
  ['test/b.ts', './a.ts'],
  ['web/a.ts', "import type {} from './b.ts';", 'no-circle'],
  ['web/b.ts', "import type {} from './a.ts';"],
  ['src/account/login/a.ts', "import type {} from '../password/empty.ts';"],
  ['src/account/password/a.ts', "import type {} from '../login/empty.ts';"],
];
const OF_FOLDERS = 'no-circle-of-folders';

let project: string;
beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'otpql-imports-'));
  for (const name of ['package.json', 'tsconfig.json', 'dependency-cruiser.config.mjs'])
    copyFileSync(join(root, name), join(project, name));
  symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'));
  for (const [file, imports] of FILES) {
    write(file, imports.includes(' ') ? imports : `import '${imports}';`);
    write(join(dirname(file), 'empty.ts'), 'export {};');
  }
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

function write(file: string, text: string): void {
  mkdirSync(join(project, dirname(file)), { recursive: true });
  writeFileSync(join(project, file), text);
}

/** Runs the command of `npm run check:imports`: its exit code, and which rule is broken by what. */
async function check(): Promise<{ code: number; told: string[] }> {
  const { scripts } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const [command, ...args] = scripts['check:imports']!.split(' ');
  return new Promise((resolve) => {
    execFile(join(root, 'node_modules', '.bin', command!), args, { cwd: project }, (error, stdout) => {
      const told = [...stdout.matchAll(/^ +error ([\w-]+: \S+)/gm)];
      resolve({ code: Number(error?.code ?? 0), told: told.map(([, line = '']) => line) });
    });
  });
}

test('every rule refuses what it is there to refuse, types included, and nothing else', async () => {
  const { code, told } = await check();
  expect(code).toBeGreaterThan(0);
  const ofFiles = told.filter((line) => !line.startsWith(OF_FOLDERS));
  const expected = FILES.flatMap(([file, , broken]) => (broken ? [`${broken}: ${file}`] : []));
  expect(ofFiles.sort()).toEqual(expected.sort());
  // What is broken above makes circles of other folders, too; these two have no way but to each other.
  for (const folder of ['login', 'password']) expect(told).toContain(`${OF_FOLDERS}: src/account/${folder}`);
});

test('there is no rule of which the list above knows nothing, and each has its reason in a sentence', () => {
  const broken = new Set([...FILES.map(([, , rule]) => rule), OF_FOLDERS]);
  const rules = config.forbidden!;
  expect(rules.map(({ name }) => name).filter((name) => !broken.has(name))).toEqual([]);
  expect(rules.filter(({ comment }) => !/^[A-Z].*\.$/.test(comment ?? ''))).toEqual([]);
});
