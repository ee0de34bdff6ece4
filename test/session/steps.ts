import fc from 'fast-check';
import { RETRY_MS } from '../../src/session/refresh-rules.ts';
import type { Action, Step } from './history.ts';
import { REFRESH_TTL_SECONDS } from './process.ts';

/** Mostly nothing passes, or a moment; sometimes exactly one of the lifetimes, or a millisecond beside it. */
const pauses = fc.oneof(
  { weight: 16, arbitrary: fc.constantFrom(0, 0, 1, 500) },
  { weight: 4, arbitrary: fc.constantFrom(RETRY_MS - 1, RETRY_MS, RETRY_MS + 1) },
  { weight: 1, arbitrary: fc.constantFrom(-1, 0, 1).map((beside) => REFRESH_TTL_SECONDS * 1000 + beside) },
);

const where = { session: fc.nat(2), at: fc.nat(1) };
/** Mostly the owner, with the latest token. */
const uses = fc.record({
  ...where,
  kind: fc.constant('use' as const),
  back: fc.constantFrom(0, 0, 0, 0, 0, 0, 1, 1, 2, 5),
  by: fc.constantFrom(...Array<number>(12).fill(0), 1, 2),
});
const holds = fc.record({ ...where, kind: fc.constant('hold' as const) });
const ends: fc.Arbitrary<Action> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ ...where, kind: fc.constantFrom('end' as const, 'endOthers' as const) }) },
  { weight: 1, arbitrary: fc.record({ at: fc.nat(1), kind: fc.constantFrom('endAll' as const, 'suspend' as const) }) },
);
/** One token used several times at once, in both processes, or several tokens of one session. */
const volleys = fc
  .tuple(fc.nat(2), fc.array(uses, { minLength: 2, maxLength: 6, size: 'max' }), fc.boolean())
  .map(([session, several, same]) =>
    several.map((use) => ({ ...use, session, ...(same && { back: several[0]!.back, by: several[0]!.by }) })),
  );
const mixed = fc.tuple(volleys, fc.oneof(ends, holds)).map(([several, other]) => [...several, other]);

const act = (actions: fc.Arbitrary<readonly Action[]>): fc.Arbitrary<Step> =>
  fc.record({ pause: pauses, kind: fc.constant('act' as const), actions });
const single = (action: fc.Arbitrary<Action>) => act(action.map((one) => [one]));

/** Random histories; the first session is there already. */
export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 24, arbitrary: single(uses) },
    { weight: 8, arbitrary: act(volleys) },
    { weight: 3, arbitrary: single(holds) },
    { weight: 2, arbitrary: act(mixed) },
    { weight: 1, arbitrary: single(ends) },
    {
      weight: 4,
      arbitrary: fc.record({ pause: pauses, kind: fc.constantFrom('open' as const, 'reinstate' as const) }),
    },
  ),
  { minLength: 1, maxLength: 40, size: 'max' },
);
