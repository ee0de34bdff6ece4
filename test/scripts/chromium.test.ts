import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { findChromium } from '../../scripts/chromium.mjs';

let folder: string;
let path: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'otpql-chromium-'));
  for (const name of ['empty', 'first', 'second']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'second', 'chromium'), '');
  writeFileSync(join(folder, 'second', 'google-chrome'), '');
  // A folder of that name is no program.
  mkdirSync(join(folder, 'first', 'chromium'));
  path = ['empty', 'first', 'second'].map((name) => join(folder, name)).join(delimiter);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a browser on the PATH is found by its usual names', () => {
  expect(findChromium({ PATH: path })).toBe(join(folder, 'second', 'chromium'));
});

test('the one that OTPQL_CHROMIUM names comes first, and is never replaced by another', () => {
  const named = join(folder, 'second', 'google-chrome');
  expect(findChromium({ PATH: path, OTPQL_CHROMIUM: named })).toBe(named);
  expect(() => findChromium({ PATH: path, OTPQL_CHROMIUM: `${named}-beta` })).toThrow(/there is no such file/);
});
