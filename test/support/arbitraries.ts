import fc from 'fast-check';
import {
  APPROVAL_LIFE_MS,
  CLAIM_LIFE_MS,
  DELIVERY_LIFE_MS,
  MAX_REFUSALS,
  MIN_LIFE_FOR_RESEND_MS,
  STREAK_LIFE_MS,
  WRONG_WINDOW_MS,
  type ChallengePolicy,
} from '../../src/otp/challenge.ts';

import type { DeliveryEnd } from '../../src/otp/sending.ts';
import type { Settlement } from '../../src/otp/trying.ts';

/** An instant well after the epoch, where random histories begin. */
export const START = Date.UTC(2026, 0, 15, 12);

export const DEFAULT_POLICY: ChallengePolicy = { ttlMs: 600_000, maxTries: 5, cooldownMs: 30_000 };

export const policies = fc.record({
  ttlMs: fc.constantFrom(60_000, 90_000, 600_000),
  maxTries: fc.integer({ min: 1, max: 5 }),
  cooldownMs: fc.constantFrom(0, 1_000, 30_000),
});

/** Mostly nothing passes, or a moment; sometimes exactly one of the lifetimes, or a millisecond beside it. */
const pauses = fc.oneof(
  { weight: 14, arbitrary: fc.constantFrom(0, 0, 1, 500) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        fc.constantFrom(
          1_000,
          CLAIM_LIFE_MS,
          DELIVERY_LIFE_MS,
          30_000,
          30_000,
          MIN_LIFE_FOR_RESEND_MS,
          APPROVAL_LIFE_MS - MIN_LIFE_FOR_RESEND_MS,
          APPROVAL_LIFE_MS,
        ),
        fc.constantFrom(-1, 0, 0, 1),
      )
      .map(([life, beside]) => life + beside),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(WRONG_WINDOW_MS, STREAK_LIFE_MS), fc.constantFrom(-1, 0, 1))
      .map(([life, beside]) => life + beside),
  },
);

const requesters = fc.constantFrom('owner', 'stranger', 'other', '$owner');
/** Few codes, so that right ones and equal ones are common. */
const codes = fc.constantFrom('mac-1', 'mac-1', 'mac-1', 'mac-2', '$mac-3');
const users = fc.constantFrom(null, 'user-1', 'user-2');
/** `undefined` asks for a challenge of anybody. */
const onlyUsers = fc.constantFrom(undefined, undefined, undefined, null, 'user-1');
/** Which of the ids handed out so far is meant, counted from the latest. */
const back = fc.constantFrom(0, 0, 0, 1, 2, 3);
const slots = fc.constantFrom('VERIFICATION', 'VERIFICATION', 'PASSWORD_RESET', 'LOGIN-ticket-1', 'LOGIN-ticket-2');

const timed = <T extends object>(kind: string, fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record({ ...fields, kind: fc.constant(kind), pause: pauses, slot: slots });

export type Step = { readonly pause: number; readonly slot: string } & (
  | {
      readonly kind: 'send';
      readonly by: string;
      readonly channel: 'SMS' | 'VOICE';
      readonly deliverable: boolean;
      readonly code: string;
      readonly userId: string | null;
      /** Whether the provider compares: then the store knows no code. */
      readonly remote: boolean;
      readonly rivals: boolean;
    }
  | { readonly kind: 'settle'; readonly back: number; readonly end: DeliveryEnd }
  | {
      readonly kind: 'verdict';
      readonly back: number;
      readonly verdict: Settlement['verdict'];
      readonly unanswered: boolean;
    }
  | {
      readonly kind: 'try';
      readonly by: string;
      readonly code: string;
      readonly action: boolean;
      readonly named: number | null;
      readonly onlyUser: string | null | undefined;
    }
  | { readonly kind: 'token'; readonly back: number; readonly onlyUser: string | null | undefined }
  | { readonly kind: 'release'; readonly back: number; readonly maxRefusals: number | null }
  | { readonly kind: 'consume'; readonly back: number; readonly commits: boolean }
  | { readonly kind: 'guess'; readonly by: string; readonly right: boolean }
);

const tries = timed('try', {
  by: requesters,
  code: codes,
  action: fc.boolean(),
  named: fc.constantFrom(null, null, null, 0, 1),
  onlyUser: onlyUsers,
});
const sends = timed('send', {
  by: requesters,
  channel: fc.constantFrom('SMS', 'SMS', 'SMS', 'VOICE'),
  deliverable: fc.constantFrom(true, true, true, false),
  code: codes,
  userId: users,
  remote: fc.boolean(),
  rivals: fc.boolean(),
});
const ends: DeliveryEnd[] = [
  { ref: null },
  { ref: 'ref-1' },
  { ref: '$ref-2' },
  { failure: 'PROVIDER_ERROR', asDecoy: false },
  { failure: 'PROVIDER_ERROR', asDecoy: true },
];
const settles = timed('settle', { back, end: fc.constantFrom(...ends) });
const verdicts = timed('verdict', {
  back: fc.constantFrom(0, 0, 0, 1, 2),
  verdict: fc.constantFrom<Settlement['verdict']>('APPROVED', 'APPROVED', 'WRONG', 'REFUND', 'GONE', 'NO_CHECKS_LEFT'),
  unanswered: fc.constantFrom(false, false, true),
});
const tokens = timed('token', { back, onlyUser: onlyUsers });
const releases = timed('release', { back, maxRefusals: fc.constantFrom(null, MAX_REFUSALS, 1) });
const guesses = timed('guess', { by: requesters, right: fc.constantFrom(false, false, true) });
const consumes = timed('consume', { back, commits: fc.boolean() });

/** Random histories of one destination; with `remote`, also of codes that a provider compares. */
export function histories(maxLength: number, { remote = false } = {}): fc.Arbitrary<Step[]> {
  const step = fc.oneof(
    { weight: 6, arbitrary: remote ? sends : sends.map((send) => ({ ...send, remote: false, rivals: false })) },
    { weight: 4, arbitrary: settles },
    { weight: remote ? 5 : 0, arbitrary: verdicts },
    { weight: 12, arbitrary: tries },
    { weight: 5, arbitrary: tokens },
    { weight: 2, arbitrary: releases },
    { weight: 2, arbitrary: consumes },
    { weight: remote ? 1 : 0, arbitrary: guesses },
  ) as fc.Arbitrary<Step>;
  return fc.array(step, { minLength: 1, maxLength, size: 'max' });
}
