// Invariant 4: a provider repeats the code of a number while one is pending, so a code that shares its service with another
// never meets it.
import { describe, expect, test } from '@jest/globals';
import { slotOf, type Challenge } from '../../src/otp/challenge.ts';
import type { SendRequestFacts } from '../../src/otp/asked-challenge.ts';
import { decideSend, type SendDecision } from '../../src/otp/send-rules.ts';
import {
  anApproval,
  aRemoteChallenge,
  aRequest,
  beside,
  DEFAULT_POLICY,
  holding,
  named,
  SLOT,
  START,
} from './examples.ts';

const { ttlMs } = DEFAULT_POLICY;
const PROVIDER_LIFE_MS = 600_000;
const OTHER = 'PASSWORD_RESET';
const newChallenge = { id: 'fresh', provider: 'twilio', codeMac: null, userId: null, authVersion: null };

/** A request for a code of our purpose, where `other` is the challenge of a purpose that shares its service. */
function start(
  other: Challenge | null,
  request: Partial<SendRequestFacts> = {},
  age = 0,
  own: Challenge | null = null,
) {
  const facts = aRequest({ newChallenge, sharedPurposes: [SLOT, OTHER], ...request });
  const destination = holding({ challenge: own }, { slots: { [OTHER]: { challenge: other, approval: anApproval() } } });
  const decision = decideSend(destination, SLOT, facts, DEFAULT_POLICY, START + age);
  return { ...decision, before: destination, other: slotOf(decision.destination, OTHER) };
}

/** What ends at the provider, by its names there. */
const endedAt = ({ superseded }: SendDecision) => superseded.map(({ challenge }) => challenge.providerRef);

