// What a request for a code does (invariants 3, 4, 10, 11). Pure: the destination as it is goes in, the decision and the
// destination after it come out.
import { isClosed } from './attempt-budget.ts';
import {
  attemptsLeft,
  forgottenAt,
  isDelivering,
  isLive,
  isPending,
  isRunning,
  mayRun,
  slotOf,
  withSlot,
  type Challenge,
  type ChallengePolicy,
  type Destination,
  type OtpChannel,
  type OtpPurpose,
  type Slot,
} from './challenge.ts';
import { limitedUntil, withMessage } from './message-limit.ts';
import { isBound, purposeOf } from './slot.ts';

/** With less life left than this, a resend starts a new challenge. */
export const MIN_LIFE_FOR_RESEND_MS = 60_000;
/** Another requester's challenge younger than this is not cut off by one that shares its service. */
export const SHARED_SERVICE_PROTECTION_MS = 60_000;

/** Of those who asked for one challenge, so many are remembered: more than its limits let ask in its life. */
const MAX_ASKERS = 16;

/** A request for a code. */
export interface SendRequestFacts {
  readonly requesterId: string;
  readonly channel: OtpChannel;
  /** False: nothing will be sent, and everything else happens as if it were (invariant 8). */
  readonly deliverable: boolean;
  /** The challenge to start, should one be started. */
  readonly newChallenge: Pick<Challenge, 'id' | 'provider' | 'codeMac' | 'userId'>;
  /** The purposes whose codes the provider cannot tell from this one's (invariant 4), its own among them. */
  readonly sharedPurposes: readonly OtpPurpose[];
}

/**
 * START, RESEND: hand a message to the provider. REPEAT: the same answer, no message. DELIVERING: wait for the one who is
 * sending. The others are refusals; EXHAUSTED: this requester has no attempt left at a code that others asked for too.
 */
type SendOutcome = 'START' | 'RESEND' | 'REPEAT' | 'DELIVERING' | 'TOO_SOON' | 'LIMITED' | 'EXHAUSTED' | 'CLOSED';

/** A challenge whose verification ends at the provider, and the slot where it stood. */
export interface Superseded {
  readonly slotName: string;
  readonly challenge: Challenge;
}

export interface SendDecision {
  readonly destination: Destination;
  readonly outcome: SendOutcome;
  readonly challenge: Challenge | null;
  /** What must end at the provider first, so that it makes a new code: the challenges that this one replaces. */
  readonly superseded: readonly Superseded[];
  /**
   * True when nothing was ever sent for this challenge (a wrong e-mail address stood beside the number) and now something
   * can be: the message goes out, and the answer stays the one that an unknown destination gets.
   */
  readonly sendsLate: boolean;
  /** When to ask again, for the refusals (milliseconds since the epoch). */
  readonly retryAt: number | null;
}

/** Decides what a request for a code does, and the destination after it. */
export function decideSend(
  destination: Destination,
  slotName: string,
  request: SendRequestFacts,
  policy: ChallengePolicy,
  now: number,
): SendDecision {
  const slot = slotOf(destination, slotName);
  const current = slot.challenge;
  const shared = sharedSlots(destination, slotName, request);
  const { outcome, retryAt } = outcomeOf(destination, slotName, shared, request, policy, now);
  const isRefused = outcome === 'REPEAT' || outcome === 'LIMITED' || outcome === 'TOO_SOON';
  const sendsLate = isRefused && isPending(current, now) && !current.deliverable && request.deliverable;
  // After a start that failed or a decoy, the first message of a challenge can be a resend. Where that start has ended
  // unknown (its process died), what it should have ended may live on.
  const isFirstThere = (outcome === 'RESEND' || sendsLate) && current?.providerRef === null;
  const own: [string, Slot][] = outcome === 'START' || (isFirstThere && current.follows) ? [[slotName, slot]] : [];
  const replaced = outcome === 'START' || isFirstThere ? [...own, ...shared] : [];
  const superseded = replaced.flatMap(([name, { challenge }]) =>
    challenge && mayRun(challenge, now, policy) ? [{ slotName: name, challenge }] : [],
  );
  const decision = { outcome, superseded, sendsLate, retryAt };
  if (outcome === 'START') {
    const challenge = { ...started(request, policy, now), follows: superseded.length > 0 };
    const kept = Object.entries(withoutStale(destination, policy, now));
    const slots = Object.fromEntries(kept.map(([name, one]) => [name, shared.has(name) ? canceled(one, now) : one]));
    const messages = withMessage(destination.messages, slotName, now);
    const after = withSlot({ ...destination, slots, messages }, slotName, { ...slot, challenge });
    return { ...decision, challenge, destination: after };
  }
  if (outcome === 'RESEND') {
    const challenge = resent(current!, request, policy, now);
    const messages = withMessage(destination.messages, slotName, now);
    return {
      ...decision,
      challenge,
      destination: withSlot({ ...destination, messages }, slotName, { ...slot, challenge }),
    };
  }
  const asks = ASKS.has(outcome) && isPending(current, now) && current.expiresAt - now >= MIN_LIFE_FOR_RESEND_MS;
  const asked = asks ? askedToo(current, request.requesterId) : current;
  const challenge = sendsLate && asked ? sentLate(asked, request, now) : asked;
  return { ...decision, challenge, destination: withSlot(destination, slotName, changed(slot, challenge)) };
}

/**
 * Who asks and is told to wait has asked for the code all the same, whether it was ever sent or not (invariant 8). In its
 * last minute, or without an attempt left, one only asks for the next.
 */
const ASKS: ReadonlySet<SendOutcome> = new Set(['DELIVERING', 'TOO_SOON', 'LIMITED']);

