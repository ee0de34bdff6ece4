import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The project's root folder, whatever folder a command was started from. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** Something a user can put right: shown as one line, without a stack trace. */
export class Stop extends Error {}

/**
 * Prints one progress line.
 * @param {string} line
 */
export function say(line) {
  console.log(line);
}

/**
 * Runs a command's main function and turns its result into an exit code.
 * @param {() => Promise<number | void>} main
 */
export async function run(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    // A Stop is written for the user; anything else is a bug, and its stack is what helps.
    console.error(error instanceof Stop ? error.message : error);
    process.exitCode = 1;
  }
}

/**
 * One line out of whatever was thrown.
 * @param {unknown} error
 * @returns {string}
 */
export function reason(error) {
  const text = error instanceof Error ? error.message : String(error);
  return text.trim().split('\n')[0] ?? '';
}

/**
 * True when the module at this URL is what `node` was asked to run, false when it was imported.
 * @param {string} url
 */
export function isEntryPoint(url) {
  return process.argv[1] !== undefined && fileURLToPath(url) === realpathSync(process.argv[1]);
}
