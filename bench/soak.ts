import { setInterval } from 'node:timers';
import { nextPerson, SEND, VERIFY, type Person } from './target/accounts.ts';
import { operation } from './load/client.ts';
import { load, type Source } from './load/load.ts';
import type { Soak } from './report/results.ts';
import type { Target } from './load/target.ts';
import { residentMbOf } from './load/usage.ts';

const SAMPLE_MS = 1_000;
const WRONG_CODE = '000001';

/**
 * Keeps a server at work and samples its memory: each caller asks for a code for somebody new, tries a wrong one, and
 * renews its session, so that whatever is kept for a destination, a client or a token would pile up.
 * @throws Error at the first answer that is an error
 */
export async function soak(target: Target, minutes: number, callers: number): Promise<Soak> {
  const refresh = await target.operations.get('refreshSession')!({ callers, seconds: minutes * 60, codes: 0 });
  const memoryMb: number[] = [];
  const sampling = setInterval(() => memoryMb.push(residentMbOf(target.pid)), SAMPLE_MS);
  try {
    const source = mixture(refresh, callers);
    const { calls } = await load(target.client, source, { callers, seconds: minutes * 60 });
    return { minutes, calls, memoryMb };
  } finally {
    clearInterval(sampling);
  }
}

function mixture(refresh: Source, callers: number): Source {
  const turns = Array.from({ length: callers }, () => ({ turn: 0, person: nextPerson() }));
  const steps: ((person: Person, caller: number) => ReturnType<Source['next']>)[] = [
    ({ phone, from }) => operation(SEND, { input: { to: phone } }, from),
    ({ phone, from }) => operation(VERIFY, { input: { to: phone, code: WRONG_CODE } }, from),
    (_person, caller) => refresh.next(caller),
  ];
  return {
    next: (caller) => {
      const mine = turns[caller]!;
      if (mine.turn === 0) mine.person = nextPerson();
      return steps[mine.turn]!(mine.person, caller);
    },
    answered: (caller, answer) => {
      const mine = turns[caller]!;
      if (mine.turn === steps.length - 1) refresh.answered?.(caller, answer);
      mine.turn = (mine.turn + 1) % steps.length;
    },
  };
}
