import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

export interface ImportArguments {
  readonly file: string;
  readonly format: 'csv' | 'jsonl';
  readonly dryRun: boolean;
  readonly report: string;
}

/** The command line cannot be followed; one line for the operator. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const USAGE = `Usage: import-users FILE [--dry-run] [--format csv|jsonl] [--report FILE]

FILE           users as CSV with a header, or as JSON lines
--dry-run      check every line and count, but write no user
--format       when the file's name does not end in .csv, .jsonl, .ndjson or .json
--report FILE  where the lines go that were not taken in; else FILE.report.csv, next to the input`;

const OPTIONS = {
  'dry-run': { type: 'boolean' },
  format: { type: 'string' },
  report: { type: 'string' },
  help: { type: 'boolean' },
} as const;

/**
 * Reads the command line; null when help is asked for.
 * @throws UsageError
 */
export function readArguments(args: readonly string[]): ImportArguments | null {
  const { values, positionals } = parse(args);
  if (values.help) return null;
  const [file, ...others] = positionals;
  if (!file || others.length > 0) throw new UsageError('name one file with users');
  const format = values.format ?? formatOf(file);
  if (format !== 'csv' && format !== 'jsonl') throw new UsageError('say --format csv or --format jsonl');
  const report = values.report ?? `${file}.report.csv`;
  if (pathOf(report) === pathOf(file)) throw new UsageError('--report must name another file than the one with users');
  return { file, format, dryRun: values['dry-run'] ?? false, report };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message.split('\n')[0]);
  }
}

function formatOf(file: string): string | undefined {
  if (/\.csv$/i.test(file)) return 'csv';
  return /\.(jsonl|ndjson|json)$/i.test(file) ? 'jsonl' : undefined;
}

/** Through links, where there is a file already. */
function pathOf(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return resolve(file);
  }
}
