import { open, type FileHandle } from 'node:fs/promises';
import type { Clock } from '../clock.ts';
import { composeImport } from '../compose/commands.ts';
import { ConfigError, parseImportConfig } from '../config/config.ts';
import { AppError } from '../errors.ts';
import { readArguments, USAGE, UsageError, type ImportArguments } from '../import/arguments.ts';
import { readLines } from '../import/lines.ts';
import { showProgress } from '../import/progress.ts';
import { ImportReport } from '../import/report.ts';
import { readCsv, readJsonLines, UnreadableFileError } from '../import/rows.ts';
import type { ImportStore } from '../import/ports.ts';
import { importUsers, type ImportTally } from '../import/user-import.ts';

/** Exit codes; 130 is 128 and the number of SIGINT, as shells have it. */
const REFUSED_SOME = 2;
const STOPPED = 130;

/** What the command has of its process; tests bring their own. */
export interface ImportProcess {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** Ends the import early, in good order. */
  readonly stop: AbortSignal;
}

/**
 * `import-users`: takes in the users of another system from a file.
 * @returns its exit code: 0 when every line is imported or was there already, 2 when some were refused, 130 when it was
 *   stopped, 1 when it could not run
 */
export async function importCommand(args: readonly string[], process: ImportProcess): Promise<number> {
  let given: ImportArguments | null = null;
  try {
    given = readArguments(args);
    if (!given) return say(process, [USAGE], 0);
    return await run(given, process);
  } catch (error) {
    process.stderr.write(`import-users: ${explain(error, given)}\n`);
    return 1;
  }
}

async function run(given: ImportArguments, process: ImportProcess): Promise<number> {
  const config = parseImportConfig(process.environment);
  const file = await open(given.file);
  try {
    const { prepare, close, ...parts } = await composeImport(config.mongodbUri);
    try {
      if (!given.dryRun) await prepare();
      return await readInto(parts, file, config, given, process);
    } finally {
      await close();
    }
  } finally {
    await file.close();
  }
}

async function readInto(
  { store, clock }: { readonly store: ImportStore; readonly clock: Clock },
  file: FileHandle,
  rules: { phoneStrict: boolean },
  given: ImportArguments,
  process: ImportProcess,
): Promise<number> {
  const startedAt = performance.now();
  const bytes = file.createReadStream({ autoClose: false });
  const read = given.format === 'csv' ? readCsv : readJsonLines;
  const report = new ImportReport(given.report);
  const progress = showProgress((await file.stat()).size, process.stderr);
  let tally: ImportTally;
  try {
    tally = await importUsers(read(readLines(bytes)), {
      store,
      rules,
      now: new Date(clock()),
      dryRun: given.dryRun,
      remark: (remark) => report.add(remark),
      progress: (counted) => progress.update(bytes.bytesRead, counted),
      stop: process.stop,
    });
  } finally {
    progress.end();
    report.close();
  }
  const told = summary(tally, given, performance.now() - startedAt);
  if (!report.isEmpty) told.push(`The lines that were not taken in as they are: ${report.path}`);
  if (process.stop.aborted)
    return say(process, [...told, 'Stopped before the end. Run it again to complete it.'], STOPPED);
  return say(process, told, tally.refused > 0 ? REFUSED_SOME : 0);
}

function summary(tally: ImportTally, { dryRun }: ImportArguments, ms: number): string[] {
  const { lines, imported, alreadyThere, refused, withoutPhone } = tally;
  const verb = dryRun ? 'would be imported' : 'imported';
  const counts = `${lines} users read in ${(ms / 1000).toFixed(1)} s: ${imported} ${verb}, ${alreadyThere} already there, ${refused} refused`;
  const told = [dryRun ? `Dry run, nothing was written. ${counts}` : counts];
  if (imported === 0 && !dryRun) told.push('Nothing was changed.');
  if (withoutPhone > 0)
    told.push(`${withoutPhone} of the imported ${dryRun ? 'would have' : 'have'} no phone here yet`);
  return told;
}

function say({ stdout }: ImportProcess, lines: readonly string[], code: number): number {
  for (const line of lines) stdout.write(`${line}\n`);
  return code;
}

/** One line, without what a driver or the file says. */
function explain(error: unknown, given: ImportArguments | null): string {
  if (error instanceof UsageError) return `${error.message}\n\n${USAGE}`;
  if (error instanceof ConfigError) return error.message;
  if (error instanceof UnreadableFileError) return `${given?.file} cannot be read: ${error.message}`;
  if (error instanceof AppError && error.code === 'SERVICE_UNAVAILABLE')
    return 'MongoDB cannot be reached any more. What is imported stays; run it again to complete it.';
  const { code, path, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return `${path ?? given?.file}: there is no such file or folder`;
  // Node names a path where opening failed, as the report's does, and none where reading did.
  if (code === 'EISDIR') return `${path ?? given?.file} is a folder`;
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return `${path ?? given?.file} may not be opened`;
  return message;
}