describe('a start beside a code that shares its service', () => {
  test('ends the other one here, but for its approval, and names it to be ended at the provider', () => {
    const decision = start(aRemoteChallenge());
    expect(decision.outcome).toBe('START');
    expect(endedAt(decision)).toEqual(['VE1']);
    expect(decision.other).toEqual({ challenge: aRemoteChallenge({ status: 'canceled' }), approval: anApproval() });
  });

  test.each(beside('TOO_SOON', 'START'))(
    'is refused until it expires where somebody else asked for it: %d ms from then: %s',
    (ms, outcome) => {
      const decision = start(aRemoteChallenge(), { requester: named('stranger') }, ttlMs + ms);
      expect(decision.outcome).toBe(outcome);
      if (outcome === 'START') return;
      expect(decision).toMatchObject({ retryAt: START + ttlMs, superseded: [] });
      expect(decision.destination).toBe(decision.before);
    },
  );

  test('is refused to one of several who asked for it', () => {
    const challenge = aRemoteChallenge({ askedBy: ['stranger', 'owner'], sentBy: 'stranger' });
    for (const who of ['stranger', 'owner'])
      expect(start(challenge, { requester: named(who) }).outcome).toBe('TOO_SOON');
  });

  test('is refused until the last of several has expired', () => {
    const challenge = aRemoteChallenge({ sentAt: START + 5_000, expiresAt: START + 5_000 + ttlMs });
    const slots = {
      LOGIN: { challenge: aRemoteChallenge(), approval: null },
      [OTHER]: { challenge, approval: null },
    };
    const facts = aRequest({ requester: named('stranger'), newChallenge, sharedPurposes: [SLOT, 'LOGIN', OTHER] });
    const decision = decideSend(holding({}, { slots }), SLOT, facts, DEFAULT_POLICY, START + 10_000);
    expect(decision.retryAt).toBe(START + 5_000 + ttlMs);
  });

  test('ends it for a client that has proven itself, by its device or its address', () => {
    for (const requester of [named('home'), named('elsewhere', { deviceId: 'device' })]) {
      const clients = [{ id: requester.deviceId ?? requester.addressId, at: START - 1 }];
      const facts = aRequest({ requester, newChallenge, sharedPurposes: [SLOT, OTHER] });
      const slots = { [OTHER]: { challenge: aRemoteChallenge(), approval: null } };
      const decision = decideSend(holding({}, { slots, clients }), SLOT, facts, DEFAULT_POLICY, START);
      expect([decision.outcome, endedAt(decision)]).toEqual(['START', ['VE1']]);
    }
  });

  test('treats a decoy alike, but for what there is to end at the provider', () => {
    const decoy = aRemoteChallenge({ deliverable: false });
    expect(start(decoy, { requester: named('stranger') }, ttlMs - 1).outcome).toBe('TOO_SOON');
    const decision = start(decoy);
    expect(decision).toMatchObject({ outcome: 'START', superseded: [] });
    expect(decision.other.challenge?.status).toBe('canceled');
  });

  test('leaves an approved one alone', () => {
    const challenge = aRemoteChallenge({ status: 'approved' });
    const decision = start(challenge, { requester: named('stranger') });
    expect(decision).toMatchObject({ outcome: 'START', superseded: [] });
    expect(decision.other.challenge).toBe(challenge);
  });

  test('ends a canceled one once more, since the cancel may have failed; not one that was never started there', () => {
    const canceled = { status: 'canceled' } as const;
    expect(endedAt(start(aRemoteChallenge(canceled)))).toEqual(['VE1']);
    expect(start(aRemoteChallenge({ ...canceled, failure: 'PROVIDER_ERROR' })).superseded).toEqual([]);
  });

  test('ends an exhausted one too: the provider would go on refusing its number', () => {
    const decision = start(aRemoteChallenge({ status: 'exhausted' }), { requester: named('stranger') });
    expect(decision.outcome).toBe('START');
    expect(endedAt(decision)).toEqual(['VE1']);
    expect(decision.other.challenge?.status).toBe('canceled');
  });

  test.each(beside(['VE1'], []))(
    'ends one that is over here and not yet at the provider, since OTP_TTL_SECONDS may be shorter: %d ms from its end there: %j',
    (ms, refs) => {
      const brief = holding({}, { slots: { [OTHER]: { challenge: aBrief(), approval: null } } });
      const facts = aRequest({ newChallenge, sharedPurposes: [OTHER] });
      const policy = { ...DEFAULT_POLICY, ttlMs: 60_000 };
      const decision = decideSend(brief, SLOT, facts, policy, START + PROVIDER_LIFE_MS + ms);
      expect(endedAt(decision)).toEqual(refs);
    },
  );
  const aBrief = () => aRemoteChallenge({ expiresAt: START + 60_000 });

  test('ends the one before it in its own slot, where that may still run at the provider', () => {
    const decision = start(aRemoteChallenge({ providerRef: 'VE2' }), {}, 0, aRemoteChallenge({ status: 'exhausted' }));
    expect(endedAt(decision)).toEqual(['VE1', 'VE2']);
    expect(decision.superseded.map(({ slotName }) => slotName)).toEqual([SLOT, OTHER]);
  });

  test('ends one whose name at the provider is not known', () => {
    expect(endedAt(start(aRemoteChallenge({ providerRef: null })))).toEqual([null]);
  });

  test('counts the bound slots of a purpose as that purpose', () => {
    const challenge = aRemoteChallenge();
    const bound = holding({}, { slots: { 'LOGIN-ticket': { challenge, approval: null } } });
    const facts = aRequest({ newChallenge, sharedPurposes: ['LOGIN'] });
    const decision = decideSend(bound, SLOT, facts, DEFAULT_POLICY, START);
    expect(endedAt(decision)).toEqual(['VE1']);
    expect(slotOf(decision.destination, 'LOGIN-ticket').challenge?.status).toBe('canceled');
  });

  test('touches no code of a purpose that has a service of its own', () => {
    const challenge = aRemoteChallenge();
    const decision = start(challenge, { requester: named('stranger'), sharedPurposes: [SLOT] });
    expect(decision).toMatchObject({ outcome: 'START', superseded: [] });
    expect(decision.other.challenge).toBe(challenge);
  });
});

describe('a resend beside a code that shares its service', () => {
  const LATER = DEFAULT_POLICY.cooldownMs;

  test('ends nothing: the provider repeats its own code', () => {
    const decision = start(aRemoteChallenge({ status: 'canceled' }), {}, LATER, aRemoteChallenge());
    expect(decision).toMatchObject({ outcome: 'RESEND', superseded: [] });
  });

  test('that is the first message there, after a decoy or a start that failed, ends the other at the provider', () => {
    const other = aRemoteChallenge({ status: 'canceled', providerRef: 'VE2' });
    const own = aRemoteChallenge({ deliverable: false, providerRef: null });
    const [resent, late] = [start(other, {}, LATER, own), start(other, {}, 0, own)];
    expect([resent.outcome, late.sendsLate]).toEqual(['RESEND', true]);
    expect([endedAt(resent), endedAt(late)]).toEqual([['VE2'], ['VE2']]);
  });
});
