import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, Call, Client } from './client.ts';
import { percentile } from './statistics.ts';

/** Where calls come from; each of the callers that run at once has its number. */
export interface Source {
  /** Null when there are no more. */
  next(caller: number): Call | null;
  /** Told of each answer, by whoever needs one for the next call, or knows a wrong one although it has status 200. */
  answered?(caller: number, answer: Answer): void;
}

export interface Load {
  readonly calls: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

interface Limits {
  readonly callers: number;
  readonly seconds: number;
  readonly calls?: number;
  /** How long each caller rests between two calls; without it the next call follows the answer at once. */
  readonly pauseMs?: number;
}

/**
 * Calls with so many callers at once, until the time is over or there is nothing left to call.
 * @throws Error at the first answer that is an error: a refusal is fast, and would make the figures look good
 */
export async function load(client: Client, source: Source, limits: Limits): Promise<Load> {
  const { callers, seconds, calls = Infinity, pauseMs } = limits;
  const times: number[] = [];
  let begun = 0;
  const startedAt = performance.now();
  const caller = async (number: number) => {
    while (performance.now() < startedAt + seconds * 1000 && begun < calls) {
      const call = source.next(number);
      if (!call) return;
      begun += 1;
      const answer = await client.send(call);
      if (answer.status !== 200 || answer.text.includes('"errors":'))
        throw new Error(`${call.path} answered ${answer.status}: ${answer.text}`);
      times.push(answer.ms);
      source.answered?.(number, answer);
      if (pauseMs !== undefined) await sleep(pauseMs);
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, number) => caller(number)));
  const perSecond = times.length / ((performance.now() - startedAt) / 1000);
  return { calls: times.length, perSecond, p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
}
