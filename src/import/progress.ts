import { SingleBar } from 'cli-progress';
import type { ImportTally } from './user-import.ts';

/** Shows how far an import is. */
export interface Progress {
  update(bytes: number, tally: Readonly<ImportTally>): void;
  end(): void;
}

const LINE_EVERY_MS = 5_000;

/** A bar on a terminal; where output goes to a file or a job's log, a line every few seconds. */
export function showProgress(
  totalBytes: number,
  output: NodeJS.WritableStream & { readonly isTTY?: boolean },
): Progress {
  return output.isTTY ? bar(totalBytes, output) : lines(totalBytes, output);
}

function bar(totalBytes: number, stream: NodeJS.WritableStream): Progress {
  const format =
    '{bar} {percentage} % | {lines} lines | {imported} imported | {refused} refused | {eta_formatted} left';
  const progress = new SingleBar({ format, stream, hideCursor: true });
  progress.start(totalBytes, 0, { lines: 0, imported: 0, refused: 0 });
  return { update: (bytes, tally) => progress.update(bytes, tally), end: () => progress.stop() };
}

function lines(totalBytes: number, stream: NodeJS.WritableStream): Progress {
  let toldAt = performance.now();
  return {
    update: (bytes, { lines, imported, refused }) => {
      if (performance.now() - toldAt < LINE_EVERY_MS) return;
      toldAt = performance.now();
      const percent = Math.floor((100 * bytes) / Math.max(1, totalBytes));
      stream.write(`${percent} %: ${lines} lines, ${imported} imported, ${refused} refused\n`);
    },
    end: () => undefined,
  };
}
