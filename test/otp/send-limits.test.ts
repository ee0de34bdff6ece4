// Invariant 11: what people may have sent to one destination, and that nobody ends a code that somebody else waits for.
import { describe, expect, test } from '@jest/globals';
import { decideAttempt } from '../../src/otp/attempt-rules.ts';
import { slotOf, type Destination } from '../../src/otp/challenge.ts';
import { endDelivery } from '../../src/otp/delivery-rules.ts';
import type { SendRequestFacts } from '../../src/otp/asked-challenge.ts';
import { decideSend } from '../../src/otp/send-rules.ts';
import { MAX_SENDS, SEND_WINDOW_MS } from '../../src/otp/message-limit.ts';
import {
  aChallenge,
  anAttempt,
  aRequest,
  beside,
  DEFAULT_POLICY,
  holding,
  named,
  NOTHING,
  SLOT,
  START,
} from './examples.ts';

const { ttlMs, cooldownMs } = DEFAULT_POLICY;
const LATER = START + cooldownMs;
const SOON_OVER = START + ttlMs - 59_999;

const sendAs = (slotName: string, destination: Destination, request: Partial<SendRequestFacts>, now: number) =>
  decideSend(destination, slotName, aRequest(request), DEFAULT_POLICY, now);
const send = (destination: Destination, request: Partial<SendRequestFacts> = {}, now = START) =>
  sendAs(SLOT, destination, request, now);
const messagesOf = (family: string, count: number, at = START) =>
  Array.from({ length: count }, (_, index) => ({ family, at: at + index }));

describe('messages to one destination for one purpose', () => {
  const full = messagesOf(SLOT, MAX_SENDS);
  const longLived = aChallenge({ expiresAt: START + 10 * SEND_WINDOW_MS });

  test('are five, and the sixth is refused until the first no longer counts', () => {
    const four = holding({ challenge: longLived }, { messages: full.slice(1) });
    expect(send(four, {}, LATER).outcome).toBe('RESEND');
    const five = holding({ challenge: longLived }, { messages: full });
    const decision = send(five, {}, LATER);
    expect(decision).toMatchObject({ outcome: 'LIMITED', challenge: longLived, retryAt: START + SEND_WINDOW_MS });
    expect(decision.destination).toBe(five);
  });

  test.each(beside('LIMITED', 'RESEND'))(
    'count for ten minutes: %d ms from their end a resend is %s',
    (ms, outcome) => {
      const five = holding({ challenge: longLived }, { messages: full });
      expect(send(five, {}, START + SEND_WINDOW_MS + ms).outcome).toBe(outcome);
    },
  );

  test.each(beside('LIMITED', 'START'))(
    'limit new challenges too: %d ms from their end a start is %s',
    (ms, outcome) => {
      const five = { ...NOTHING, messages: full };
      const decision = send(five, {}, START + SEND_WINDOW_MS + ms);
      expect(decision.outcome).toBe(outcome);
      if (outcome === 'LIMITED') expect(decision.destination).toBe(five);
    },
  );

  test.each(['approved', 'exhausted', 'canceled'] as const)('are counted over challenges, also one %s', (status) => {
    const decision = send(holding({ challenge: aChallenge({ status }) }, { messages: full }), {}, LATER);
    expect(decision).toMatchObject({ outcome: 'LIMITED', retryAt: START + SEND_WINDOW_MS });
  });

  test('are counted over requesters', () => {
    let destination = NOTHING;
    const outcomes = Array.from({ length: 7 }, (_, index) => {
      const decision = send(destination, { requester: named(`client-${index}`) }, START + index * cooldownMs);
      const { challenge } = decision;
      destination = endDelivery(decision.destination, SLOT, challenge!.id, { ref: null }, START);
      return decision.outcome;
    });
    expect(outcomes).toEqual(['START', 'RESEND', 'RESEND', 'RESEND', 'RESEND', 'LIMITED', 'LIMITED']);
    expect(slotOf(destination, SLOT).challenge?.sends).toBe(5);
  });

  test('are no reason to refuse the same answer again', () => {
    expect(send(holding({ challenge: aChallenge() }, { messages: full }), {}, LATER - 1).outcome).toBe('REPEAT');
  });

  test('name the end of the fifth before, where an operator once allowed more', () => {
    const seven = messagesOf(SLOT, 7);
    expect(send({ ...NOTHING, messages: seven }, {}, LATER).retryAt).toBe(START + 2 + SEND_WINDOW_MS);
  });

  test('are forgotten when they no longer count and one more goes out', () => {
    const [old, recent] = [
      { family: 'LOGIN', at: LATER - SEND_WINDOW_MS },
      { family: 'LOGIN', at: LATER - SEND_WINDOW_MS + 1 },
    ];
    const { destination } = send({ ...NOTHING, messages: [old, recent] }, {}, LATER);
    expect(destination.messages).toEqual([recent, { family: SLOT, at: LATER }]);
  });

  test.each([
    ['LOGIN', 'LOGIN', true],
    ['LOGIN', 'PASSWORD_RESET', false],
    ['LOGIN-ticket-1', 'LOGIN-ticket-2', true],
    // Else a stranger, who can have codes sent to the unbound slot, would use up the messages of a second step.
    ['LOGIN', 'LOGIN-ticket-1', false],
    ['LOGIN-ticket-1', 'LOGIN', false],
    ['TRANSACTION-payment-1', 'TRANSACTION-payment-2', true],
    ['TRANSACTION-payment-1', 'PHONE_CHANGE-user', false],
  ])('for %s limit those for %s: %s', (one, other, limited) => {
    let destination = NOTHING;
    for (let index = 0; index < MAX_SENDS; index += 1) {
      destination = sendAs(one, destination, {}, START + index).destination;
      const { slots } = destination;
      // Spent at once, so that each message is a new challenge.
      const spent = { challenge: { ...slots[one]!.challenge!, status: 'approved' as const }, approval: null };
      destination = { ...destination, slots: { ...slots, [one]: spent } };
    }
    expect(sendAs(other, destination, {}, START + 5).outcome).toBe(limited ? 'LIMITED' : 'START');
  });
});

