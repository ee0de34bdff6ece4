import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { isEntryPoint, root } from './project.mjs';

// `npm run check:documents`: what a document names exists, and SECURITY.md names every attack.
const FOLDERS = ['src', 'test', 'scripts', 'web', 'emulator', 'bench', 'docs'];
/** A path from the root. One that goes on with `*` names many. */
const PATH = new RegExp(`(?<![\\w./-])(?:${FOLDERS.join('|')})/[\\w./-]*\\w\\b(?!-?\\*)`, 'g');
/** A source file by its path from the folder that the text is about, or by its name alone. */
const SHORT_NAME = /`([\w./-]+\.(?:ts|mjs))`/g;
/** The title of a test behind its file: `test/attack/limits.test.ts` ("a title"). */
const TITLE = /`(test\/[\w./-]+\.test\.ts)`\s+\("([^"]+)"\)/g;
const SECURITY = 'SECURITY.md';

/**
 * What the documents of a project get wrong about it: the Markdown files beside package.json and in docs, and the
 * comments in src.
 * @param project its root folder
 * @returns a line for each path, source file or test title that does not exist, and for each attack that SECURITY.md
 *   does not name
 */
export function wrongInDocuments(project: string): string[] {
  const files = filesOf(project);
  const read = (path: string) => readFileSync(join(project, path), 'utf8');
  const exists = (name: string) =>
    existsSync(join(project, name)) || files.some((file) => `/${file}`.endsWith(`/${name}`));
  const documents = files.filter((file) => /^(?:docs\/.*|[^/]+)\.md$/.test(file));
  const withComments = [...documents, ...files.filter((file) => /^src\/.*\.ts$/.test(file))];

  const paths = documents.flatMap((document) =>
    [...read(document).matchAll(PATH)]
      .filter(([path]) => !existsSync(join(project, path)))
      .map(([path]) => `${document} names ${path}, which does not exist`),
  );
  const shortNames = withComments.flatMap((file) =>
    [...read(file).matchAll(SHORT_NAME)]
      .filter(([, name = '']) => !exists(name))
      .map(([, name]) => `${file} names ${name}, which does not exist`),
  );
  const titles = documents.flatMap((document) =>
    [...read(document).matchAll(TITLE)]
      .filter(([, file = '', title = '']) => !(files.includes(file) && hasTest(read(file), title)))
      .map(([, file, title]) => `${document} names a test "${title}", which ${file} does not have`),
  );
  const security = files.includes(SECURITY) ? read(SECURITY) : '';
  const attacks = files
    .filter((file) => /^test\/attack\/.*\.test\.ts$/.test(file) && !security.includes(`\`${file}\``))
    .map((file) => `${SECURITY} does not name ${file}`);
  return [...new Set([...paths, ...shortNames, ...titles, ...attacks])];
}

/** Titles stand whole in the source, in any of the quotes; a parameter of `test.each` stands as it is written there. */
function hasTest(source: string, title: string): boolean {
  return [`'${title}'`, `"${title}"`, `\`${title}\``].some((quoted) => source.includes(`(${quoted}`));
}

/** The files beside package.json and in the folders that documents name. */
function filesOf(project: string): string[] {
  const beside = readdirSync(project, { withFileTypes: true });
  const within = FOLDERS.filter((folder) => existsSync(join(project, folder))).flatMap((folder) =>
    readdirSync(join(project, folder), { recursive: true, withFileTypes: true }),
  );
  return [...beside, ...within]
    .filter((entry) => entry.isFile())
    .map((entry) => relative(project, join(entry.parentPath, entry.name)));
}

if (isEntryPoint(import.meta.url)) {
  for (const line of wrongInDocuments(root)) {
    console.error(line);
    process.exitCode = 1;
  }
}
