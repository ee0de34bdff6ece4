import fc from 'fast-check';
import { pauses } from '../arbitraries.ts';
import type { Requester } from '../../../src/otp/requester.ts';
import { CODES, NO_CODE, type Weather } from './provider-edge.ts';

/** The user behind the destination of a history, who is also signed in, and another one. */
export const OWNER = 'owner-id';
export const OTHER = 'other-id';

/** Everybody in a history: the owner at home, signed in, and elsewhere; a stranger, who also has an account of its own. */
export const REQUESTERS = {
  owner: { userId: null, ip: 'home', deviceToken: null },
  'owner signed in': { userId: OWNER, ip: 'home', deviceToken: null },
  'owner elsewhere': { userId: null, ip: 'cafe', deviceToken: 'phone' },
  stranger: { userId: null, ip: 'far', deviceToken: null },
  'stranger signed in': { userId: OTHER, ip: 'far', deviceToken: null },
  another: { userId: null, ip: 'cafe', deviceToken: null },
} satisfies Record<string, Requester>;
type Name = keyof typeof REQUESTERS;

/** What codes are for, at the one destination of a history. */
export const SLOTS = [
  { purpose: 'VERIFICATION' },
  { purpose: 'LOGIN' },
  { purpose: 'PASSWORD_RESET' },
  { purpose: 'PHONE_CHANGE', binding: OWNER },
  { purpose: 'PHONE_CHANGE', binding: OTHER },
] as const;

/** The code that went out last for the slot, or any of the few. */
type Typed = 'right' | (typeof CODES)[number] | typeof NO_CODE;

interface AtSlot {
  readonly pause: number;
  /** Of SLOTS. */
  readonly slot: number;
}
export interface Send extends AtSlot {
  readonly kind: 'send';
  readonly by: Name;
  readonly channel: 'SMS' | 'VOICE';
  /** False where what stands beside the destination (an e-mail address) is not the user's. */
  readonly isMeant: boolean;
  readonly weather: Weather;
}
export interface Verify extends AtSlot {
  readonly kind: 'verify';
  readonly by: Name;
  readonly code: Typed;
  /** Which challenge is named, counted from the latest. */
  readonly named: number | null;
  readonly weather: Weather;
}
export interface Act extends AtSlot {
  readonly kind: 'act';
  readonly by: Name;
  readonly proof: Typed | { readonly tokenBack: number };
  /** Whose code is meant: its owner's, or that of somebody unknown. */
  readonly isOwners: boolean;
  /** `exists`: ACCOUNT_EXISTS; `fails`: anything else; `loses`: the database goes; `dies`: this process ends. */
  readonly ending: 'commits' | 'exists' | 'fails' | 'loses' | 'dies';
  /** Who tries the same proof meanwhile. */
  readonly rival: Name | null;
  readonly weather: Weather;
}
/** Something ends the sessions of a user. */
export interface Outdate extends AtSlot {
  readonly kind: 'outdate';
  readonly user: string;
}
export interface Locate extends AtSlot {
  readonly kind: 'locate';
  readonly back: number;
  readonly user: string;
}
export interface Guess extends AtSlot {
  readonly kind: 'guess';
  readonly by: Name;
  readonly isRight: boolean;
}
export type Step = Send | Verify | Act | Outdate | Locate | Guess;

const requesters = fc.constantFrom<Name>('owner', ...(Object.keys(REQUESTERS) as Name[]));
const users = fc.constantFrom(OWNER, OWNER, OTHER);
const back = fc.constantFrom(0, 0, 0, 1, 2);
const weathers = fc.constantFrom<Weather>(...Array<Weather>(12).fill('fine'), 'lost', 'refused', 'unreached', 'cut');
/** Of those who mostly know their code, and of those who mostly guess. */
const known = fc.constantFrom<Typed>('right', 'right', 'right', ...CODES, NO_CODE);
const guessed = fc.constantFrom<Typed>('right', ...CODES, NO_CODE, NO_CODE, NO_CODE, NO_CODE);
const atSlot = { pause: pauses, slot: fc.nat({ max: SLOTS.length - 1 }) };

