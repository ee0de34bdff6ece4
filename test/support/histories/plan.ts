import fc from 'fast-check';
import type { Victim } from './cluster.ts';

/** Requesters of one history: two devices of the owner and two strangers, each with an address of its own. */
export const CALLERS = 4;
/** What a history is about; see `places.ts`. */
const PLACES = 4;

/** What one caller does, or several times at once. */
export interface Move {
  readonly action: 'send' | 'verify' | 'act' | 'refresh' | 'revokeAll';
  readonly place: number;
  readonly caller: number;
  /** So many of it at once, over both servers. */
  readonly copies: number;
  /** Where each copy comes from a caller of its own instead. */
  readonly isScattered: boolean;
  /** The present code, the one before, or none that was ever sent. */
  readonly code: 'right' | 'earlier' | 'wrong';
  readonly byToken: boolean;
  /** Registers with somebody's e-mail address, which must give the code back. */
  readonly isTaken: boolean;
  readonly pauseMs: number;
  readonly server: number;
}

/** What several callers do at the same time, each one move after another. */
export type History = readonly (readonly Move[])[];

export interface Fault {
  readonly victims: readonly Victim[];
  /** During the first, simultaneous requests for codes, or among the moves after them. */
  readonly phase: 'opening' | 'moves';
  readonly afterMs: number;
}

/** Histories that go on at once, and what is killed meanwhile. */
export interface Round {
  readonly histories: readonly History[];
  readonly fault: Fault | null;
}

const moves: fc.Arbitrary<Move> = fc.record({
  action: fc.oneof(
    { weight: 3, arbitrary: fc.constant('send' as const) },
    { weight: 6, arbitrary: fc.constant('verify' as const) },
    { weight: 6, arbitrary: fc.constant('act' as const) },
    { weight: 1, arbitrary: fc.constantFrom('refresh' as const, 'revokeAll' as const) },
  ),
  place: fc.nat({ max: PLACES - 1 }),
  caller: fc.nat({ max: CALLERS - 1 }),
  copies: fc.constantFrom(1, 1, 2, 3),
  isScattered: fc.boolean(),
  code: fc.constantFrom('right', 'right', 'wrong', 'wrong', 'earlier'),
  byToken: fc.constantFrom(false, false, true),
  isTaken: fc.constantFrom(false, false, true),
  pauseMs: fc.constantFrom(0, 0, 5, 50, 300),
  server: fc.nat({ max: 1 }),
});

const histories: fc.Arbitrary<History> = fc.array(fc.array(moves, { minLength: 5, maxLength: 9, size: 'max' }), {
  minLength: 3,
  maxLength: 3,
});

const faults: fc.Arbitrary<Fault> = fc.record({
  victims: fc.constantFrom<readonly Victim[]>(
    ['server 0'],
    ['server 1'],
    ['mongod'],
    ['mongod'],
    ['server 0', 'mongod'],
    ['server 0', 'server 1'],
  ),
  phase: fc.constantFrom('opening', 'moves', 'moves', 'moves'),
  afterMs: fc.integer({ min: 0, max: 800 }),
});

/** Rounds of so many histories at once; most are struck. The same seed gives the same rounds. */
export function roundsOf(seed: number, count: number, historiesAtOnce: number): Round[] {
  const round = fc.record({
    histories: fc.array(histories, { minLength: historiesAtOnce, maxLength: historiesAtOnce }),
    fault: fc.option(faults, { freq: 6 }),
  });
  return fc.sample(round, { seed, numRuns: count });
}
