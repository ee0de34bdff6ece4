import { expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandOf, optionsOf } from '../../bench/options.ts';
import { Stop } from '../../scripts/project.mjs';

test('without options everything of this build is measured', () => {
  const options = optionsOf([]);
  expect(options).toMatchObject({ callers: 16, compare: false, against: null, soak: 0, only: null, write: false });
  expect(options.operations).toHaveLength(8);
  expect(commandOf(options)).toBe('npm run bench');
});

test('a quick run has fewer and shorter rounds', () => {
  const [quick, full] = [optionsOf(['--quick']), optionsOf([])];
  expect(quick.rounds * quick.seconds).toBeLessThan(full.rounds * full.seconds);
});

test('some operations can be chosen; the floor that does nothing is always measured', () => {
  expect(optionsOf(['--only', 'me,sendOtp']).operations).toEqual(['nothing', 'me', 'sendOtp']);
});

test.each([
  ['--only', 'sendotp'],
  ['--callers', '0'],
  ['--callers', '65'],
  ['--soak', 'long'],
  ['--compare', 'somebody-else'],
  ['--unknown'],
  ['--help'],
])('%s %s: the help, and no run', (...args) => {
  expect(() => optionsOf(args)).toThrow(Stop);
  expect(() => optionsOf(args)).toThrow('npm run bench [-- OPTIONS]');
});

test('another build must be built, and the report names no path of this machine', () => {
  const folder = mkdtempSync(join(tmpdir(), 'otpql-other-build-'));
  try {
    expect(() => optionsOf(['--against', folder])).toThrow('run "node scripts/build.mjs" there first');
    mkdirSync(join(folder, 'dist'));
    writeFileSync(join(folder, 'dist', 'main.js'), '');
    const args = ['--against', folder, '--compare', 'better-auth', '--soak', '10', '--json', 'found.json', '--write'];
    const options = optionsOf(args);
    expect(options).toMatchObject({ against: folder, compare: true, soak: 10, json: 'found.json', write: true });
    expect(commandOf(options)).toBe('npm run bench -- --compare better-auth --against DIR --soak 10');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
