import type { Figures } from '../../bench/load/measure.ts';
import type { Results, Row } from '../../bench/report/results.ts';

/** A round in which everything took no time and no memory, but what is said here. */
function round(figures: Partial<Figures>): Figures {
  const nothing = { calls: 100, perSecond: 100, p50: 1, p99: 2 };
  return { ...nothing, serverCpuMs: 1, mongodCpuMs: 1, generatorCpuMs: 0.1, peakMb: 100, ...figures };
}

export function row(operation: Row['operation'], target: Row['target'], ...rounds: Partial<Figures>[]): Row {
  return { operation, target, name: `the ${target}`, rounds: rounds.map(round) };
}

export function results(parts: Partial<Results>): Results {
  return {
    date: '2026-02-03',
    command: 'npm run bench',
    machine: 'a machine',
    software: 'otpql abc1234',
    callers: 16,
    rows: [],
    commands: {},
    busy: null,
    soak: null,
    ...parts,
  };
}
