// What a request for a code does (invariants 3, 4, 10, 11). Pure: the destination as it is goes in, the decision and the
// destination after it come out.
import { askedToo, isStale, renewed, resent, sentLate, started, type SendRequestFacts } from './asked-challenge.ts';
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
  type Slot,
} from './challenge.ts';
import { limitedUntil, withMessage, type Mailbox } from './message-limit.ts';
import { callerAt, type Caller } from './known-client.ts';
import { isBound, purposeOf } from './slot.ts';

/** With less life left than this, a resend starts a new challenge. */
export const MIN_LIFE_FOR_RESEND_MS = 60_000;

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
   * True when the code of this challenge is of no use and now one can be sent: nothing was ever sent (a wrong e-mail address
   * stood beside the number), or it is stale. The message goes out, and the answer stays the one that an unknown destination
   * gets.
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
  const by = callerAt(destination.clients, request.requester, now);
  const mailbox = { slotName, isKnown: by.isKnown };
  const { outcome, retryAt } = outcomeOf({ destination, shared, by }, mailbox, request, policy, now);
  const isRefused = outcome === 'REPEAT' || outcome === 'LIMITED' || outcome === 'TOO_SOON';
  const renews = isStale(current, request, now);
  const sendsLate = isRefused && isPending(current, now) && request.deliverable && (renews || !current.deliverable);
  const isSent = outcome === 'RESEND' || sendsLate;
  // After a start that failed or a decoy, the first message of a challenge can be a resend. Where that start has ended
  // unknown (its process died), what it should have ended may live on.
  const isFirstThere = isSent && current?.providerRef === null;
  const isNewThere = outcome === 'START' || (isSent && renews);
  const own: [string, Slot][] = isNewThere || (isFirstThere && current.follows) ? [[slotName, slot]] : [];
  const replaced = isNewThere || isFirstThere ? [...own, ...shared] : [];
  const superseded = replaced.flatMap(([name, { challenge }]) =>
    challenge && mayRun(challenge, now, policy) ? [{ slotName: name, challenge }] : [],
  );
  const decision = { outcome, superseded, sendsLate, retryAt };
  if (outcome === 'START') {
    const challenge = { ...started(request, by, policy, now), follows: superseded.length > 0 };
    const kept = Object.entries(withoutStale(destination, policy, now));
    const slots = Object.fromEntries(kept.map(([name, one]) => [name, shared.has(name) ? canceled(one, now) : one]));
    const messages = withMessage(destination.messages, mailbox, now);
    const after = withSlot({ ...destination, slots, messages }, slotName, { ...slot, challenge });
    return { ...decision, challenge, destination: after };
  }
  if (outcome === 'RESEND') {
    const challenge = resent(renews ? renewed(current!, request) : current!, request, by, policy, now);
    const messages = withMessage(destination.messages, mailbox, now);
    return {
      ...decision,
      challenge,
      destination: withSlot({ ...destination, messages }, slotName, { ...slot, challenge }),
    };
  }
  const present = sendsLate && renews ? renewed(current, request) : current;
  const asks = ASKS.has(outcome) && isPending(current, now) && current.expiresAt - now >= MIN_LIFE_FOR_RESEND_MS;
  const asked = asks ? askedToo(present!, by) : present;
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

/** Where a code is asked for, by whom, and the other slots that are one with it at the provider. */
interface There {
  readonly destination: Destination;
  readonly shared: ReadonlyMap<string, Slot>;
  readonly by: Caller;
}

const always = (outcome: SendOutcome): Outcome => ({ outcome, retryAt: null });

/** Never looks at `deliverable`: a decoy and a real challenge must answer alike (invariant 8). */
function outcomeOf(
  there: There,
  mailbox: Mailbox,
  { channel, newChallenge }: SendRequestFacts,
  policy: ChallengePolicy,
  now: number,
): Outcome {
  const { destination, by } = there;
  const current = slotOf(destination, mailbox.slotName).challenge;
  if (isClosed(destination.budget, by, now)) return always('CLOSED');
  const start = () => startOrWait(there, mailbox, now);
  // A code of the provider before is not this one's to repeat: the operator has switched meanwhile.
  if (!isPending(current, now) || current.provider !== newChallenge.provider) return start();
  const askedAlone = isAskedOnlyBy(current, by);
  // A new code would end the present one, which somebody else is waiting for (invariant 11). Whoever asks is one of those
  // for whom attempts are kept.
  if (attemptsLeft(askedToo(current, by), by, policy) <= 0)
    return askedAlone ? start() : { outcome: 'EXHAUSTED', retryAt: current.expiresAt };
  if (isDelivering(current, now)) return always('DELIVERING');
  if (now < current.resendAfter) {
    const isSame = current.sentBy === by.id && current.channel === channel;
    return isSame ? always('REPEAT') : { outcome: 'TOO_SOON', retryAt: current.resendAfter };
  }
  if (current.expiresAt - now < MIN_LIFE_FOR_RESEND_MS)
    return askedAlone ? start() : { outcome: 'TOO_SOON', retryAt: current.expiresAt };
  return limited(destination, mailbox, now) ?? always('RESEND');
}

/**
 * A new code would end those at the same service. The ones that somebody else waits for are left alone, a decoy as well
 * (invariant 4); a client that has proven itself at the destination need not wait for strangers.
 */
function startOrWait({ destination, shared, by }: There, mailbox: Mailbox, now: number): Outcome {
  const isLimited = limited(destination, mailbox, now);
  if (isLimited) return isLimited;
  if (by.isKnown) return always('START');
  const waitedFor = [...shared.values()].flatMap(({ challenge }) =>
    isPending(challenge, now) && !isAskedOnlyBy(challenge, by) ? [challenge.expiresAt] : [],
  );
  return waitedFor.length > 0 ? { outcome: 'TOO_SOON', retryAt: Math.max(...waitedFor) } : always('START');
}

function isAskedOnlyBy({ askedBy }: Challenge, by: Caller): boolean {
  return askedBy.every((one) => one === by.id);
}

function limited({ messages }: Destination, mailbox: Mailbox, now: number): Outcome | null {
  const retryAt = limitedUntil(messages, mailbox, now);
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
