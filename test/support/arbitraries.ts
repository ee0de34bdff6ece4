import fc from 'fast-check';
import { ATTEMPT_WINDOW_MS, STREAK_LIFE_MS } from '../../src/otp/attempt-budget.ts';
import { APPROVAL_LIFE_MS, DELIVERY_LIFE_MS } from '../../src/otp/challenge.ts';
import { CLAIM_LIFE_MS } from '../../src/otp/claim-rules.ts';
import { MIN_LIFE_FOR_RESEND_MS } from '../../src/otp/send-rules.ts';

/** An instant well after the epoch, where random histories begin. */
export const START = Date.UTC(2100, 0, 15, 12);

export const policies = fc.record({
  ttlMs: fc.constantFrom(60_000, 90_000, 600_000, 600_000, 600_000),
  maxAttempts: fc.constantFrom(1, 2, 3, 4, 5, 5, 5),
  cooldownMs: fc.constantFrom(0, 1_000, 30_000),
});

/** Exactly a lifetime, or a millisecond beside it. */
const beside = (...lives: number[]) =>
  fc.tuple(fc.constantFrom(...lives), fc.constantFrom(-1, 0, 0, 1)).map(([life, ms]) => life + ms);

/** Mostly nothing passes, or a moment; sometimes one of the lifetimes. */
export const pauses = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom(0, 0, 1, 500) },
  {
    weight: 8,
    arbitrary: beside(1_000, CLAIM_LIFE_MS, DELIVERY_LIFE_MS, 30_000, 30_000, MIN_LIFE_FOR_RESEND_MS),
  },
  { weight: 4, arbitrary: beside(APPROVAL_LIFE_MS - MIN_LIFE_FOR_RESEND_MS, APPROVAL_LIFE_MS) },
  { weight: 1, arbitrary: beside(ATTEMPT_WINDOW_MS, STREAK_LIFE_MS) },
);
