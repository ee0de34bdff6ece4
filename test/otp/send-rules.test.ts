import { describe, expect, test } from '@jest/globals';
import { DELIVERY_LIFE_MS, slotOf, type Challenge, type Destination } from '../../src/otp/challenge.ts';
import type { SendRequestFacts } from '../../src/otp/asked-challenge.ts';
import { decideSend, MIN_LIFE_FOR_RESEND_MS } from '../../src/otp/send-rules.ts';
import {
  aChallenge,
  anApproval,
  APPROVED,
  aRequest,
  beside,
  CLOSED,
  DEFAULT_POLICY,
  holding,
  named,
  NOTHING,
  PENDING,
  SLOT,
  START,
} from './examples.ts';

const { ttlMs, cooldownMs } = DEFAULT_POLICY;
/** The first instant after the cool-down. */
const LATER = START + cooldownMs;
const STARTED = aChallenge({ id: 'fresh', codeId: 'fresh', codeMac: 'fresh-mac', deliveringSince: START });

const send = (destination: Destination, request: Partial<SendRequestFacts> = {}, now = START) =>
  decideSend(destination, SLOT, aRequest(request), DEFAULT_POLICY, now);
const sendTo = (challenge: Challenge, request: Partial<SendRequestFacts> = {}, now = START) =>
  send(holding({ challenge }), request, now);

describe('a new challenge', () => {
  test('starts where there is none', () => {
    expect(send(NOTHING)).toEqual({
      outcome: 'START',
      challenge: STARTED,
      superseded: [],
      sendsLate: false,
      retryAt: null,
      destination: holding({ challenge: STARTED }, { messages: [{ family: SLOT, at: START }] }),
    });
  });

  test.each(['approved', 'exhausted', 'canceled'] as const)('takes the place of one that is %s', (status) => {
    const over = aChallenge({ status, attempts: ['owner', 'stranger'], sends: 4, failure: 'PROVIDER_ERROR' });
    const { outcome, challenge, destination } = sendTo(over);
    // Only an exhausted one may still run at a provider.
    const next = { ...STARTED, follows: status === 'exhausted' };
    expect({ outcome, challenge }).toEqual({ outcome: 'START', challenge: next });
    expect(slotOf(destination, SLOT).challenge).toBe(challenge);
  });

  test.each(beside('REPEAT', 'START'))('starts at the expiry of the last: %d ms from it: %s', (ms, outcome) => {
    // Its cool-down is longer than its life, so that only the expiry decides.
    const brief = aChallenge({ expiresAt: START + 10_000 });
    expect(sendTo(brief, {}, START + 10_000 + ms).outcome).toBe(outcome);
  });

  test('starts whatever approval there is of the last, which stays', () => {
    const { outcome, challenge, destination } = send(APPROVED);
    expect({ outcome, challenge }).toEqual({ outcome: 'START', challenge: STARTED });
    expect(slotOf(destination, SLOT).approval).toBe(slotOf(APPROVED, SLOT).approval);
  });

  test('starts where another provider has a code pending', () => {
    const newChallenge = { id: 'theirs', provider: 'twilio', codeMac: null, userId: null, authVersion: null };
    expect(send(PENDING, { newChallenge })).toMatchObject({ outcome: 'START', challenge: { id: 'theirs', sends: 1 } });
  });

  test('starts, without waiting, for a requester who used up three attempts at a code that nobody else asked for', () => {
    expect(sendTo(aChallenge({ attempts: ['owner', 'owner', 'owner'] })).outcome).toBe('START');
    expect(sendTo(aChallenge({ attempts: ['owner', 'owner'] })).outcome).toBe('REPEAT');
  });

  test('starts anew for one whose attempts a lowered OTP_MAX_ATTEMPTS has used up', () => {
    const tried = holding({ challenge: aChallenge({ attempts: ['owner', 'owner'] }) });
    const lowered = { ...DEFAULT_POLICY, maxAttempts: 1 };
    expect(decideSend(tried, SLOT, aRequest(), lowered, START).outcome).toBe('START');
  });

  test('leaves the other slots of its destination as they are', () => {
    const other = { challenge: aChallenge({ id: 'other' }), approval: anApproval() };
    const { destination } = send({ ...NOTHING, slots: { LOGIN: other } });
    expect(destination.slots['LOGIN']).toBe(other);
  });
});

describe('within the cool-down', () => {
  test('the same requester gets the same answer, and nothing is written', () => {
    const decision = send(PENDING, {}, LATER - 1);
    expect(decision).toMatchObject({ outcome: 'REPEAT', challenge: aChallenge(), retryAt: null, sendsLate: false });
    expect(decision.destination).toBe(PENDING);
  });

  test('another requester is refused, and counts as one who asked: once, and nothing is written of it again', () => {
    const first = send(PENDING, { requester: named('stranger') }, LATER - 1);
    const challenge = aChallenge({ askedBy: ['owner', 'stranger'] });
    expect(first).toMatchObject({ outcome: 'TOO_SOON', challenge, retryAt: LATER });
    const again = send(first.destination, { requester: named('stranger') }, LATER - 1);
    expect(again).toMatchObject({ outcome: 'TOO_SOON', challenge, retryAt: LATER });
    expect(again.destination).toBe(first.destination);
  });

  test('so many who asked are remembered, and no more', () => {
    const askedBy = Array.from({ length: 16 }, (_, index) => `requester ${index}`);
    const asked = holding({ challenge: aChallenge({ askedBy }) });
    const decision = send(asked, { requester: named('one more') }, LATER - 1);
    expect(decision).toMatchObject({ outcome: 'TOO_SOON' });
    expect(decision.destination).toBe(asked);
  });

  test('the same requester is refused another channel, which the challenge must not pretend to have used', () => {
    const decision = send(PENDING, { channel: 'VOICE' });
    expect(decision).toMatchObject({ outcome: 'TOO_SOON', retryAt: LATER });
    expect(decision.destination).toBe(PENDING);
  });

  test('ends exactly when it says, for everybody', () => {
    for (const requesterId of ['owner', 'stranger'])
      for (const now of [LATER, LATER + 1])
        expect(send(PENDING, { requester: named(requesterId) }, now).outcome).toBe('RESEND');
  });
});

