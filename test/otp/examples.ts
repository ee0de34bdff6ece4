import type { Approval, Challenge, Slot } from '../../src/otp/challenge.ts';
import type { SendAsk } from '../../src/otp/sending.ts';
import type { TryAsk } from '../../src/otp/trying.ts';
import { DEFAULT_POLICY, START } from '../support/arbitraries.ts';

/** A challenge that the owner began at START and whose message has been delivered. */
export function aChallenge(different: Partial<Challenge> = {}): Challenge {
  return {
    id: 'challenge',
    channel: 'SMS',
    status: 'pending',
    tries: [],
    sends: 1,
    sentBy: 'owner',
    deliverable: true,
    deliveringSince: null,
    failure: null,
    expiresAt: START + DEFAULT_POLICY.ttlMs,
    resendAfter: START + DEFAULT_POLICY.cooldownMs,
    sentAt: START,
    provider: 'local',
    providerRef: null,
    codeMac: 'right',
    userId: null,
    ...different,
  };
}

/** An approval of that challenge, kept at START by a verify. */
export function anApproval(different: Partial<Approval> = {}): Approval {
  return {
    challengeId: 'challenge',
    codeMac: 'right',
    tokenHash: 'token',
    userId: null,
    expiresAt: START + 600_000,
    tries: [],
    refusals: 0,
    unanswered: false,
    claim: null,
    ...different,
  };
}

export const EMPTY: Slot = { challenge: null, approval: null };

export function slotOf(challenge: Challenge | null, approval: Approval | null = null): Slot {
  return { challenge, approval };
}

export function aSend(different: Partial<SendAsk> = {}): SendAsk {
  const fresh = { id: 'fresh', provider: 'local', codeMac: 'fresh-mac', userId: null };
  return { by: 'owner', now: START, channel: 'SMS', deliverable: true, fresh, rivals: [], ...different };
}

export function aTry(different: Partial<TryAsk> = {}): TryAsk {
  const intent = { verify: { tokenHash: 'token' } };
  return { by: 'owner', now: START, codeMac: 'right', challengeId: null, intent, ...different };
}

export const actionBy = (claimId: string): TryAsk['intent'] => ({ action: { claimId } });
