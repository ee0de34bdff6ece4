// What a request for a code makes of a challenge: a new one, one that is sent again or renewed, one that more people ask for.
// When it does so is decided in `send-rules.ts`. Pure.
import {
  isDelivering,
  isOwnedBy,
  isPending,
  type Challenge,
  type ChallengePolicy,
  type OtpChannel,
  type OtpPurpose,
} from './challenge.ts';
import type { Caller } from './known-client.ts';
import type { RequesterIds } from './requester.ts';

/** Of those who asked for one challenge, so many are remembered: more than its limits let ask in its life. */
const MAX_ASKERS = 16;

/** A request for a code. */
export interface SendRequestFacts {
  readonly requester: RequesterIds;
  readonly channel: OtpChannel;
  /** False: nothing will be sent, and everything else happens as if it were (invariant 8). */
  readonly deliverable: boolean;
  /** The challenge to start, or the code to renew, should one be. */
  readonly newChallenge: Pick<Challenge, 'id' | 'provider' | 'codeMac' | 'userId' | 'authVersion'>;
  /** The purposes whose codes the provider cannot tell from this one's (invariant 4), its own among them. */
  readonly sharedPurposes: readonly OtpPurpose[];
}

/** The challenge that a request starts; whether it follows another at the provider is not its business. */
export function started(
  request: SendRequestFacts,
  by: Caller,
  policy: ChallengePolicy,
  now: number,
): Omit<Challenge, 'follows'> {
  return {
    ...request.newChallenge,
    codeId: request.newChallenge.id,
    ...sentNow(request, policy, now),
    askedBy: [by.id],
    isAskedByKnown: by.isKnown,
    providerRef: null,
    status: 'pending',
    attempts: [],
    checks: [],
    sends: 1,
    deliverable: request.deliverable,
    expiresAt: now + policy.ttlMs,
  };
}

/**
 * True where the pending code is another owner's, or its owner's of before something ended their sessions: no action takes
 * it any more. What is asked for then is a new code under the same challenge, so that others see no difference.
 */
export function isStale(
  current: Challenge | null,
  { deliverable, newChallenge }: SendRequestFacts,
  now: number,
): boolean {
  const { userId, authVersion } = newChallenge;
  const owner = userId === null ? null : { id: userId, authVersion: authVersion ?? 0 };
  const isSent = isPending(current, now) && current.deliverable && !isDelivering(current, now);
  return deliverable && isSent && !isOwnedBy(current, owner);
}

/** The same challenge with a new code for its owner of today; the present code ends first. Nobody is told of it. */
export function renewed(current: Challenge, { newChallenge }: SendRequestFacts): Challenge {
  const { id: codeId, ...code } = newChallenge;
  return { ...current, ...code, codeId, providerRef: null, follows: true, checks: [] };
}

/** A message that was not sent the first time (a wrong e-mail address beside the number) may be sent the next. */
export function resent(
  current: Challenge,
  request: SendRequestFacts,
  by: Caller,
  policy: ChallengePolicy,
  now: number,
): Challenge {
  return {
    ...askedToo(current, by),
    ...sentNow(request, policy, now),
    sends: current.sends + 1,
    deliverable: current.deliverable || request.deliverable,
    ...ownerOf(current, request),
  };
}

/** The same challenge, of which one more asks for the code. The same object where nothing of it changes. */
export function askedToo(current: Challenge, { id, isKnown }: Caller): Challenge {
  const { askedBy } = current;
  const asks = !askedBy.includes(id) && askedBy.length < MAX_ASKERS;
  if (!asks && (current.isAskedByKnown || !isKnown)) return current;
  return {
    ...current,
    askedBy: asks ? [...askedBy, id] : askedBy,
    isAskedByKnown: current.isAskedByKnown || isKnown,
  };
}

/** The same challenge with a message on its way that its answer did not tell of: the cool-down stays. */
export function sentLate(current: Challenge, request: SendRequestFacts, now: number): Challenge {
  return {
    ...current,
    deliverable: true,
    ...ownerOf(current, request),
    deliveringSince: now,
  };
}

function ownerOf(current: Challenge, { newChallenge }: SendRequestFacts): Pick<Challenge, 'userId' | 'authVersion'> {
  const { userId, authVersion } = current.userId === null ? newChallenge : current;
  return { userId, authVersion };
}

function sentNow({ channel, requester }: SendRequestFacts, policy: ChallengePolicy, now: number) {
  return {
    channel,
    sentBy: requester.id,
    sentAt: now,
    deliveringSince: now,
    failure: null,
    resendAfter: now + policy.cooldownMs,
  };
}
