import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/project.mjs';

/** A fenced block of code in a Markdown text. */
export interface Block {
  readonly language: string;
  readonly text: string;
}

export function readme(folder = root): string {
  return readFileSync(join(folder, 'README.md'), 'utf8');
}

/** What stands under a heading of the second level. */
export function section(markdown: string, heading: string): string {
  const found = markdown.split(/^## /m).find((part) => part.startsWith(`${heading}\n`));
  if (found === undefined) throw new Error(`README.md has no section "${heading}"`);
  return found;
}

/** The fenced blocks of a text, in order; those in a list lose its indentation. */
export function blocks(markdown: string): Block[] {
  return [...markdown.matchAll(/^( *)```(\w+)\n(.*?)^ *```$/gms)].map(([, indent = '', language = '', text = '']) => ({
    language,
    text: text.replace(new RegExp(`^${indent}`, 'gm'), ''),
  }));
}
