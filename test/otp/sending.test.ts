import { describe, expect, test } from '@jest/globals';
import {
  DELIVERY_LIFE_MS,
  MAX_SENDS,
  MIN_LIFE_FOR_RESEND_MS,
  NO_GUESSES,
  type Challenge,
  type Slot,
} from '../../src/otp/challenge.ts';
import { decideSend, settleSend, type SendAsk } from '../../src/otp/sending.ts';
import { DEFAULT_POLICY, START } from '../support/arbitraries.ts';
import { aChallenge, anApproval, aSend, EMPTY, slotOf } from './examples.ts';

const { ttlMs, cooldownMs } = DEFAULT_POLICY;
const send = (slot: Slot, ask: Partial<SendAsk> = {}, guesses = NO_GUESSES) => {
  const { outcome, challenge } = decideSend(slot, guesses, aSend(ask), DEFAULT_POLICY);
  return { outcome, challenge };
};
const sendTo = (challenge: Challenge, ask: Partial<SendAsk> = {}) => send(slotOf(challenge), ask);
/** The first instant after the cool-down. */
const LATER = START + cooldownMs;
const STARTED = aChallenge({ id: 'fresh', codeMac: 'fresh-mac', deliveringSince: START });

describe('a new challenge', () => {
  test('starts where there is none', () => {
    expect(send(EMPTY)).toEqual({ outcome: 'START', challenge: STARTED });
  });

  test.each(['approved', 'exhausted', 'canceled'] as const)('takes the place of one that is %s', (status) => {
    const tries = ['owner', 'stranger'];
    expect(sendTo(aChallenge({ status, tries, sends: 4, failure: 'PROVIDER_ERROR' }))).toEqual({
      outcome: 'START',
      challenge: STARTED,
    });
  });

  test.each([
    [-1, 'REPEAT'],
    [0, 'START'],
    [1, 'START'],
  ])('starts at the expiry of the last: %d ms from it the answer is %s', (beside, outcome) => {
    // Its cool-down is longer than its life, so that only the expiry decides.
    const brief = aChallenge({ expiresAt: START + 10_000 });
    expect(sendTo(brief, { now: START + 10_000 + beside }).outcome).toBe(outcome);
  });

  test('starts for a requester who used up three tries, without waiting, and for nobody else', () => {
    const tried = aChallenge({ tries: ['owner', 'owner', 'owner'] });
    expect(sendTo(tried).outcome).toBe('START');
    expect(sendTo(tried, { by: 'stranger' }).outcome).toBe('TOO_SOON');
    expect(sendTo(aChallenge({ tries: ['owner', 'owner'] })).outcome).toBe('REPEAT');
    const strangers = aChallenge({ sentBy: 'owner', tries: ['stranger', 'stranger', 'stranger'] });
    expect(sendTo(strangers, { by: 'stranger' }).outcome).toBe('TOO_SOON');
  });

  test('starts whatever approval there is of the last', () => {
    const approved = slotOf(aChallenge({ status: 'approved' }), anApproval());
    expect(send(approved)).toEqual({ outcome: 'START', challenge: STARTED });
  });
});

describe('within the cool-down', () => {
  test('the same requester gets the same answer', () => {
    const challenge = aChallenge();
    expect(sendTo(challenge, { now: LATER - 1 })).toEqual({ outcome: 'REPEAT', challenge });
  });

  test('another requester is refused', () => {
    const challenge = aChallenge();
    expect(sendTo(challenge, { by: 'stranger', now: LATER - 1 })).toEqual({ outcome: 'TOO_SOON', challenge });
  });

  test('the same requester is refused another channel, which the challenge must not pretend to have used', () => {
    expect(sendTo(aChallenge(), { channel: 'VOICE' }).outcome).toBe('TOO_SOON');
  });

  test('ends exactly when it says, for everybody', () => {
    for (const by of ['owner', 'stranger'])
      for (const now of [LATER, LATER + 1]) expect(sendTo(aChallenge(), { by, now }).outcome).toBe('RESEND');
  });
});

describe('a resend', () => {
  test('keeps the code, the expiry and the tries, and counts', () => {
    const challenge = aChallenge({ tries: ['stranger'] });
    expect(sendTo(challenge, { by: 'other', channel: 'VOICE', now: LATER })).toEqual({
      outcome: 'RESEND',
      challenge: {
        ...challenge,
        channel: 'VOICE',
        sentBy: 'other',
        sentAt: LATER,
        sends: 2,
        deliveringSince: LATER,
        resendAfter: LATER + cooldownMs,
      },
    });
  });

  test('is the fifth message at most', () => {
    expect(sendTo(aChallenge({ sends: MAX_SENDS - 1 }), { now: LATER }).challenge?.sends).toBe(5);
    const full = aChallenge({ sends: MAX_SENDS });
    expect(sendTo(full, { now: LATER })).toEqual({ outcome: 'LIMITED', challenge: full });
  });

  test.each([
    [MIN_LIFE_FOR_RESEND_MS + 1, 'RESEND'],
    [MIN_LIFE_FOR_RESEND_MS, 'RESEND'],
    [MIN_LIFE_FOR_RESEND_MS - 1, 'START'],
    [1, 'START'],
  ])('with %d ms of life left is a %s', (left, outcome) => {
    expect(sendTo(aChallenge(), { now: START + ttlMs - left }).outcome).toBe(outcome);
  });

  test('waits for a delivery that is under way, as long as that may take', () => {
    const delivering = aChallenge({ deliveringSince: START, resendAfter: START });
    for (const by of ['owner', 'stranger']) {
      const at = (now: number) => sendTo(delivering, { by, now }).outcome;
      expect(at(START)).toBe('DELIVERING');
      expect(at(START + DELIVERY_LIFE_MS - 1)).toBe('DELIVERING');
      expect(at(START + DELIVERY_LIFE_MS)).toBe('RESEND');
    }
  });
});

