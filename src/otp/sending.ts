import {
  closedFor,
  isDelivering,
  isPending,
  isRunning,
  mayRun,
  MAX_SENDS,
  MIN_LIFE_FOR_RESEND_MS,
  RIVAL_PROTECTION_MS,
  triesLeft,
  type Challenge,
  type ChallengePolicy,
  type Guesses,
  type OtpChannel,
  type OtpPurpose,
  type Slot,
} from './challenge.ts';

/** A request for a code. `fresh` is the challenge to start, should one be started. */
export interface SendAsk {
  readonly by: string;
  readonly now: number;
  readonly channel: OtpChannel;
  readonly deliverable: boolean;
  readonly fresh: Pick<Challenge, 'id' | 'provider' | 'codeMac' | 'userId'>;
  /** Purposes whose codes at one destination the provider cannot tell from this one's (invariant 4); its own among them. */
  readonly rivals: readonly OtpPurpose[];
}

/**
 * START, RESEND: hand a message to the provider. REPEAT: the same answer, no message. DELIVERING: wait for the one who
 * is sending. The others are refusals.
 */
export type SendOutcome = 'START' | 'RESEND' | 'REPEAT' | 'DELIVERING' | 'TOO_SOON' | 'LIMITED' | 'CLOSED';

export interface SendDecision {
  readonly outcome: SendOutcome;
  readonly challenge: Challenge | null;
  /** The rivals' challenges after the decision, in the order given. */
  readonly rivals: readonly (Challenge | null)[];
  /** What must end at the provider first, so that it makes a new code: the challenges that this one replaces. */
  readonly superseded: readonly { readonly ref: string | null }[];
  /**
   * True when nothing was ever sent for this challenge (a wrong e-mail address stood beside the number) and now something
   * can be: the message goes out, and the answer stays the one that an unknown destination gets.
   */
  readonly catchesUp: boolean;
  /** When the slot is free again, for TOO_SOON. */
  readonly retryAt: number | null;
}

/** Decides what a request for a code does (invariants 3, 4, 10, 11), and the challenges that follow from it. */
export function decideSend(
  { challenge: current }: Pick<Slot, 'challenge'>,
  guesses: Guesses,
  ask: SendAsk,
  policy: ChallengePolicy,
  rivals: readonly (Challenge | null)[] = [],
): SendDecision {
  const wished = sendOutcome(current, guesses, ask, policy);
  const blockedUntil = wished === 'START' ? rivalsBlockUntil(rivals, ask) : null;
  const outcome = blockedUntil === null ? wished : 'TOO_SOON';
  const retryAt = outcome === 'TOO_SOON' ? (blockedUntil ?? current?.resendAfter ?? null) : null;
  const refused = outcome === 'REPEAT' || outcome === 'LIMITED' || wished === 'TOO_SOON';
  const catchesUp = refused && ask.deliverable && current?.deliverable === false;
  const starts = outcome === 'START';
  // After a start that failed or a decoy, the first message of a challenge can be a resend.
  const firstThere = (outcome === 'RESEND' || catchesUp) && current?.providerRef === null;
  const replaced = starts ? [current, ...rivals] : firstThere ? rivals : [];
  return {
    outcome,
    challenge: catchesUp ? caughtUp(current, ask) : afterSend(outcome, current, ask, policy),
    catchesUp,
    rivals: rivals.map((rival) => (starts && isRunning(rival, ask.now) ? { ...rival, status: 'canceled' } : rival)),
    superseded: replaced.flatMap((one) => (one && mayRun(one, ask.now, policy) ? [{ ref: one.providerRef }] : [])),
    retryAt,
  };
}

/** Never looks at `deliverable`: a decoy and a real challenge must answer alike (invariant 8). */
function sendOutcome(current: Challenge | null, guesses: Guesses, ask: SendAsk, policy: ChallengePolicy): SendOutcome {
  if (closedFor(guesses, ask.by, ask.now)) return 'CLOSED';
  // A code of the provider before is not this one's to repeat: the operator has switched meanwhile.
  if (!isPending(current, ask.now) || current.provider !== ask.fresh.provider) return 'START';
  if (current.sentBy === ask.by && triesLeft(current.tries, ask.by, policy) <= 0) return 'START';
  if (isDelivering(current, ask.now)) return 'DELIVERING';
  if (ask.now < current.resendAfter)
    return current.sentBy === ask.by && current.channel === ask.channel ? 'REPEAT' : 'TOO_SOON';
  if (current.expiresAt - ask.now < MIN_LIFE_FOR_RESEND_MS) return 'START';
  return current.sends >= MAX_SENDS ? 'LIMITED' : 'RESEND';
}

/** Until when another requester's young challenge keeps this one from starting; null when none does. */
function rivalsBlockUntil(rivals: readonly (Challenge | null)[], ask: SendAsk): number | null {
  const young = rivals.filter(
    (rival) => isPending(rival, ask.now) && rival.sentBy !== ask.by && rival.sentAt + RIVAL_PROTECTION_MS > ask.now,
  );
  return young.length === 0 ? null : Math.max(...young.map((rival) => rival!.sentAt + RIVAL_PROTECTION_MS));
}

function afterSend(
  outcome: SendOutcome,
  current: Challenge | null,
  ask: SendAsk,
  policy: ChallengePolicy,
): Challenge | null {
  const sent = {
    channel: ask.channel,
    sentBy: ask.by,
    sentAt: ask.now,
    deliveringSince: ask.now,
    failure: null,
    resendAfter: ask.now + policy.cooldownMs,
  };
  if (outcome === 'START')
    return {
      ...ask.fresh,
      ...sent,
      providerRef: null,
      status: 'pending',
      tries: [],
      sends: 1,
      deliverable: ask.deliverable,
      expiresAt: ask.now + policy.ttlMs,
    };
  // A message that was not sent the first time (a wrong e-mail address beside the number) may be sent the next.
  if (outcome === 'RESEND' && current)
    return {
      ...current,
      ...sent,
      sends: current.sends + 1,
      deliverable: current.deliverable || ask.deliverable,
      userId: current.userId ?? ask.fresh.userId,
    };
  return current;
}

function caughtUp(current: Challenge, ask: SendAsk): Challenge {
  return { ...current, deliverable: true, userId: current.userId ?? ask.fresh.userId, deliveringSince: ask.now };
}

/** How a delivery ended. */
export type DeliveryEnd =
  /** Accepted, or lost on the way back: `ref` is the provider's name for it, null when not known. */
  | { readonly ref: string | null }
  /** Definitely refused, with this error code. The cool-down is void. */
  | {
      readonly failure: string;
      /** Leave a decoy instead of nothing, where nobody may learn that a message was tried (invariant 8). */
      readonly asDecoy: boolean;
    };

/** The challenge after its delivery ended. */
export function settleSend(challenge: Challenge, end: DeliveryEnd, now: number): Challenge {
  const ended = { ...challenge, deliveringSince: null };
  if ('ref' in end) return { ...ended, providerRef: end.ref ?? challenge.providerRef };
  if (challenge.status !== 'pending') return ended;
  // For neutral purposes all goes on as for an unknown destination: the cool-down stands, and a resend tries again.
  if (end.asDecoy) return challenge.sends > 1 ? ended : { ...ended, deliverable: false };
  const { failure } = end;
  if (challenge.sends > 1) return { ...ended, failure, sends: challenge.sends - 1, resendAfter: now };
  return { ...ended, failure, status: 'canceled' };
}