const sends: fc.Arbitrary<Send> = fc.record({
  ...atSlot,
  kind: fc.constant('send'),
  by: requesters,
  channel: fc.constantFrom('SMS', 'SMS', 'SMS', 'VOICE'),
  isMeant: fc.constantFrom(true, true, true, false),
  weather: weathers,
});
const verifies = (typed: fc.Arbitrary<Typed>): fc.Arbitrary<Verify> =>
  fc.record({
    ...atSlot,
    kind: fc.constant('verify'),
    by: requesters,
    code: typed,
    named: fc.constantFrom(null, null, null, null, 0, 0, 1),
    weather: weathers,
  });
const acts = (typed: fc.Arbitrary<Typed>): fc.Arbitrary<Act> =>
  fc.record({
    ...atSlot,
    kind: fc.constant('act'),
    by: requesters,
    proof: fc.oneof(
      { weight: 3, arbitrary: typed },
      { weight: 1, arbitrary: fc.record({ tokenBack: fc.constantFrom(0, 0, 0, 1) }) },
    ),
    isOwners: fc.constantFrom(true, true, true, true, false),
    ending: fc.constantFrom('commits', 'commits', 'exists', 'fails', 'loses', 'dies'),
    rival: fc.constantFrom(null, null, null, 'another', 'stranger'),
    weather: weathers,
  });
const outdates: fc.Arbitrary<Outdate> = fc.record({ ...atSlot, kind: fc.constant('outdate'), user: users });
const locates: fc.Arbitrary<Locate> = fc.record({ ...atSlot, kind: fc.constant('locate'), back, user: users });
const guesses: fc.Arbitrary<Guess> = fc.record({
  ...atSlot,
  kind: fc.constant('guess'),
  by: requesters,
  isRight: fc.constantFrom(false, false, false, true),
});

/** Somebody who uses up all attempts, and asks for another code. */
const exhausting: fc.Arbitrary<Step[]> = fc
  .tuple(requesters, verifies(fc.constant(NO_CODE)), sends)
  .map(([by, verify, send]) => {
    const wrong = { ...verify, by, slot: send.slot, named: null, pause: 0, weather: 'fine' as const };
    return [wrong, wrong, wrong, { ...send, by, pause: 0 }];
  });

const steps = (typed: fc.Arbitrary<Typed>): fc.Arbitrary<Step[]> => {
  const one = fc.oneof(
    { weight: 9, arbitrary: sends },
    { weight: 9, arbitrary: verifies(typed) },
    { weight: 8, arbitrary: acts(typed) },
    { weight: 1, arbitrary: outdates },
    { weight: 3, arbitrary: locates },
    { weight: 1, arbitrary: guesses },
  );
  const some = fc.oneof({ weight: 30, arbitrary: one.map((step) => [step]) }, { weight: 1, arbitrary: exhausting });
  return fc.array(some, { minLength: 20, maxLength: 50, size: 'max' }).map((all) => all.flat());
};

/** What a history is about: with all slots in each few codes would ever be typed. */
const fewSlots = fc.constantFrom([0], [0], [1], [2], [3, 4], [3, 4], [0, 1], [1, 2], [0, 2]);

/** Random histories of one destination. Each begins with a request for a code. */
export const histories: fc.Arbitrary<Step[]> = fc
  .tuple(fewSlots, sends, fc.oneof(steps(known), steps(guessed)))
  .map(([few, first, rest]) => [first, ...rest].map((step) => ({ ...step, slot: few[step.slot % few.length]! })));

/**
 * Histories of what anybody may ask for, without one right code: whoever asks must not learn whether there is a user. Only
 * for a user Twilio is asked what a code is, so no answer of its is lost here; that it is down is known for all.
 */
export const guessingHistories: fc.Arbitrary<Step[]> = histories.map((steps) =>
  steps.flatMap((step): Step[] => {
    const slot = 1 + (step.slot % 2);
    if (step.kind === 'outdate') return [step];
    if (step.kind === 'send') return [{ ...step, slot, weather: step.weather === 'cut' ? 'lost' : step.weather }];
    if (step.kind !== 'verify' && step.kind !== 'act') return [];
    const weather = step.weather === 'unreached' ? 'unreached' : 'fine';
    if (step.kind === 'verify') return [{ ...step, slot, weather, code: NO_CODE }];
    return [{ ...step, slot, weather, proof: NO_CODE, rival: null }];
  }),
);
