import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { wrongInDocuments } from '../../scripts/check-documents.ts';

let project: string;
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'otpql-documents-'));
  write('SECURITY.md', '| a threat | a guard | `test/attack/limits.test.ts` |');
  write('src/otp/challenge.ts', '// As `challenge.ts` says.');
  write('test/attack/limits.test.ts', "test('no limit', () => {});\ntest.each(KINDS)(\"the limit's %s\", () => {});");
});
afterEach(() => rmSync(project, { recursive: true }));

function write(file: string, text: string): void {
  mkdirSync(dirname(join(project, file)), { recursive: true });
  writeFileSync(join(project, file), text);
}

test('what exists may be named: folders, files, files in short, families of files, and titles of tests', () => {
  write('ARCHITECTURE.md', '`src/otp`, `src/otp/challenge.ts`, `otp/challenge.ts`, `challenge.ts`, test/attack/lim*');
  write(
    'docs/adr/0001-a.md',
    '`test/attack/limits.test.ts` ("no limit"), `test/attack/limits.test.ts` ("the limit\'s %s")',
  );
  expect(wrongInDocuments(project)).toEqual([]);
});

test.each([
  ['a file', 'CONTRIBUTING.md', 'See `src/otp/code.ts`.', 'names src/otp/code.ts, which does not exist'],
  ['a folder', 'docs/tour.md', 'See src/users.', 'names src/users, which does not exist'],
  ['a file in short', 'docs/adr/0001-a.md', 'See `otp/code.ts`.', 'names otp/code.ts, which does not exist'],
  ['a file in a comment', 'src/main.ts', '// See `code.ts`.', 'names code.ts, which does not exist'],
  [
    'a title',
    'docs/production.md',
    '`test/attack/limits.test.ts` ("a limit")',
    'names a test "a limit", which test/attack/limits.test.ts does not have',
  ],
  [
    'part of a title',
    'docs/production.md',
    '`test/attack/limits.test.ts` ("no")',
    'names a test "no", which test/attack/limits.test.ts does not have',
  ],
])('%s that does not exist is told with the document that names it', (_what, document, text, told) => {
  write(document, text);
  expect(wrongInDocuments(project)).toEqual([`${document} ${told}`]);
});

test('a threat whose test is gone is told', () => {
  rmSync(join(project, 'test/attack/limits.test.ts'));
  expect(wrongInDocuments(project)).toEqual(['SECURITY.md names test/attack/limits.test.ts, which does not exist']);
});

test('an attack that SECURITY.md does not name is told', () => {
  write('test/attack/codes.test.ts', '');
  expect(wrongInDocuments(project)).toEqual(['SECURITY.md does not name test/attack/codes.test.ts']);
});
