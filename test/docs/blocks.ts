import { expect } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../scripts/project.mjs';

const execute = promisify(execFile);
const BETWEEN = '---- the next block ----';

/** A fenced block of code in a Markdown text. */
export interface Block {
  readonly language: string;
  readonly text: string;
}

/** The text of a document, by its path in the project, or in a clone of it. */
export function page(path: string, folder = root): string {
  return readFileSync(join(folder, path), 'utf8');
}

/** What stands under a heading of the second level. */
export function section(markdown: string, heading: string): string {
  const found = markdown.split(/^## /m).find((part) => part.startsWith(`${heading}\n`));
  if (found === undefined) throw new Error(`There is no section "${heading}"`);
  return found;
}

/** The fenced blocks of a text, in order; those in a list lose its indentation. */
export function blocks(markdown: string): Block[] {
  return [...markdown.matchAll(/^( *)```(\w+)\n(.*?)^ *```$/gms)].map(([, indent = '', language = '', text = '']) => ({
    language,
    text: text.replace(new RegExp(`^${indent}`, 'gm'), ''),
  }));
}

/** A command of a page, what it printed, and the JSON that the page says it prints. */
interface Ran {
  readonly output: string;
  readonly shown: unknown;
}

/**
 * Runs the bash blocks of a text in one shell, against a server in the place of localhost:4000. A JSON block is what the
 * block before it prints; `"…"` stands for any text.
 * @throws Error when a command fails
 */
export async function runBlocks(markdown: string, serverUrl: string): Promise<Ran[]> {
  const found = blocks(markdown).filter(({ language }) => language === 'bash' || language === 'json');
  const commands = found.filter(({ language }) => language === 'bash');
  const script = commands
    .map(({ text }) => text.replaceAll('localhost:4000', new URL(serverUrl).host))
    .join(`\necho; echo '${BETWEEN}'\n`);
  const { stdout } = await execute('bash', ['-euo', 'pipefail', '-c', script]);
  const outputs = stdout.split(BETWEEN).map((output) => output.trim());
  expect(outputs).toHaveLength(commands.length);
  return commands.map((command, index) => {
    const next = found[found.indexOf(command) + 1];
    return { output: outputs[index]!, shown: next?.language === 'json' ? withWildcards(JSON.parse(next.text)) : null };
  });
}

function withWildcards(value: unknown): unknown {
  if (value === '…') return expect.any(String);
  if (Array.isArray(value)) return value.map(withWildcards);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, withWildcards(part)]));
}

/** Expects that each command which a text shows an answer to printed it; at least so many do. */
export function expectShown(ran: readonly Ran[], atLeast: number): void {
  const answered = ran.filter(({ shown }) => shown !== null);
  expect(answered.length).toBeGreaterThanOrEqual(atLeast);
  for (const { output, shown } of answered) expect(JSON.parse(output)).toEqual(shown);
}
