// Containment and invariant 8 together: a code of before its owner's sessions ended approves nothing, so whoever asks again
// gets a new one, and nobody else sees a difference to a destination that has no owner.
import { describe, expect, test } from '@jest/globals';
import { slotOf, type Challenge } from '../../src/otp/challenge.ts';
import type { SendRequestFacts } from '../../src/otp/asked-challenge.ts';
import { decideSend } from '../../src/otp/send-rules.ts';
import { endDelivery } from '../../src/otp/delivery-rules.ts';
import { aChallenge, aRemoteChallenge, aRequest, DEFAULT_POLICY, holding, named, SLOT, START } from './examples.ts';

const { cooldownMs } = DEFAULT_POLICY;
const LATER = START + cooldownMs;
const OF_BEFORE = { userId: 'user', authVersion: 1 };
const TODAYS = { id: 'fresh', provider: 'local', codeMac: 'fresh-mac', userId: 'user', authVersion: 2 };

const ask = (challenge: Challenge, now: number, different: Partial<SendRequestFacts> = {}) =>
  decideSend(
    holding({ challenge }),
    SLOT,
    aRequest({ newChallenge: TODAYS, requester: named('stranger'), ...different }),
    DEFAULT_POLICY,
    now,
  );
/** What somebody who asks is told of a challenge. */
const told = ({ challenge, outcome, retryAt }: ReturnType<typeof decideSend>) => {
  const { id, channel, expiresAt, resendAfter, attempts, status } = challenge!;
  return { outcome, retryAt, id, channel, expiresAt, resendAfter, attempts, status };
};

describe('a request where the pending code is its owner’s of before', () => {
  const stale = aChallenge({ ...OF_BEFORE, attempts: ['x'] });

  test('renews the code by a resend, and tells what it would of a decoy', () => {
    const decision = ask(stale, LATER);
    const decoy = ask(aChallenge({ deliverable: false, attempts: ['x'] }), LATER, {
      deliverable: false,
      newChallenge: { ...TODAYS, userId: null, authVersion: null },
    });
    expect(told(decision)).toEqual(told(decoy));
    expect(decision.outcome).toBe('RESEND');
    expect(decision.challenge).toMatchObject({ ...TODAYS, id: 'challenge', codeId: 'fresh', sends: 2 });
  });

  test('renews it within the cool-down too: the message goes out, and the answer stays', () => {
    const decision = ask(stale, START + 1);
    expect(decision).toMatchObject({ outcome: 'TOO_SOON', sendsLate: true });
    expect(decision.challenge).toMatchObject({ codeId: 'fresh', authVersion: 2, deliveringSince: START + 1 });
  });

  test('ends the code of before at the provider first', () => {
    const decision = ask(aRemoteChallenge(OF_BEFORE), LATER, {
      newChallenge: { ...TODAYS, provider: 'twilio', codeMac: null },
    });
    expect(decision.superseded.map(({ challenge }) => challenge.providerRef)).toEqual(['VE1']);
    expect(decision.challenge).toMatchObject({ providerRef: null, follows: true, checks: [] });
  });

  test('waits while that one is still on its way', () => {
    const decision = ask(aChallenge({ ...OF_BEFORE, deliveringSince: START }), START + 1);
    expect(decision).toMatchObject({ outcome: 'DELIVERING', sendsLate: false });
    expect(decision.challenge?.codeId).toBe('challenge');
  });

  test('of a destination that changed hands gives the code to its owner of today', () => {
    const decision = ask(aChallenge({ userId: 'another', authVersion: 2 }), LATER);
    expect(decision.challenge).toMatchObject({ userId: 'user', codeId: 'fresh' });
  });
});

test.each([
  ['is its owner’s of today', { userId: 'user', authVersion: 2 }],
  ['an earlier release began', { userId: 'user', authVersion: null }],
])('a code that %s is sent again as it is', (_what, owner) => {
  expect(ask(aChallenge(owner), LATER).challenge).toMatchObject({ codeId: 'challenge', codeMac: 'right' });
});

test('the end of the delivery of before changes nothing of the renewed code', () => {
  const { destination } = ask(aRemoteChallenge(OF_BEFORE), LATER);
  expect(endDelivery(destination, SLOT, 'challenge', { ref: 'VE1' }, LATER)).toBe(destination);
  expect(slotOf(endDelivery(destination, SLOT, 'fresh', { ref: 'VE2' }, LATER), SLOT).challenge?.providerRef).toBe(
    'VE2',
  );
});
