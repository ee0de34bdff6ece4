import { aimsOf, verdictOf, type Aim } from './aims.ts';
import { middle, ratio, rowOf, type Results, type Row } from './results.ts';
import { growth } from '../load/statistics.ts';

/** The report of a run, in Markdown: what ran where, the table, the commands, the aims. */
export function reportOf(results: Results): string {
  const { date, command, machine, software, callers } = results;
  return [
    `\`${command}\`, ${date}, ${machine}; ${software}. ${callers} calls at once.`,
    speeds(results),
    commands(results),
    extras(results),
    aims(aimsOf(results)),
  ].join('\n\n');
}

function speeds({ rows }: Results): string {
  const lines = rows.map((row, index) => [
    rows[index - 1]?.operation === row.operation || row.operation === 'nothing' ? '' : `\`${row.operation}\``,
    row.name,
    number(middle(row, (round) => round.perSecond)),
    number(Math.min(...row.rounds.map((round) => round.perSecond))),
    number(
      middle(row, (round) => round.p50),
      1,
    ),
    number(
      middle(row, (round) => round.p99),
      1,
    ),
    number(
      middle(row, (round) => round.serverCpuMs),
      2,
    ),
    number(
      middle(row, (round) => round.mongodCpuMs),
      2,
    ),
    number(Math.max(...row.rounds.map((round) => round.peakMb))),
  ]);
  return table(['operation', 'of', 'req/s', 'min', 'p50 ms', 'p99 ms', 'CPU ms', 'mongod ms', 'peak MiB'], lines);
}

function commands(results: Results): string {
  const apollo = rowOf(results, 'nothing', 'apollo');
  const lines = results.rows
    .filter(({ target }) => target === 'otpql')
    .map((row) => {
      const count = results.commands[row.operation];
      const floor = rowOf(results, row.operation, 'floor');
      const ofApollo = ratio(row, apollo, (round) => round.perSecond);
      return [
        `\`${row.operation}\``,
        number(count?.beforeAnswer ?? NaN),
        number(count?.inTransaction ?? NaN),
        number(count?.afterAnswer ?? NaN),
        times(ratio(row, floor, (round) => round.perSecond)),
        times(ratio(row, floor, (round) => round.serverCpuMs)),
        times(ofApollo),
      ];
    });
  const heads = ['operation', 'commands', 'in transaction', 'after answer', 'of its floor', 'its CPU', 'of Apollo'];
  return table(heads, lines);
}

function extras(results: Results): string {
  const busiest = Math.max(...results.rows.map((row) => generatorShare(row) * 100));
  const lines = [`The load generator took ${number(busiest)} % of a core at most.`];
  const { busy, soak } = results;
  if (busy)
    lines.push(
      `\`me\` alone has p99 ${list(busy.idle)} ms, and ${list(busy.busy)} ms while ${list(busy.registrationsPerSecond)} ` +
        `registrations/s keep every core hashing (each number is a round).`,
    );
  if (soak) {
    const half = soak.memoryMb.slice(soak.memoryMb.length / 2);
    lines.push(
      `Soak: ${number(soak.calls)} calls in ${soak.minutes} minutes; over the second half memory went from ` +
        `${number(half[0] ?? NaN)} to ${number(half.at(-1) ?? NaN)} MiB, on a straight line ${number(growth(half), 1)} %.`,
    );
  }
  return lines.join('\n');
}

function aims(all: readonly Aim[]): string {
  const lines = all.map((aim) => {
    const verdict = verdictOf(aim);
    const off = Math.abs(aim.measured / aim.bound - 1) * 100;
    const how =
      verdict === 'not measured'
        ? `${verdict}${aim.needs && `: \`${aim.needs}\``}`
        : `${verdict} by ${number(off, off < 1 ? 1 : 0)} %`;
    return [aim.what, `${aim.sign} ${aim.bound}`, number(aim.measured, 2), how];
  });
  return table(['aim', 'bound', 'measured', ''], lines);
}

/** The part of a core that the load generator took, in the round in which it took most. */
function generatorShare({ rounds }: Row): number {
  return Math.max(...rounds.map(({ generatorCpuMs, perSecond }) => (generatorCpuMs * perSecond) / 1000));
}

function list(values: readonly number[]): string {
  return values.map((value) => number(value, 1)).join(', ');
}

function times(value: number): string {
  return Number.isNaN(value) ? '' : `x ${number(value, 2)}`;
}

function number(value: number, digits = 0): string {
  return Number.isFinite(value) ? value.toFixed(digits) : 'n/a';
}

/** Numbers stand to the right. */
function table(heads: readonly string[], lines: readonly (readonly string[])[]): string {
  const isNumber = (column: number) => lines.every((line) => /^([\d.-]+|x [\d.]+|n\/a|)$/.test(line[column]!));
  const rule = heads.map((_head, column) => (isNumber(column) ? '--:' : '---'));
  return [heads, rule, ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
