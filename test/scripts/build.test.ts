// What `npm start` runs is what the sources say, whatever happened to them or to dist since the last build.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ensureBuild } from '../../scripts/build.mjs';
import { root } from '../../scripts/project.mjs';

let folder: string;
const at = (path: string) => join(folder, path);
const built = (path: string) => (existsSync(at(path)) ? readFileSync(at(path), 'utf8') : null);

function write(path: string, text: string): void {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), text);
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'otpql-build-test-'));
  for (const name of ['package.json', 'tsconfig.json', 'tsconfig.build.json']) copyFileSync(join(root, name), at(name));
  symlinkSync(join(root, 'node_modules'), at('node_modules'));
  write('package-lock.json', '{}');
  write('src/main.ts', "import { answer } from './room/answer.ts';\nexport const main: number = answer;\n");
  write('src/room/answer.ts', 'export const answer = 41;\n');
  await ensureBuild(folder);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('dist is made of src, and left alone as long as that stays as it is', async () => {
  expect(built('dist/main.js')).toContain("from './room/answer.js'");
  expect(built('dist/room/answer.js')).toContain('answer = 41');
  // Nobody looks into it again: what was written into it stays.
  writeFileSync(at('dist/main.js'), 'touched');
  await ensureBuild(folder);
  expect(built('dist/main.js')).toBe('touched');
});

test('a source that is older than its build is compiled when its contents changed', async () => {
  write('src/room/answer.ts', 'export const answer = 42;\n');
  utimesSync(at('src/room/answer.ts'), new Date(0), new Date(0));
  await ensureBuild(folder);
  expect(built('dist/room/answer.js')).toContain('answer = 42');
});

test('of a source that is gone no program is left to run', async () => {
  write('src/main.ts', 'export const main = 0;\n');
  rmSync(at('src/room/answer.ts'));
  await ensureBuild(folder);
  expect([built('dist/room/answer.js'), built('dist/room/answer.js.map')]).toEqual([null, null]);
  expect(built('dist/main.js')).toContain('main = 0');
});

test('a program that is gone from dist comes back', async () => {
  rmSync(at('dist/main.js'));
  await ensureBuild(folder);
  expect(built('dist/main.js')).toContain('main = answer');
});

test('a build that was cut off is begun anew, also where the sources are again what they were', async () => {
  // As left by a compiler that was killed: it had written a file of newer sources, and not yet its notes.
  rmSync(at('dist/.built-from'));
  writeFileSync(at('dist/room/answer.js'), 'export const answer = 42;\n');
  await ensureBuild(folder);
  expect(built('dist/room/answer.js')).toContain('answer = 41');
});

test('sources that do not fit each other stop the build, every time', async () => {
  write('src/room/answer.ts', "export const answer = 'forty-two';\n");
  // The compiler's own words go to the terminal.
  for (let time = 0; time < 2; time += 1) await expect(ensureBuild(folder)).rejects.toThrow('Building failed');
});

test('a new lockfile is a reason to look whether the sources fit the packages', async () => {
  write('src/main.ts', "import { answer } from '../package/index.js';\nexport const main: number = answer;\n");
  write('package/index.js', 'export const answer = 41;\n');
  write('package/index.d.ts', 'export declare const answer: number;\n');
  await ensureBuild(folder);
  write('package/index.d.ts', 'export declare const answer: string;\n');
  write('package-lock.json', '{ "lockfileVersion": 3 }');
  await expect(ensureBuild(folder)).rejects.toThrow('Building failed');
});
