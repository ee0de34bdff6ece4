import type { Command } from './commands.ts';
import type { Load } from './load.ts';

/** What was measured under load: the server's own CPU time per request, and its memory after it. */
export interface Figures extends Load {
  readonly cpuMs: number;
  readonly memoryMb: number;
}
/** An operation with the commands that one call of it leads to. */
export interface Measured {
  readonly name: string;
  readonly commands: readonly Command[];
  readonly figures: Figures;
}

/** Prints the operations with their shares of the floors, then the floors: `apollo`, and each operation's by its name. */
export function report(measured: readonly Measured[], floors: ReadonlyMap<string, Figures>, callers: number): void {
  const apollo = floors.get('apollo')!;
  console.log(`\n${callers} callers at once, all on this machine. CPU is the server's own, per request.\n`);
  const heads = [
    'calls',
    'req/s',
    'p50 ms',
    'p99 ms',
    'CPU ms',
    'MB',
    'commands',
    'of Mongo',
    'CPU',
    'of Apollo',
    'CPU',
  ];
  console.log(row('operation', heads));
  for (const { name, commands, figures } of measured) {
    const bare = floors.get(name)!;
    const ratios = [bare, apollo].flatMap((floor) => [
      `${((figures.perSecond / floor.perSecond) * 100).toFixed(0)} %`,
      `x ${(figures.cpuMs / floor.cpuMs).toFixed(1)}`,
    ]);
    const inside = commands.filter(({ inTransaction }) => inTransaction).length;
    const count = `${commands.length - inside}${inside > 0 ? ` + ${inside}` : ''}`;
    console.log(row(name, [...cells(figures), count, ...ratios]));
  }
  console.log(row('floor: Apollo', cells(apollo)));
  for (const { name } of measured) console.log(row(`floor: Mongo, ${name}`, cells(floors.get(name)!)));
  console.log('\n"of Mongo" and "of Apollo": the share of that floor\'s requests/s, and how many times its CPU.');
  console.log('commands: outside + inside the transaction. Hashing of passwords is in no floor.');
}

function cells({ calls, perSecond, p50, p99, cpuMs, memoryMb }: Figures): string[] {
  return [
    calls.toFixed(0),
    perSecond.toFixed(0),
    p50.toFixed(1),
    p99.toFixed(1),
    cpuMs.toFixed(2),
    memoryMb.toFixed(0),
  ];
}

function row(name: string, cells: readonly string[]): string {
  return name.padEnd(30) + cells.map((cell) => cell.padStart(10)).join('');
}
