import { FULL_BUDGET, type AttemptBudget } from '../../src/otp/attempt-budget.ts';
import type { Attempt } from '../../src/otp/attempt-rules.ts';
import type { Approval, Challenge, ChallengePolicy, Destination, SentMessage, Slot } from '../../src/otp/challenge.ts';
import type { Caller, KnownClient } from '../../src/otp/known-client.ts';
import type { RequesterIds } from '../../src/otp/requester.ts';
import type { SendRequestFacts } from '../../src/otp/asked-challenge.ts';

/** When the examples begin: so late that the database, which purges by its own clock, purges nothing of them. */
export const START = Date.UTC(2100, 0, 15, 12);
export const DEFAULT_POLICY: ChallengePolicy = { ttlMs: 600_000, maxAttempts: 5, cooldownMs: 30_000 };
/** The slot that the examples are about. */
export const SLOT = 'VERIFICATION';

/** A challenge that the owner began at START and whose message has been delivered. */
export function aChallenge(different: Partial<Challenge> = {}): Challenge {
  return {
    id: 'challenge',
    codeId: 'challenge',
    channel: 'SMS',
    status: 'pending',
    attempts: [],
    sends: 1,
    sentBy: 'owner',
    askedBy: ['owner'],
    isAskedByKnown: false,
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
    authVersion: null,
    checks: [],
    follows: false,
    ...different,
  };
}

/** The same where a provider compares. */
export function aRemoteChallenge(different: Partial<Challenge> = {}): Challenge {
  return aChallenge({ provider: 'twilio', providerRef: 'VE1', codeMac: null, ...different });
}

/** An approval of that challenge, which the owner got at START by verifying. */
export function anApproval(different: Partial<Approval> = {}): Approval {
  return {
    challengeId: 'challenge',
    codeMac: 'right',
    approvedBy: 'owner',
    tokenHash: 'token-of-challenge',
    userId: null,
    authVersion: null,
    expiresAt: START + 600_000,
    attempts: [],
    askedBy: ['owner'],
    isAskedByKnown: false,
    refusals: 0,
    claim: null,
    ...different,
  };
}

/** What is around the slot that an example is about. */
interface Around {
  readonly budget?: AttemptBudget;
  readonly messages?: readonly SentMessage[];
  readonly clients?: readonly KnownClient[];
  readonly slots?: Readonly<Record<string, Slot>>;
}

/** A destination with this in the examples' slot. */
export function holding(slot: Partial<Slot>, around: Around = {}): Destination {
  const { budget = FULL_BUDGET, messages = [], slots = {}, clients = [] } = around;
  return { slots: { ...slots, [SLOT]: { challenge: null, approval: null, ...slot } }, budget, messages, clients };
}

/** A destination that nobody has asked a code for. */
export const NOTHING: Destination = { slots: {}, budget: FULL_BUDGET, messages: [], clients: [] };
/** A code has been sent. */
export const PENDING = holding({ challenge: aChallenge() });
/** The owner has given it to verifyOtp. */
export const APPROVED = holding({ challenge: aChallenge({ status: 'approved' }), approval: anApproval() });

/** Somebody without a session or a device token: known by the address. */
export function named(id: string, different: Partial<RequesterIds> = {}): RequesterIds {
  return { id, addressId: id, deviceId: null, ...different };
}

/** The same, unproven at the destination. */
export function stranger(id: string): Caller {
  return { ...named(id), isKnown: false, countedAs: [id] };
}

/** The owner asks for a code. */
export function aRequest(different: Partial<SendRequestFacts> = {}): SendRequestFacts {
  const newChallenge = { id: 'fresh', provider: 'local', codeMac: 'fresh-mac', userId: null, authVersion: null };
  return {
    requester: named('owner'),
    channel: 'SMS',
    deliverable: true,
    newChallenge,
    sharedPurposes: [],
    ...different,
  };
}

/** The owner gives the right code to verifyOtp. */
export function anAttempt(different: Partial<Attempt> = {}): Attempt {
  return { requester: named('owner'), codeMac: 'right', challengeId: null, intent: VERIFY, ...different };
}

const VERIFY: Attempt['intent'] = { verify: { tokenHashOf: (challengeId) => `token-of-${challengeId}` } };
export const actionBy = (claimId: string): Attempt['intent'] => ({ action: { claimId } });

/** The user of the examples. */
export const USER = { id: 'user', authVersion: 0 };
export const NO_STREAK = { wrong: 0, at: 0 };
/** A row of wrong codes that has closed the destination for everybody. */
export const CLOSED: AttemptBudget = {
  attempts: [],
  strangers: { wrong: 100, at: START },
  known: NO_STREAK,
};

/** One of these milliseconds beside an instant at which something ends, and what is true there. */
export const beside = <Before, After>(before: Before, after: After): [number, Before | After][] => [
  [-1, before],
  [0, after],
  [1, after],
];
