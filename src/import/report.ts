import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import type { ImportRemark } from './user-import.ts';

/**
 * The lines of an import that were not taken in as they are: CSV with line number, masked address, outcome and reason.
 * The file is made at once, so that a folder that cannot be written to is noticed before the import.
 */
export class ImportReport {
  readonly path: string;
  readonly #file: number;
  #entries = 0;

  constructor(path: string) {
    this.path = path;
    // Nobody else's business, even masked.
    this.#file = openSync(path, 'w', 0o600);
    writeSync(this.#file, 'line,email,outcome,reason\n');
  }

  add({ line, email, outcome, reason }: ImportRemark): void {
    this.#entries += 1;
    const values = [String(line), email === null ? '' : maskEmail(email), outcome, reason];
    writeSync(this.#file, `${values.map(quoted).join(',')}\n`);
  }

  get isEmpty(): boolean {
    return this.#entries === 0;
  }

  /** A report of nothing is removed: one of an earlier run would be taken for this one's. */
  close(): void {
    closeSync(this.#file);
    if (this.isEmpty) rmSync(this.path, { force: true });
  }
}

const quoted = (value: string) => (/[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

/** `p***@example.com`; nothing of what may be something else than an address, such as a hash in the wrong column. */
function maskEmail(email: string): string {
  const [, first, domain] = /^\s*([\p{L}\p{N}])[^\s@]*@([\p{L}\p{N}.-]{1,253})\s*$/u.exec(email) ?? [];
  return first && domain ? `${first}***@${domain}` : '';
}
