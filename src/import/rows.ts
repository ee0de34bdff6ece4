import { parse } from 'csv-parse/sync';
import type { Line } from './lines.ts';

/** What a file may say of a user. Other columns are left alone. */
type ImportField = 'email' | 'passwordHash' | 'phone' | 'createdAt' | 'emailVerified' | 'phoneVerified';
export type ImportFields = Partial<Record<ImportField, unknown>>;

/** One user of the file, or why its line cannot be read; `line` is where it begins. */
export type Row =
  | { readonly line: number; readonly fields: ImportFields; readonly problem?: undefined }
  | { readonly line: number; readonly fields?: undefined; readonly problem: string };

/** The file as a whole cannot be read; one line for the operator. */
export class UnreadableFileError extends Error {
  override readonly name = 'UnreadableFileError';
}

/** Names as they are in tables and in JSON, without case, spaces, hyphens and underscores. */
const FIELDS = new Map<string, ImportField>([
  ['email', 'email'],
  ['emailaddress', 'email'],
  ['passwordhash', 'passwordHash'],
  ['phone', 'phone'],
  ['phonenumber', 'phone'],
  ['createdat', 'createdAt'],
  ['emailverified', 'emailVerified'],
  ['emailverifiedat', 'emailVerified'],
  ['phoneverified', 'phoneVerified'],
  ['phoneverifiedat', 'phoneVerified'],
]);
const fieldOf = (name: string) => FIELDS.get(name.toLowerCase().replace(/[ _-]/g, ''));

/**
 * Users from JSON lines: an object on each line.
 * @throws UnreadableFileError when the file is one JSON document instead
 */
export async function* readJsonLines(lines: AsyncIterable<Line>): AsyncGenerator<Row> {
  let isFirst = true;
  for await (const { number: line, text, problem } of lines) {
    if (problem !== undefined) {
      yield { line, problem };
      continue;
    }
    if (isFirst) ensureJsonLine(text);
    isFirst = false;
    const value = parseJson(text);
    yield isObject(value) ? { line, fields: fieldsOf(Object.entries(value)) } : { line, problem: 'is no JSON object' };
  }
}

/** Every line of one big document would be refused for itself. */
function ensureJsonLine(text: string): void {
  const start = text.trim();
  const what = start.startsWith('[') ? 'a JSON array' : start === '{' ? 'a JSON object over several lines' : null;
  if (what) throw new UnreadableFileError(`it is ${what}, and JSON lines are needed: one object on each line`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What the parser says would quote the line.
    return undefined;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Of two names for one field the first that holds something counts. */
function fieldsOf(entries: Iterable<readonly [name: string, value: unknown]>): ImportFields {
  const fields: ImportFields = {};
  for (const [name, value] of entries) {
    const field = fieldOf(name);
    if (field) fields[field] ??= value === '' ? undefined : value;
  }
  return fields;
}

/**
 * Users from CSV (RFC 4180) with a header. A value in quotes may go over several lines. A quote that is not closed costs
 * its own line only, not the rest of the file.
 * @throws UnreadableFileError without a header that names an address and a password hash
 */
export async function* readCsv(lines: AsyncIterable<Line>): AsyncGenerator<Row> {
  const source = new Source(lines);
  const header = await readRecord(source);
  // Such as UTF-16, of which nothing can be said about columns.
  if (header?.problem !== undefined && header.problem !== BAD_QUOTES)
    throw new UnreadableFileError(`its first line ${header.problem}`);
  const names = header?.values ?? [];
  const named = names.map(fieldOf);
  if (!named.includes('email') || !named.includes('passwordHash'))
    throw new UnreadableFileError('its first line must name the columns, separated by commas: email, password_hash, …');
  for (let record = await readRecord(source); record; record = await readRecord(source)) {
    const { line, values, problem } = record;
    if (!values) yield { line, problem };
    else if (values.length !== names.length)
      yield { line, problem: `has ${values.length} columns, and the header has ${names.length}` };
    else yield { line, fields: fieldsOf(values.map((value, index) => [names[index]!, value] as const)) };
  }
}

type CsvRecord =
  | { readonly line: number; readonly values: string[]; readonly problem?: undefined }
  | { readonly line: number; readonly values?: undefined; readonly problem: string };
const BAD_QUOTES = 'is no CSV: a quote is not closed, or stands inside a value without being doubled';
/** How many lines a record may have. */
const MAX_RECORD_LINES = 100;

async function readRecord(source: Source): Promise<CsvRecord | null> {
  const first = await source.next();
  if (!first) return null;
  const line = first.number;
  if (first.problem !== undefined) return { line, problem: first.problem };
  const more: Line[] = [];
  let text = first.text;
  let quotes = countQuotes(text);
  // An odd number of quotes: the record goes on in the next line.
  while (quotes % 2 === 1 && more.length < MAX_RECORD_LINES) {
    const next = await source.next();
    if (!next) break;
    more.push(next);
    text += `\n${next.text ?? ''}`;
    quotes += countQuotes(next.text ?? '');
  }
  const values = more.some(({ problem }) => problem !== undefined) ? null : parseRecord(text);
  if (values) return { line, values };
  source.giveBack(more);
  return { line, problem: BAD_QUOTES };
}

const countQuotes = (text: string) => text.split('"').length - 1;

function parseRecord(text: string): string[] | null {
  // Without quotes this is all there is to it, and ten times as fast.
  if (!text.includes('"')) return text.split(',');
  try {
    const records = parse(text);
    return records.length === 1 ? records[0]! : null;
  } catch {
    return null;
  }
}

/** Lines that can be given back. */
class Source {
  readonly #lines: AsyncIterator<Line>;
  #returned: Line[] = [];

  constructor(lines: AsyncIterable<Line>) {
    this.#lines = lines[Symbol.asyncIterator]();
  }

  async next(): Promise<Line | null> {
    const returned = this.#returned.shift();
    if (returned) return returned;
    const result = await this.#lines.next();
    return result.done ? null : result.value;
  }

  giveBack(lines: readonly Line[]): void {
    this.#returned = [...lines, ...this.#returned];
  }
}
