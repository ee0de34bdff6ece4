// Invariant 8: a decoy stands for a destination without an account, and is answered as a real challenge would be.
import { describe, expect, test } from '@jest/globals';
import { slotOf, type Destination } from '../../src/otp/challenge.ts';
import type { SendRequestFacts } from '../../src/otp/asked-challenge.ts';
import { decideSend, MIN_LIFE_FOR_RESEND_MS } from '../../src/otp/send-rules.ts';
import { aChallenge, aRequest, DEFAULT_POLICY, holding, named, NOTHING, PENDING, SLOT, START } from './examples.ts';

const { ttlMs, cooldownMs } = DEFAULT_POLICY;
const LATER = START + cooldownMs;
const decoy = aChallenge({ deliverable: false });
const DECOY = holding({ challenge: decoy });
const five = Array.from({ length: 5 }, () => ({ family: SLOT, at: START }));

const send = (destination: Destination, request: Partial<SendRequestFacts> = {}, now = START) =>
  decideSend(destination, SLOT, aRequest(request), DEFAULT_POLICY, now);

test('a decoy starts, repeats and resends as a real challenge does', () => {
  const started = send(NOTHING, { deliverable: false });
  const real = send(NOTHING);
  expect(started).toMatchObject({ outcome: 'START', challenge: { ...real.challenge, deliverable: false } });
  expect(started.destination.messages).toEqual(real.destination.messages);
  expect(send(DECOY, { deliverable: false })).toMatchObject({ outcome: 'REPEAT' });
  expect(send(DECOY, { deliverable: false }).destination).toBe(DECOY);
  const resent = send(DECOY, { deliverable: false }, LATER);
  expect(resent).toMatchObject({ outcome: 'RESEND', challenge: { sends: 2, deliverable: false } });
  const used = holding({ challenge: { ...decoy, attempts: ['owner', 'owner', 'owner'] } });
  expect(send(used, { deliverable: false }).outcome).toBe('START');
});

describe('a decoy that turns out to be real', () => {
  test.each([
    { request: { requester: named('owner') }, outcome: 'REPEAT' },
    { request: { requester: named('stranger') }, outcome: 'TOO_SOON' },
    { request: { requester: named('owner'), channel: 'VOICE' as const }, outcome: 'TOO_SOON' },
  ])('answers $request within the cool-down as a real challenge does, and its message goes out late', (example) => {
    const { request, outcome } = example;
    const decision = send(DECOY, request);
    expect(decision).toMatchObject({ outcome, sendsLate: true });
    const late = decision.challenge!;
    expect(late).toMatchObject({ ...decoy, askedBy: late.askedBy, deliverable: true, deliveringSince: START });
    expect(slotOf(decision.destination, SLOT).challenge).toBe(late);
    const ofReal = send(PENDING, request);
    expect([ofReal.outcome, ofReal.retryAt]).toEqual([outcome, decision.retryAt]);
    expect(ofReal.sendsLate).toBe(false);
  });

  test('is the code of the user who is known now', () => {
    const newChallenge = { id: 'fresh', provider: 'local', codeMac: 'fresh-mac', userId: 'user', authVersion: null };
    expect(send(DECOY, { newChallenge }).challenge).toMatchObject({ id: 'challenge', userId: 'user' });
    expect(send(DECOY, { newChallenge }, LATER).challenge).toMatchObject({ id: 'challenge', userId: 'user' });
  });

  test('sends late also when the messages are used up, and no late message is counted: the decoy counted it', () => {
    const used = holding({ challenge: decoy }, { messages: five });
    const decision = send(used, {}, LATER);
    expect(decision).toMatchObject({ outcome: 'LIMITED', sendsLate: true });
    expect(decision.destination.messages).toBe(five);
    expect(send(DECOY).destination.messages).toEqual([]);
  });

  test('is sent by a resend', () => {
    const decision = send(DECOY, {}, LATER);
    expect(decision).toMatchObject({ outcome: 'RESEND', sendsLate: false, challenge: { deliverable: true } });
  });

  test("is then as safe from a stranger as the owner's own would be: the owner had its message sent", () => {
    // The stranger named a wrong e-mail address beside the number; the owner's request, within the cool-down, sends late.
    const late = send(holding({ challenge: { ...decoy, sentBy: 'stranger', askedBy: ['stranger'] } }));
    expect(late).toMatchObject({ outcome: 'TOO_SOON', sendsLate: true });
    const challenge = { ...late.challenge!, deliveringSince: null, attempts: ['stranger', 'stranger', 'stranger'] };
    expect(send(holding({ challenge }), { requester: named('stranger') }).outcome).toBe('EXHAUSTED');
  });
});

test('a request that sends nothing never sends late, and leaves a real challenge real', () => {
  const within = send(PENDING, { deliverable: false });
  expect(within).toMatchObject({ outcome: 'REPEAT', sendsLate: false });
  expect(within.destination).toBe(PENDING);
  const after = send(PENDING, { deliverable: false }, LATER);
  expect(after).toMatchObject({ outcome: 'RESEND', sendsLate: false, challenge: { deliverable: true } });
});

test('what asks for no message, or for a new challenge, is nothing to send late', () => {
  const delivering = holding({ challenge: { ...decoy, deliveringSince: START } });
  expect(send(delivering)).toMatchObject({ outcome: 'DELIVERING', sendsLate: false });
  const tried = holding({
    challenge: { ...decoy, askedBy: ['owner', 'other'], attempts: ['owner', 'owner', 'owner'] },
  });
  expect(send(tried)).toMatchObject({ outcome: 'EXHAUSTED', sendsLate: false });
  expect(send(holding({ challenge: { ...decoy, status: 'canceled' } }))).toMatchObject({ sendsLate: false });
});

test.each([
  0,
  cooldownMs - 1,
  cooldownMs,
  ttlMs - MIN_LIFE_FOR_RESEND_MS,
  ttlMs - MIN_LIFE_FOR_RESEND_MS + 1,
  ttlMs - 1,
  ttlMs,
])('%d ms after a challenge a decoy is answered as it is, whoever asks, however often, alone or not', (age) => {
  for (const requesterId of ['owner', 'stranger'])
    for (const attempts of [[], ['owner', 'owner', 'owner']])
      for (const askedBy of [['owner'], ['owner', 'stranger']])
        for (const messages of [[], five]) {
          const answers = [true, false].flatMap((isReal) =>
            [true, false].map((deliverable) => {
              const challenge = aChallenge({ deliverable: isReal, attempts, askedBy });
              const { outcome, retryAt } = send(
                holding({ challenge }, { messages }),
                { requester: named(requesterId), deliverable },
                START + age,
              );
              return `${outcome} ${retryAt}`;
            }),
          );
          expect(new Set(answers).size).toBe(1);
        }
});