interface Outcome {
  readonly outcome: SendOutcome;
  readonly retryAt: number | null;
}

const always = (outcome: SendOutcome): Outcome => ({ outcome, retryAt: null });

/** Never looks at `deliverable`: a decoy and a real challenge must answer alike (invariant 8). */
function outcomeOf(
  destination: Destination,
  slotName: string,
  shared: ReadonlyMap<string, Slot>,
  request: SendRequestFacts,
  policy: ChallengePolicy,
  now: number,
): Outcome {
  const { requesterId, channel } = request;
  const current = slotOf(destination, slotName).challenge;
  if (isClosed(destination.budget, requesterId, now)) return always('CLOSED');
  const start = () => startOrWait(destination, slotName, shared, request, now);
  // A code of the provider before is not this one's to repeat: the operator has switched meanwhile.
  if (!isPending(current, now) || current.provider !== request.newChallenge.provider) return start();
  const askedAlone = current.askedBy.every((other) => other === requesterId);
  // A new code would end the present one, which somebody else is waiting for (invariant 11).
  if (attemptsLeft(current.attempts, requesterId, policy) <= 0)
    return askedAlone ? start() : { outcome: 'EXHAUSTED', retryAt: current.expiresAt };
  if (isDelivering(current, now)) return always('DELIVERING');
  if (now < current.resendAfter) {
    const isSame = current.sentBy === requesterId && current.channel === channel;
    return isSame ? always('REPEAT') : { outcome: 'TOO_SOON', retryAt: current.resendAfter };
  }
  if (current.expiresAt - now < MIN_LIFE_FOR_RESEND_MS)
    return askedAlone ? start() : { outcome: 'TOO_SOON', retryAt: current.expiresAt };
  return limited(destination, slotName, now) ?? always('RESEND');
}

function startOrWait(
  destination: Destination,
  slotName: string,
  shared: ReadonlyMap<string, Slot>,
  request: SendRequestFacts,
  now: number,
): Outcome {
  const isLimited = limited(destination, slotName, now);
  if (isLimited) return isLimited;
  const protectedUntil = [...shared.values()].flatMap(({ challenge }) => {
    const isAnothers = isPending(challenge, now) && challenge.sentBy !== request.requesterId;
    return isAnothers ? [challenge.sentAt + SHARED_SERVICE_PROTECTION_MS] : [];
  });
  const retryAt = Math.max(0, ...protectedUntil);
  return retryAt > now ? { outcome: 'TOO_SOON', retryAt } : always('START');
}

function limited({ messages }: Destination, slotName: string, now: number): Outcome | null {
  const retryAt = limitedUntil(messages, slotName, now);
  return retryAt === null ? null : { outcome: 'LIMITED', retryAt };
}

/** The other slots whose codes at this destination are one code with this one's at the provider. */
function sharedSlots(
  { slots }: Destination,
  slotName: string,
  { sharedPurposes }: SendRequestFacts,
): ReadonlyMap<string, Slot> {
  const isShared = ([name]: [string, Slot]) =>
    name !== slotName && sharedPurposes.some((one) => one === purposeOf(name));
  return new Map(Object.entries(slots).filter(isShared));
}

/** The slots without bound ones that are over: each sign-in and each payment has a slot of its own. */
function withoutStale({ slots }: Destination, policy: ChallengePolicy, now: number): Destination['slots'] {
  const counts = ([name, { challenge, approval }]: [string, Slot]) =>
    !isBound(name) || (challenge !== null && forgottenAt(challenge, policy) > now) || isLive(approval, now);
  return Object.fromEntries(Object.entries(slots).filter(counts));
}

function canceled(slot: Slot, now: number): Slot {
  return isRunning(slot.challenge, now) ? { ...slot, challenge: { ...slot.challenge, status: 'canceled' } } : slot;
}

function changed(slot: Slot, challenge: Challenge | null): Slot {
  return challenge === slot.challenge ? slot : { ...slot, challenge };
}

function started(request: SendRequestFacts, policy: ChallengePolicy, now: number): Omit<Challenge, 'follows'> {
  return {
    ...request.newChallenge,
    ...sentNow(request, policy, now),
    askedBy: [request.requesterId],
    providerRef: null,
    status: 'pending',
    attempts: [],
    checks: [],
    sends: 1,
    deliverable: request.deliverable,
    expiresAt: now + policy.ttlMs,
  };
}

/** A message that was not sent the first time (a wrong e-mail address beside the number) may be sent the next. */
function resent(current: Challenge, request: SendRequestFacts, policy: ChallengePolicy, now: number): Challenge {
  return {
    ...askedToo(current, request.requesterId),
    ...sentNow(request, policy, now),
    sends: current.sends + 1,
    deliverable: current.deliverable || request.deliverable,
    userId: current.userId ?? request.newChallenge.userId,
  };
}

function askedToo(current: Challenge, requesterId: string): Challenge {
  const { askedBy } = current;
  if (askedBy.includes(requesterId) || askedBy.length >= MAX_ASKERS) return current;
  return { ...current, askedBy: [...askedBy, requesterId] };
}

function sentLate(current: Challenge, request: SendRequestFacts, now: number): Challenge {
  return {
    ...current,
    deliverable: true,
    userId: current.userId ?? request.newChallenge.userId,
    deliveringSince: now,
  };
}

function sentNow({ channel, requesterId }: SendRequestFacts, policy: ChallengePolicy, now: number) {
  return {
    channel,
    sentBy: requesterId,
    sentAt: now,
    deliveringSince: now,
    failure: null,
    resendAfter: now + policy.cooldownMs,
  };
}
