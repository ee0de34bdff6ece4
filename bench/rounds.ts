import { load } from './load/load.ts';
import { measure } from './load/measure.ts';
import type { Row } from './report/results.ts';
import type { Demand, OperationName, Target } from './load/target.ts';

/** Calls before the measured ones: at first so many that code is compiled, later to wake it up again. */
const WARM_UP = { first: 500, later: 100 };
const WARM_UP_SECONDS = 2;

/**
 * Measures every operation of every target in rounds: one target after the other within an operation, and a different one
 * first each time, so that what else goes on on this machine meets all of them alike.
 * @param demand.rounds how many
 * @param progress told what comes next
 * @throws Error at the first answer that is an error
 */
export async function runRounds(
  targets: readonly Target[],
  operations: readonly OperationName[],
  mongodPid: number,
  demand: Demand & { readonly rounds: number },
  progress: (line: string) => void,
): Promise<Row[]> {
  const rows = operations.flatMap((operation) =>
    targets
      .filter((target) => target.operations.has(operation))
      .map((target) => ({ operation, target, rounds: [] as Row['rounds'][number][] })),
  );
  for (let round = 0; round < demand.rounds; round += 1) {
    for (const operation of operations) {
      progress(`round ${round + 1} of ${demand.rounds}: ${operation}`);
      const these = rows.filter((row) => row.operation === operation);
      for (const { target, rounds } of turned(these, round)) {
        const source = await target.operations.get(operation)!(demand);
        const calls = round === 0 ? WARM_UP.first : WARM_UP.later;
        await load(target.client, source, { callers: demand.callers, seconds: WARM_UP_SECONDS, calls });
        rounds.push(await measure(target, source, mongodPid, demand));
      }
    }
  }
  return rows.map(({ operation, target: { id, name }, rounds }) => ({ operation, target: id, name, rounds }));
}

function turned<T>(all: readonly T[], by: number): T[] {
  const first = all.length > 0 ? by % all.length : 0;
  return [...all.slice(first), ...all.slice(0, first)];
}
