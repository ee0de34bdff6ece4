import { expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { root } from '../../scripts/project.mjs';

const DECISIONS = readdirSync(join(root, 'docs', 'adr')).sort();
const DOCUMENTS = [
  ...namesOf('.').filter((name) => name.endsWith('.md')),
  ...namesOf('docs').flatMap((name) => (name.endsWith('.md') ? `docs/${name}` : [])),
  ...DECISIONS.map((name) => `docs/adr/${name}`),
];
const FOLDERS = ['src', 'test', 'scripts', 'web', 'emulator', 'bench', 'docs'];
const FILES = FOLDERS.flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true }).map((entry) =>
    relative(root, join(entry.parentPath, entry.name)),
  ),
);
const read = (path: string) => readFileSync(join(root, path), 'utf8');

function namesOf(folder: string): string[] {
  return readdirSync(join(root, folder)).sort();
}

test('every link from a document to a file leads to one, and to a heading that it has', () => {
  const links = DOCUMENTS.flatMap((document) =>
    [...read(document).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !/^https?:/.test(target))
      .map((target) => ({ document, target })),
  );
  expect(links.length).toBeGreaterThan(50);
  const broken = links.filter(({ document, target }) => {
    const [path = '', heading] = target.split('#');
    const file = path === '' ? document : join(dirname(document), path);
    return !existsSync(join(root, file)) || (heading !== undefined && !anchorsOf(read(file)).includes(heading));
  });
  expect(broken).toEqual([]);
});

/** As GitHub makes them of headings. */
function anchorsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

test('the table of rooms in ARCHITECTURE.md tells what each imports, and nothing else does', () => {
  const rows = [...read('ARCHITECTURE.md').matchAll(/^\| `([\w-]+)\/` +\|[^|]*\|[^|]*\|([^|]*)\|$/gm)];
  const told = new Map(rows.map(([, room = '', cell = '']) => [room, cell.match(/(?<=`)[\w-]+(?=\/`)/g) ?? []]));
  expect(told.size).toBeGreaterThan(10);
  const ground = ['config', 'limits'];
  const built = ['compose', 'commands'];
  const rooms = FILES.flatMap((file) => /^src\/([\w-]+)\/.*\.ts$/.exec(file)?.[1] ?? []);
  const found = [...new Set(rooms)].filter((room) => ![...ground, ...built].includes(room));
  expect([...told.keys()].sort()).toEqual(found.sort());
  for (const [room, imports] of told)
    expect({ room, imports }).toEqual({ room, imports: importsOf(room).filter((other) => !ground.includes(other)) });
});

/** The other folders of src that the files of a folder import from. */
function importsOf(room: string): string[] {
  const files = FILES.filter((file) => file.startsWith(`src/${room}/`) && file.endsWith('.ts'));
  const targets = files.flatMap((file) =>
    [...read(file).matchAll(/from '(\.{1,2}\/[^']+)'/g)].map(([, target = '']) => join(dirname(file), target)),
  );
  const folders = targets.flatMap((target) => /^src\/([\w-]+)\//.exec(target)?.[1] ?? []);
  return [...new Set(folders)].filter((folder) => folder !== room).sort();
}

test('each threat in SECURITY.md names an invariant of its number or a guard, and tests', () => {
  const sections = read('SECURITY.md').split(/^## /m);
  // What strangers can do to an owner is told in figures.
  const threats = sections.filter((one) => !one.startsWith('What strangers can do')).join('');
  const rows = [...threats.matchAll(/^\| (?!-|threat|way in)(.*?) \|$/gm)].map(([, row = '']) =>
    row.split('|').map((cell) => cell.trim()),
  );
  expect(rows.length).toBeGreaterThan(20);
  for (const [threat = '', guard = '', tests = ''] of rows) {
    expect({ threat, guard }).toEqual({ threat, guard: expect.stringMatching(/\w{3}/) });
    expect({ threat, tests }).toEqual({ threat, tests: expect.stringMatching(/^`test\/[\w/.-]+\.test\.ts`/) });
  }
  const numbers = new Set(rows.map(([, guard = '']) => Number(/^(\d+)\./.exec(guard)?.[1])).filter(Boolean));
  expect([...numbers].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
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
