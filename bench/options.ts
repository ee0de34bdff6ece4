import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Stop } from '../scripts/project.mjs';
import { OPERATIONS, type OperationName } from './load/target.ts';

const CALLERS = 16;

const HELP = `npm run bench [-- OPTIONS]
  --quick                shorter and fewer rounds: about a minute and a half; without it about four
  --compare better-auth  better-auth beside it, without limits and with limits in its database (installed at first)
  --against DIR          another build beside it: a checkout of otpql with its dist built
  --soak MINUTES         afterwards keep it at work for so long, and look whether its memory grows
  --json FILE            write all that was measured
  --write                put the report into docs/performance.md
  --only NAMES           some operations, separated by commas
  --callers N            how many calls at once, 1 to 64 (default ${CALLERS})
Everything: npm run bench -- --compare better-auth --against DIR --soak 10 --write`;

const FULL = { rounds: 3, seconds: 3, codes: 2_000 };
const QUICK = { rounds: 2, seconds: 1, codes: 800 };

export interface Options {
  readonly quick: boolean;
  readonly rounds: number;
  readonly seconds: number;
  readonly codes: number;
  readonly callers: number;
  readonly operations: readonly OperationName[];
  /** What was asked for by name; null for everything, also what is not one of the operations. */
  readonly only: readonly string[] | null;
  readonly compare: boolean;
  /** The root of the other build. */
  readonly against: string | null;
  /** Minutes; 0 for none. */
  readonly soak: number;
  readonly json: string | null;
  readonly write: boolean;
}

/**
 * Reads the command line.
 * @throws Stop with the help
 */
export function optionsOf(args: string[]): Options {
  const values = parse(args);
  const callers = Number(values.callers);
  const soak = Number(values.soak ?? 0);
  const only = values.only?.split(',') ?? null;
  const operations = OPERATIONS.filter((name) => only === null || only.includes(name) || name === 'nothing');
  const against = values.against === undefined ? null : resolve(values.against);
  const isWrong =
    values.help ||
    !Number.isInteger(callers) ||
    callers < 1 ||
    callers > 64 ||
    !(soak >= 0) ||
    (values.compare !== undefined && values.compare !== 'better-auth') ||
    only?.some((name) => !OPERATIONS.some((known) => known === name));
  if (isWrong) throw new Stop(HELP);
  if (against && !existsSync(join(against, 'dist', 'main.js')))
    throw new Stop(`There is no dist/main.js in ${against}: run "node scripts/build.mjs" there first.`);
  return {
    ...(values.quick ? QUICK : FULL),
    quick: values.quick,
    callers,
    operations,
    compare: values.compare !== undefined,
    against,
    soak,
    json: values.json ?? null,
    write: values.write,
    only,
  };
}

/** How to ask for the same again, on any machine. */
export function commandOf({ quick, callers, compare, against, soak, only }: Options): string {
  const parts = [
    quick && '--quick',
    callers !== CALLERS && `--callers ${callers}`,
    compare && '--compare better-auth',
    against && '--against DIR',
    soak > 0 && `--soak ${soak}`,
    only && `--only ${only.join(',')}`,
  ].filter((part) => typeof part === 'string');
  return ['npm run bench', ...(parts.length > 0 ? ['--', ...parts] : [])].join(' ');
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        quick: { type: 'boolean', default: false },
        compare: { type: 'string' },
        against: { type: 'string' },
        soak: { type: 'string' },
        json: { type: 'string' },
        write: { type: 'boolean', default: false },
        only: { type: 'string' },
        callers: { type: 'string', default: String(CALLERS) },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new Stop(`${(error as Error).message}\n${HELP}`);
  }
}
