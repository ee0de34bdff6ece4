import { expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from '../../scripts/project.mjs';

const DOCUMENTS = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'];
const DECISIONS = readdirSync(join(root, 'docs', 'adr')).sort();
const GUIDES = readdirSync(join(root, 'docs'))
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`);
const read = (path: string) => readFileSync(join(root, path), 'utf8');

test('every link from a document to a file leads to one', () => {
  const documents = [...DOCUMENTS, ...GUIDES, ...DECISIONS.map((name) => `docs/adr/${name}`)];
  const links = documents.flatMap((document) =>
    [...read(document).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !/^https?:/.test(target))
      .map((target) => `${document} -> ${join(dirname(document), target.replace(/#.*/, ''))}`),
  );
  expect(links.length).toBeGreaterThan(5);
  expect(links.filter((link) => !existsSync(join(root, link.split(' -> ')[1]!)))).toEqual([]);
});

test('every file that the documents name by its path exists', () => {
  const named = DOCUMENTS.flatMap((document) =>
    [...read(document).matchAll(/`((?:src|test|scripts|web|emulator|docs)\/[\w./-]*\w)`/g)].map(
      ([, path = '']) => path,
    ),
  );
  expect(named.length).toBeGreaterThan(40);
  expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});

test('every file on the way of a request through ARCHITECTURE.md exists', () => {
  const ways = read('ARCHITECTURE.md').match(/^## The way of .*?(?=^## What)/ms)![0];
  const files = [...ways.matchAll(/`([\w./-]+\.ts)`/g)].map(([, file = '']) => file);
  const sources = readdirSync(join(root, 'src'), { recursive: true }).map(String);
  expect(files.length).toBeGreaterThan(20);
  // Named by its path in src, or by its name alone where the room is clear.
  expect(files.filter((file) => !sources.some((source) => `/${source}`.endsWith(`/${file}`)))).toEqual([]);
});

test('each threat in SECURITY.md names an invariant of its number or a guard, and tests', () => {
  const rows = [...read('SECURITY.md').matchAll(/^\| (?!-|threat|way in)(.*?) \|$/gm)].map(([, row = '']) =>
    row.split('|').map((cell) => cell.trim()),
  );
  expect(rows.length).toBeGreaterThan(20);
  for (const [threat = '', guard = '', tests = ''] of rows) {
    expect({ threat, guard }).toEqual({ threat, guard: expect.stringMatching(/\w{3}/) });
    expect({ threat, tests }).toEqual({ threat, tests: expect.stringMatching(/^`test\/[\w/.-]+\.test\.ts`/) });
  }
  const numbers = new Set(rows.map(([, guard = '']) => Number(/^(\d+)\./.exec(guard)?.[1])).filter(Boolean));
  expect([...numbers].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
});

test('the decisions are numbered without a gap and have the three parts', () => {
  expect(DECISIONS.length).toBeGreaterThan(0);
  for (const [index, name] of DECISIONS.entries()) {
    expect(name).toMatch(new RegExp(`^${String(index + 1).padStart(4, '0')}-[a-z0-9-]+\\.md$`));
    const text = read(`docs/adr/${name}`);
    expect(text).toMatch(new RegExp(`^# ${index + 1}\\. \\S`));
    expect(text.match(/^## .*/gm)).toEqual(['## Context', '## Decision', '## Consequences']);
  }
});

test('a decision that a source file names exists', () => {
  const sources = ['src', 'scripts'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8')),
  );
  const named = sources.flatMap((text) => text.match(/docs\/adr\/[\w-]+\.md/g) ?? []);
  expect(named.length).toBeGreaterThan(0);
  expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});

test('the changelog has a part for what is not released yet, and the licence is there', () => {
  expect(read('CHANGELOG.md')).toMatch(/^## \[Unreleased\]$/m);
  expect(read('LICENSE')).toMatch(/^MIT License\n/);
});
