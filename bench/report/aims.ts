import { ratio, rowOf, type Results } from './results.ts';
import { growth, median } from '../load/statistics.ts';
import type { OperationName, TargetId } from '../load/target.ts';

/** Memory that has grown by less over the second half of a soak is taken to be flat: in per cent. */
const FLAT_PERCENT = 5;

/** Something that the server should keep to, and whether it did. */
export interface Aim {
  readonly what: string;
  /** NaN where it was not measured. */
  readonly measured: number;
  readonly sign: '≥' | '≤';
  readonly bound: number;
  /** What the run needs to measure it. */
  readonly needs: string;
}

export type Verdict = 'met' | 'missed' | 'not measured';

/** The aims for the speed of otpql, all as ratios within one run (but the growth of memory, in per cent). */
export function aimsOf(results: Results): Aim[] {
  const perSecond = (operation: OperationName, target: TargetId) =>
    ratio(rowOf(results, operation, 'otpql'), rowOf(results, operation, target), (round) => round.perSecond);
  const cpu = (operation: OperationName) =>
    ratio(rowOf(results, operation, 'otpql'), rowOf(results, operation, 'against'), (round) => round.serverCpuMs);
  const codes = ['sendOtp', 'verifyOtp'] as const;
  const compare = '--compare better-auth';
  const aims = [
    ...codes.map((one) =>
      atLeast(0.6, `${one}: req/s of the floor with the same commands`, perSecond(one, 'floor'), ''),
    ),
    ...codes.map((one) =>
      atLeast(
        1.3,
        `${one}: req/s of better-auth, limits in its database`,
        perSecond(one, 'better-auth-limits'),
        compare,
      ),
    ),
    ...codes.map((one) =>
      atLeast(0.8, `${one}: req/s of better-auth, limits off`, perSecond(one, 'better-auth'), compare),
    ),
    ...(['sendOtp', 'me', 'refreshSession'] as const).map((one) =>
      atMost(0.5, `${one}: server CPU of the earlier build`, cpu(one), '--against DIR'),
    ),
    ...results.rows
      .filter(({ target }) => target === 'otpql')
      .map((row) =>
        atMost(6, `${row.operation}: p99 over p50`, median(row.rounds.map(({ p50, p99 }) => p99 / p50)), ''),
      ),
  ];
  return [...aims, underRegistrations(results), ofMemory(results)];
}

export function verdictOf({ measured, sign, bound }: Aim): Verdict {
  if (Number.isNaN(measured)) return 'not measured';
  return (sign === '≥' ? measured >= bound : measured <= bound) ? 'met' : 'missed';
}

function underRegistrations({ busy }: Results): Aim {
  const measured = busy ? median(busy.busy) / median(busy.idle) : NaN;
  return atMost(3, 'me: p99 under registrations at their limit, over idle p99', measured, '');
}

function ofMemory({ soak }: Results): Aim {
  const what = `memory: growth over the second half of the soak, %`;
  return atMost(FLAT_PERCENT, what, soak ? growth(soak.memoryMb.slice(soak.memoryMb.length / 2)) : NaN, '--soak 10');
}

function atLeast(bound: number, what: string, measured: number, needs: string): Aim {
  return { what, measured, sign: '≥', bound, needs };
}

function atMost(bound: number, what: string, measured: number, needs: string): Aim {
  return { what, measured, sign: '≤', bound, needs };
}