describe('a message that was definitely refused', () => {
  const refused = { failure: 'PROVIDER_ERROR', asDecoy: false };
  const four = { ...NOTHING, messages: messagesOf(SLOT, MAX_SENDS - 1) };
  const sixthAfter = (end: Parameters<typeof endDelivery>[3]) => {
    const { destination, challenge } = send(four, {}, LATER);
    return send(endDelivery(destination, SLOT, challenge!.id, end, LATER + 5), {}, LATER + cooldownMs).outcome;
  };

  test('is given back, so that another can go out', () => {
    expect(sixthAfter(refused)).toBe('START');
  });

  test('is not where nobody may learn that a message was tried, and not where it may have arrived', () => {
    expect(sixthAfter({ ...refused, asDecoy: true })).toBe('LIMITED');
    expect(sixthAfter({ ref: null })).toBe('LIMITED');
  });
});

describe('a code that somebody else asked for too', () => {
  const attempts = ['stranger', 'stranger', 'stranger'];
  const shared = holding({ challenge: aChallenge({ attempts, sentBy: 'stranger', askedBy: ['owner', 'stranger'] }) });

  test('is not replaced for a requester without an attempt left, before it expires', () => {
    for (const now of [START, LATER, SOON_OVER, START + ttlMs - 1]) {
      const decision = send(shared, { requester: named('stranger') }, now);
      expect(decision).toMatchObject({ outcome: 'EXHAUSTED', retryAt: START + ttlMs, superseded: [] });
      expect(decision.destination).toBe(shared);
    }
    expect(send(shared, { requester: named('stranger') }, START + ttlMs).outcome).toBe('START');
  });

  test('is not replaced either for one who never asked for it and guessed all the same', () => {
    const ofOwner = holding({ challenge: aChallenge({ attempts }) });
    const decision = send(ofOwner, { requester: named('stranger') }, LATER);
    expect(decision).toMatchObject({ outcome: 'EXHAUSTED', retryAt: START + ttlMs });
    expect(decision.destination).toBe(ofOwner);
  });

  test('can be had again by those who have attempts left', () => {
    expect(send(shared, {}, LATER)).toMatchObject({ outcome: 'RESEND', challenge: { id: 'challenge', attempts } });
  });

  test('is not replaced because it will soon be over', () => {
    const fresh = holding({ challenge: aChallenge({ askedBy: ['owner', 'stranger'] }) });
    for (const requesterId of ['owner', 'stranger', 'other']) {
      expect(send(fresh, { requester: named(requesterId) }, SOON_OVER - 1).outcome).toBe('RESEND');
      for (const now of [SOON_OVER, START + ttlMs - 1]) {
        const decision = send(fresh, { requester: named(requesterId) }, now);
        expect(decision).toMatchObject({ outcome: 'TOO_SOON', retryAt: START + ttlMs });
        expect(decision.destination).toBe(fresh);
      }
      expect(send(fresh, { requester: named(requesterId) }, START + ttlMs).outcome).toBe('START');
    }
  });

  test('is replaced when five attempts have used it up, since it is worth nothing to anybody', () => {
    const challenge = aChallenge({ status: 'exhausted', askedBy: ['owner', 'stranger'] });
    expect(send(holding({ challenge }), { requester: named('stranger') }).outcome).toBe('START');
  });
});

test("a stranger who asks and guesses for 20 rounds changes nothing in the owner's code, and five messages go out", () => {
  const policy = { ...DEFAULT_POLICY, cooldownMs: 1_000 };
  let now = START;
  let destination = NOTHING;
  let messages = 0;
  const ask = (requesterId: string) => {
    const newChallenge = {
      id: `at-${now}`,
      provider: 'local',
      codeMac: `code-${now}`,
      userId: null,
      authVersion: null,
    };
    const decision = decideSend(
      destination,
      SLOT,
      aRequest({ requester: named(requesterId), newChallenge }),
      policy,
      now,
    );
    if (['START', 'RESEND'].includes(decision.outcome)) messages += 1;
    ({ destination } = decision);
    if (decision.challenge) destination = endDelivery(destination, SLOT, decision.challenge.id, { ref: null }, now);
    return decision;
  };
  const attempt = (requesterId: string, codeMac: string) => {
    const decision = decideAttempt(
      destination,
      SLOT,
      anAttempt({ requester: named(requesterId), codeMac }),
      policy,
      now,
    );
    ({ destination } = decision);
    return decision.outcome;
  };

  const { codeMac } = ask('owner').challenge!;
  for (let round = 0; round < 20; round += 1) {
    now += policy.cooldownMs;
    ask('stranger');
    for (let guess = 0; guess < 4; guess += 1) attempt('stranger', 'wrong');
    expect(slotOf(destination, SLOT).challenge).toMatchObject({ codeMac, status: 'pending' });
  }
  // A requester without an attempt left is refused before the messages are used up.
  expect(messages).toBe(2);
  expect(attempt('owner', codeMac!)).toBe('APPROVED');
});