describe('a resend', () => {
  test('keeps the code, the expiry and the attempts, and counts', () => {
    const challenge = aChallenge({ attempts: ['stranger'] });
    const decision = sendTo(challenge, { requester: named('other'), channel: 'VOICE' }, LATER);
    const resent = {
      ...challenge,
      channel: 'VOICE' as const,
      sentBy: 'other',
      askedBy: ['owner', 'other'],
      sentAt: LATER,
      sends: 2,
      deliveringSince: LATER,
      resendAfter: LATER + cooldownMs,
    };
    expect(decision).toEqual({
      outcome: 'RESEND',
      challenge: resent,
      superseded: [],
      sendsLate: false,
      retryAt: null,
      destination: holding({ challenge: resent }, { messages: [{ family: SLOT, at: LATER }] }),
    });
  });

  test('names everybody who had it sent, once', () => {
    const askedBy = (challenge: Challenge, requesterId: string) =>
      sendTo(challenge, { requester: named(requesterId) }, LATER).challenge?.askedBy;
    expect(askedBy(aChallenge(), 'owner')).toEqual(['owner']);
    expect(askedBy(aChallenge({ askedBy: ['owner', 'stranger'] }), 'stranger')).toEqual(['owner', 'stranger']);
  });

  test('forgets why the delivery before it failed', () => {
    expect(sendTo(aChallenge({ failure: 'PROVIDER_ERROR' }), {}, LATER).challenge?.failure).toBeNull();
  });

  test.each([
    [MIN_LIFE_FOR_RESEND_MS + 1, 'RESEND'],
    [MIN_LIFE_FOR_RESEND_MS, 'RESEND'],
    [MIN_LIFE_FOR_RESEND_MS - 1, 'START'],
    [1, 'START'],
  ])('with %d ms of life left is a %s, where nobody else asked', (left, outcome) => {
    expect(send(PENDING, {}, START + ttlMs - left).outcome).toBe(outcome);
  });

  test('waits for a delivery that is under way, as long as that may take, and nothing is written', () => {
    const askedBy = ['owner', 'stranger'];
    const delivering = holding({ challenge: aChallenge({ askedBy, deliveringSince: START, resendAfter: START }) });
    for (const requesterId of askedBy) {
      const at = (now: number) => send(delivering, { requester: named(requesterId) }, now);
      expect(at(START).outcome).toBe('DELIVERING');
      expect(at(START).destination).toBe(delivering);
      expect(at(START + DELIVERY_LIFE_MS - 1).outcome).toBe('DELIVERING');
      expect(at(START + DELIVERY_LIFE_MS).outcome).toBe('RESEND');
    }
  });
});

describe('a closed destination', () => {
  test('gets no code, and keeps what it has', () => {
    const closed = holding({ challenge: aChallenge() }, { budget: CLOSED });
    const decision = send(closed, {}, LATER);
    expect(decision).toMatchObject({ outcome: 'CLOSED', challenge: aChallenge(), retryAt: null });
    expect(decision.destination).toBe(closed);
    const empty = { ...NOTHING, budget: CLOSED };
    expect(send(empty)).toMatchObject({ outcome: 'CLOSED', challenge: null });
    expect(send(empty).destination).toBe(empty);
  });
});

describe('the slots that are bound to a user, a payment or a login ticket', () => {
  const bound = (challenge: Challenge | null, approval = null as ReturnType<typeof anApproval> | null) => ({
    ...NOTHING,
    slots: { 'LOGIN-ticket': { challenge, approval } },
  });
  const remains = (destination: Destination, now: number, request: Partial<SendRequestFacts> = {}) =>
    'LOGIN-ticket' in send(destination, request, now).destination.slots;

  test.each(beside(true, false))(
    'are forgotten at a start when nothing of them counts any more: %d ms from then one is kept: %s',
    (ms, kept) => {
      const { expiresAt } = aChallenge();
      for (const status of ['pending', 'approved', 'exhausted', 'canceled'] as const)
        expect(remains(bound(aChallenge({ status })), expiresAt + ms)).toBe(kept);
      const approved = bound(aChallenge({ status: 'approved' }), anApproval({ expiresAt: expiresAt + 7 }));
      expect(remains(approved, expiresAt + 7 + ms)).toBe(kept);
      expect(remains(bound(null), START)).toBe(false);
    },
  );

  test('are forgotten also where their codes share a service with the new one', () => {
    const over = bound(aChallenge());
    expect(remains(over, aChallenge().expiresAt - 1, { sharedPurposes: ['VERIFICATION', 'LOGIN'] })).toBe(true);
    expect(remains(over, aChallenge().expiresAt, { sharedPurposes: ['VERIFICATION', 'LOGIN'] })).toBe(false);
  });

  test('are none of those that a purpose has for everybody, which stay', () => {
    const over = { ...NOTHING, slots: { LOGIN: { challenge: aChallenge(), approval: null } } };
    expect(send(over, {}, START + 10 * ttlMs).destination.slots).toHaveProperty('LOGIN');
  });
});
