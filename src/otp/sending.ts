import {
  closedFor,
  isDelivering,
  isPending,
  MAX_SENDS,
  MIN_LIFE_FOR_RESEND_MS,
  triesLeft,
  type Challenge,
  type ChallengePolicy,
  type Guesses,
  type OtpChannel,
  type Slot,
} from './challenge.ts';

/** A request for a code. `fresh` is the challenge to start, should one be started. */
export interface SendAsk {
  readonly by: string;
  readonly now: number;
  readonly channel: OtpChannel;
  readonly deliverable: boolean;
  readonly fresh: Pick<Challenge, 'id' | 'provider' | 'codeMac' | 'userId'>;
}

/**
 * START, RESEND: hand a message to the provider. REPEAT: the same answer, no message. DELIVERING: wait for the one who
 * is sending. The others are refusals.
 */
export type SendOutcome = 'START' | 'RESEND' | 'REPEAT' | 'DELIVERING' | 'TOO_SOON' | 'LIMITED' | 'CLOSED';

/** Decides what a request for a code does (invariants 3, 10, 11), and the challenge that follows from it. */
export function decideSend(slot: Slot, guesses: Guesses, ask: SendAsk, policy: ChallengePolicy) {
  const outcome = sendOutcome(slot.challenge, guesses, ask, policy);
  return { outcome, challenge: afterSend(outcome, slot.challenge, ask, policy) };
}

function sendOutcome(current: Challenge | null, guesses: Guesses, ask: SendAsk, policy: ChallengePolicy): SendOutcome {
  if (closedFor(guesses, ask.by, ask.now)) return 'CLOSED';
  if (!isPending(current, ask.now)) return 'START';
  // A real request takes the place of a decoy; a decoy never takes the place of a real challenge.
  if (ask.deliverable && !current.deliverable) return 'START';
  const mayReplace = ask.deliverable === current.deliverable && current.sentBy === ask.by;
  if (mayReplace && triesLeft(current.tries, ask.by, policy) === 0) return 'START';
  if (isDelivering(current, ask.now)) return 'DELIVERING';
  if (ask.now < current.resendAfter)
    return current.sentBy === ask.by && current.channel === ask.channel ? 'REPEAT' : 'TOO_SOON';
  if (current.expiresAt - ask.now < MIN_LIFE_FOR_RESEND_MS) return 'START';
  return current.sends >= MAX_SENDS ? 'LIMITED' : 'RESEND';
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
    deliveringSince: ask.now,
    failure: null,
    resendAfter: ask.now + policy.cooldownMs,
  };
  if (outcome === 'START')
    return {
      ...ask.fresh,
      ...sent,
      status: 'pending',
      tries: [],
      sends: 1,
      deliverable: ask.deliverable,
      expiresAt: ask.now + policy.ttlMs,
    };
  // An undeliverable request changes nothing about a real challenge, or strangers could use up its messages.
  if (outcome === 'RESEND' && current && current.deliverable === ask.deliverable)
    return { ...current, ...sent, sends: current.sends + 1 };
  return current;
}

/** The challenge after its delivery ended; `failure` is the error code of a definite refusal, which voids the cool-down. */
export function settleSend(challenge: Challenge, failure: string | null, now: number): Challenge {
  if (failure === null) return { ...challenge, deliveringSince: null };
  if (challenge.sends > 1)
    return { ...challenge, deliveringSince: null, failure, sends: challenge.sends - 1, resendAfter: now };
  return { ...challenge, deliveringSince: null, failure, status: 'canceled' };
}
