/** A line of a file, by its number from 1; `text` is null where it cannot be used, and then `problem` says why. */
export type Line =
  | { readonly number: number; readonly text: string; readonly problem?: undefined }
  | { readonly number: number; readonly text: null; readonly problem: string };

/** More than any user takes. A file without line ends must not fill the memory. */
const MAX_LINE_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/**
 * The lines of a stream of UTF-8 bytes, one after another, without their line ends; empty ones are left out. A line that
 * is too long or not UTF-8 is told as such, and reading goes on behind it.
 */
export async function* readLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  let number = 1;
  let kept: Buffer[] = [];
  let bytes = 0;
  const take = (part: Buffer) => {
    bytes += part.length;
    if (bytes <= MAX_LINE_BYTES) kept.push(part);
  };
  const finish = (): Line | null => {
    const line = toLine(number, bytes, kept);
    number += 1;
    kept = [];
    bytes = 0;
    return line;
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      take(chunk.subarray(from, at));
      const line = finish();
      if (line) yield line;
      from = at + 1;
    }
    take(chunk.subarray(from));
  }
  const last = finish();
  if (last) yield last;
}

const NOT_UTF8 = 'is not UTF-8: save the file in that encoding';
/** `fatal`: a wrong byte must not become U+FFFD inside an address. A byte order mark is dropped. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

function toLine(number: number, bytes: number, parts: readonly Buffer[]): Line | null {
  if (bytes > MAX_LINE_BYTES) return { number, text: null, problem: `is longer than ${MAX_LINE_BYTES} bytes` };
  let text: string;
  try {
    text = utf8.decode(Buffer.concat(parts));
  } catch {
    return { number, text: null, problem: NOT_UTF8 };
  }
  // UTF-16 without a byte order mark.
  if (text.includes('\0')) return { number, text: null, problem: NOT_UTF8 };
  return text.trim() === '' ? null : { number, text: text.replace(/\r$/, '') };
}
