import type { Figures } from '../load/measure.ts';
import type { CommandCount } from '../floor/recording.ts';
import { median } from '../load/statistics.ts';
import type { OperationName, TargetId } from '../load/target.ts';

/** An operation of a target, with the figures of each round. */
export interface Row {
  readonly operation: OperationName;
  readonly target: TargetId;
  readonly name: string;
  readonly rounds: readonly Figures[];
}

/** How long `me` takes alone, and while passwords are hashed as fast as they can be: p99 in milliseconds, by round. */
export interface Busy {
  readonly idle: readonly number[];
  readonly busy: readonly number[];
  readonly registrationsPerSecond: readonly number[];
}

export interface Soak {
  readonly minutes: number;
  readonly calls: number;
  /** The server's resident memory in MiB, once a second. */
  readonly memoryMb: readonly number[];
}

/** All that a run has found out; what `--json` writes. */
export interface Results {
  readonly date: string;
  readonly command: string;
  readonly machine: string;
  readonly software: string;
  readonly callers: number;
  readonly rows: readonly Row[];
  readonly commands: Readonly<Partial<Record<OperationName, CommandCount>>>;
  /** Null where it was not asked for. */
  readonly busy: Busy | null;
  readonly soak: Soak | null;
}

export function rowOf({ rows }: Results, operation: OperationName, target: TargetId): Row | undefined {
  return rows.find((row) => row.operation === operation && row.target === target);
}

/** The middle of a figure over the rounds. */
export function middle({ rounds }: Row, figure: (round: Figures) => number): number {
  return median(rounds.map(figure));
}

/**
 * How many times the second row's figure the first one's is: the middle of the rounds' own ratios, since two that were
 * measured one after the other met the same machine. NaN where one of them was not measured.
 */
export function ratio(one: Row | undefined, other: Row | undefined, figure: (round: Figures) => number): number {
  if (!one || !other) return NaN;
  return median(one.rounds.map((round, index) => figure(round) / figure(other.rounds[index]!)));
}
