import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { completeLockfile } from '../../scripts/complete-lockfile.mjs';
import { checkNode, ensureDependencies } from '../../scripts/install.mjs';

let folder: string;
const lockfile = () => join(folder, 'package-lock.json');
const installed = () => join(folder, 'node_modules', '.package-lock.json');

/** A project without dependencies: installing it needs no network. */
function writeProject(version: string): void {
  const project = { name: 'a-project', version };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(project));
  writeFileSync(lockfile(), JSON.stringify({ ...project, lockfileVersion: 3, packages: { '': project } }));
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'otpql-install-test-'));
  writeProject('1.0.0');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('what npm installed after the lockfile was written is left alone', async () => {
  mkdirSync(join(folder, 'node_modules'));
  writeFileSync(installed(), 'made by npm');
  const marker = join(folder, 'node_modules', 'marker');
  writeFileSync(marker, '');
  await ensureDependencies(folder);
  // Unpacking a copy gives files any time; the stamp of the first look holds.
  utimesSync(lockfile(), new Date(), new Date(Date.now() + 60_000));
  await ensureDependencies(folder);
  expect(existsSync(marker)).toBe(true);
});

test('a changed lockfile is installed', async () => {
  mkdirSync(join(folder, 'node_modules'));
  writeFileSync(installed(), 'made by npm');
  await ensureDependencies(folder);
  const marker = join(folder, 'node_modules', 'marker');
  writeFileSync(marker, '');
  writeProject('2.0.0');
  utimesSync(installed(), new Date(), new Date(Date.now() - 60_000));
  await ensureDependencies(folder);
  expect(existsSync(marker)).toBe(false);
});

test('a Node that is too old is told so', () => {
  expect(() => checkNode('20.18.3')).toThrow('otpql needs Node 20.19 or newer; this is Node 20.18.3.');
  expect(() => checkNode('20.19.0')).not.toThrow();
  expect(() => checkNode('24.1.0')).not.toThrow();
});

test('builds for other platforms that npm left out of the lockfile are completed', () => {
  const tool = {
    version: '2.0.0',
    dev: true,
    optionalDependencies: { 'tool-linux-x64-musl': '2.0.0', tslib: '^2.0.0' },
  };
  const lock = { packages: { 'node_modules/tool': tool, 'node_modules/zod': { version: '1.0.0' } } };
  expect(completeLockfile(lock)).toEqual(['tool-linux-x64-musl']);
  expect(Object.entries(lock.packages)[1]).toEqual([
    'node_modules/tool-linux-x64-musl',
    { version: '2.0.0', cpu: ['x64'], dev: true, libc: ['musl'], optional: true, os: ['linux'] },
  ]);
  expect(completeLockfile(lock)).toEqual([]);
});