describe('a closed destination', () => {
  const closed = { wrong: [], streak: 100, streakAt: START };

  test('gets no code, and keeps what it has', () => {
    const challenge = aChallenge();
    expect(send(slotOf(challenge), { now: LATER }, closed)).toEqual({ outcome: 'CLOSED', challenge });
    expect(send(EMPTY, {}, closed)).toEqual({ outcome: 'CLOSED', challenge: null });
  });
});

describe('a decoy', () => {
  const decoy = aChallenge({ deliverable: false });

  test('starts, repeats and resends as a real challenge does', () => {
    const started = send(EMPTY, { deliverable: false });
    expect(started).toEqual({ outcome: 'START', challenge: { ...STARTED, deliverable: false } });
    expect(sendTo(decoy, { deliverable: false }).outcome).toBe('REPEAT');
    expect(sendTo(decoy, { deliverable: false, now: LATER })).toMatchObject({
      outcome: 'RESEND',
      challenge: { sends: 2 },
    });
    const tried = { ...decoy, tries: ['owner', 'owner', 'owner'] };
    expect(sendTo(tried, { deliverable: false }).outcome).toBe('START');
  });

  test.each([
    { ask: { by: 'owner' }, outcome: 'REPEAT' },
    { ask: { by: 'stranger' }, outcome: 'TOO_SOON' },
    { ask: { by: 'owner', channel: 'VOICE' as const }, outcome: 'TOO_SOON' },
  ])(
    'answers $ask within the cool-down as a real challenge does, and catches up with the message',
    ({ ask, outcome }) => {
      const decision = decideSend(slotOf(decoy), NO_GUESSES, aSend(ask), DEFAULT_POLICY);
      expect(decision).toMatchObject({ outcome, catchesUp: true });
      expect(decision.challenge).toEqual({ ...decoy, deliverable: true, deliveringSince: START });
      const ofReal = decideSend(slotOf(aChallenge()), NO_GUESSES, aSend(ask), DEFAULT_POLICY);
      expect([ofReal.outcome, ofReal.retryAt]).toEqual([outcome, decision.retryAt]);
      expect(ofReal.catchesUp).toBe(false);
    },
  );

  test('catches up also when its sends are used up, and when it is sent again', () => {
    const used = { ...decoy, sends: 5 };
    const limited = decideSend(slotOf(used), NO_GUESSES, aSend({ now: LATER }), DEFAULT_POLICY);
    expect(limited).toMatchObject({ outcome: 'LIMITED', catchesUp: true });
    expect(sendTo(decoy, { now: LATER })).toMatchObject({ outcome: 'RESEND', challenge: { deliverable: true } });
  });

  test('a decoy request never catches up, and leaves a real challenge real', () => {
    const asked = (now: number) =>
      decideSend(slotOf(aChallenge()), NO_GUESSES, aSend({ now, deliverable: false }), DEFAULT_POLICY);
    expect(asked(START)).toMatchObject({ outcome: 'REPEAT', catchesUp: false, challenge: aChallenge() });
    expect(asked(LATER)).toMatchObject({ outcome: 'RESEND', catchesUp: false, challenge: { deliverable: true } });
  });

  test.each([
    0,
    cooldownMs - 1,
    cooldownMs,
    ttlMs - MIN_LIFE_FOR_RESEND_MS,
    ttlMs - MIN_LIFE_FOR_RESEND_MS + 1,
    ttlMs - 1,
  ])('is answered %d ms after a challenge as the challenge is, whoever asks', (age) => {
    for (const by of ['owner', 'stranger'])
      for (const tries of [[], ['owner', 'owner', 'owner']]) {
        const outcomes = [true, false].flatMap((current) =>
          [true, false].map(
            (asked) =>
              sendTo(aChallenge({ deliverable: current, tries }), { by, deliverable: asked, now: START + age }).outcome,
          ),
        );
        expect(new Set(outcomes).size).toBe(1);
      }
  });
});

describe('the end of a delivery', () => {
  const delivering = aChallenge({ deliveringSince: START });

  test('leaves a challenge pending when it went well', () => {
    expect(settleSend(delivering, { ref: null }, START + 5)).toEqual(aChallenge());
  });

  test('voids the challenge and the cool-down when its first message was refused', () => {
    const canceled = settleSend(delivering, { failure: 'PROVIDER_ERROR', asDecoy: false }, START + 5);
    expect(canceled).toEqual(aChallenge({ status: 'canceled', failure: 'PROVIDER_ERROR' }));
    expect(sendTo(canceled, { now: START + 5 }).outcome).toBe('START');
  });

  test('voids only the message when a later one was refused', () => {
    const failed = settleSend({ ...delivering, sends: 3 }, { failure: 'PROVIDER_ERROR', asDecoy: false }, START + 5);
    expect(failed).toEqual(aChallenge({ sends: 2, failure: 'PROVIDER_ERROR', resendAfter: START + 5 }));
    expect(sendTo(failed, { by: 'stranger', now: START + 5 })).toMatchObject({
      outcome: 'RESEND',
      challenge: { sends: 3, failure: null },
    });
  });
});
