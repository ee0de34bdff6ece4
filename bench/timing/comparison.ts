import type { Answer } from '../load/client.ts';
import { median, rankTest } from '../load/statistics.ts';

/** Where a difference is taken for real. With ten comparisons one run in a hundred raises a false alarm (Bonferroni). */
export const SIGNIFICANT = 0.001;

export type Kind = 'known' | 'unknown';

/** The answers to one kind of try, with an account and without. */
export class Comparison {
  readonly #name: string;
  readonly #times = { known: [] as number[], unknown: [] as number[] };
  readonly #shapes = { known: new Set<string>(), unknown: new Set<string>() };

  constructor(name: string) {
    this.#name = name;
  }

  add(kind: Kind, answer: Answer): void {
    this.#times[kind].push(answer.ms);
    this.#shapes[kind].add(shapeOf(answer));
  }

  /** Prints a line, and whatever only one kind was answered. @returns whether accounts can be told */
  conclude(): boolean {
    const [times, shapes] = [this.#times, this.#shapes];
    const { u, p } = rankTest(times.known, times.unknown);
    const [known, unknown] = [median(times.known), median(times.unknown)];
    const all = new Set([...shapes.known, ...shapes.unknown]);
    const told = [...all].filter((shape) => shapes.known.has(shape) !== shapes.unknown.has(shape));
    const verdict = told.length > 0 ? 'ANSWERS DIFFER' : p < SIGNIFICANT ? 'TIMES DIFFER' : 'alike';
    const numbers = [known, unknown, known - unknown].map((ms) => ms.toFixed(2));
    const tries = `${times.known.length}+${times.unknown.length}`;
    console.log(row(this.#name, tries, ...numbers, u.toFixed(0), p.toPrecision(2), verdict));
    for (const shape of told) console.log(`    only with${shapes.known.has(shape) ? '' : 'out'} an account: ${shape}`);
    return verdict !== 'alike';
  }
}

/** All of an answer but what is made anew for each: texts are shown by their length, except errors' codes. */
function shapeOf({ status, headers, text }: Answer): string {
  const { date, 'x-request-id': id, ...alike } = headers;
  const body = JSON.stringify(JSON.parse(text), (name, value: unknown) =>
    typeof value === 'string' && name !== 'code' ? `${value.length} characters` : value,
  );
  return `${status} ${body} ${JSON.stringify({ ...alike, date: typeof date, 'x-request-id': typeof id })}`;
}

/** The heading of the lines. */
export function heading(): string {
  return row('try', 'tries', 'known', 'unknown', 'difference', 'U', 'p', '');
}

/** A line for a kind of try that this server does not know. */
export function notHere(name: string): string {
  return row(name, '-', '-', '-', '-', '-', '-', 'not here');
}

function row(name: string, ...cells: string[]): string {
  const verdict = cells.pop()!;
  return `${name.padEnd(38)}${cells.map((cell) => cell.padStart(11)).join('')}   ${verdict}`;
}
