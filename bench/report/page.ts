import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { root } from '../../scripts/project.mjs';

const PAGE = join(root, 'docs', 'performance.md');
const [BEGIN, END] = ['<!-- npm run bench -- --write: begin -->', '<!-- npm run bench -- --write: end -->'];

/** Markdown as the project writes it; its tables are then also readable as plain text. */
export async function formatted(markdown: string): Promise<string> {
  return format(markdown, { ...(await resolveConfig(PAGE)), parser: 'markdown' });
}

/** Puts a report in place of the last one in docs/performance.md. */
export async function writePage(report: string): Promise<void> {
  writeFileSync(PAGE, await formatted(withReport(readFileSync(PAGE, 'utf8'), report)));
}

/**
 * A page with this report between its marks.
 * @throws Error when they are not there
 */
export function withReport(page: string, report: string): string {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`${PAGE} has lost its marks`);
  return `${before}${BEGIN}\n\n${report.trim()}\n\n${END}${after}`;
}
