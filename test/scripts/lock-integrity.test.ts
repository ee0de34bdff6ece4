// A lockfile pins each package by its contents, for every platform: else whoever answers for the registry chooses them.
import { expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { root } from '../../scripts/project.mjs';
import { unpinned } from '../../scripts/lock-integrity.mjs';

const integrity = `sha512-${'A'.repeat(86)}==`;

test('a package without a hash of its contents is named; bundled ones, links and the project itself are not', () => {
  const packages = {
    '': {},
    'node_modules/pinned': { integrity },
    'node_modules/several': { integrity: `sha1-abc= ${integrity}` },
    'node_modules/bundled': { inBundle: true },
    'node_modules/linked': { link: true },
    'node_modules/loose': {},
    'node_modules/weak': { integrity: 'sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=' },
  };
  expect(unpinned({ packages })).toEqual(['node_modules/loose', 'node_modules/weak']);
});

test('the lockfiles of this project have none', () => {
  execFileSync(process.execPath, ['scripts/lock-integrity.mjs'], { cwd: root, stdio: 'pipe' });
});
