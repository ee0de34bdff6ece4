import type { Answer } from '../support/server.ts';

/** The same call many times at once, each with its number. */
export function volley<T>(count: number, call: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => call(index)));
}

/** How often each outcome came: an error's code, or OK. */
export function tally(answers: readonly Answer<unknown>[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { code } of answers) counts[code ?? 'OK'] = (counts[code ?? 'OK'] ?? 0) + 1;
  return counts;
}

/** The answers that are no error. */
export function successes<T>(answers: readonly Answer<T>[]): T[] {
  return answers.flatMap(({ code, data }) => (code === null && data ? [data] : []));
}

/** Wrong codes, all different from this one and from each other (index below 999,999). */
export function otherCode(code: string, index: number): string {
  return String((Number(code) + 1 + index) % 1_000_000).padStart(6, '0');
}

let last = 0;
/** An IPv4 address that no other call of this test file comes from. */
export function freshIp(): string {
  last += 1;
  return `198.${18 + (last >> 16)}.${(last >> 8) & 255}.${last & 255}`;
}
