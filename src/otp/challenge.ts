// The rules of DESIGN section 4 as pure functions: no clock, no store, no provider. The Mongo store states the same
// decisions as one atomic update; test/contract holds both to the same suite, so a rule is changed in both or not at all.

export type OtpChannel = 'SMS' | 'EMAIL' | 'WHATSAPP' | 'VOICE';
export type OtpPurpose =
  'VERIFICATION' | 'LOGIN' | 'PASSWORD_RESET' | 'TRANSACTION' | 'PHONE_CHANGE' | 'ACCOUNT_RECOVERY';

export const CODE_LENGTH = 6;
/** Messages of one challenge, the first included. */
export const MAX_SENDS = 5;
/** Of a challenge's attempts, how many one requester may spend: a stranger cannot use them all up. */
export const MAX_TRIES_PER_REQUESTER = 3;
/** With less life left than this, a resend starts a new challenge. */
export const MIN_LIFE_FOR_RESEND_MS = 60_000;
/** Wrong codes that close a destination for one requester, and the time in which they count. */
export const MAX_WRONG_PER_REQUESTER = 10;
export const WRONG_WINDOW_MS = 3_600_000;
/** Wrong codes in a row, by anybody, that close a destination (NIST SP 800-63B-4), and for how long. */
export const MAX_WRONG_IN_A_ROW = 100;
export const STREAK_LIFE_MS = 86_400_000;
/** How long an approval can be spent. */
export const APPROVAL_LIFE_MS = 600_000;
/** ACCOUNT_EXISTS answers that one approval may get before it ends. */
export const MAX_REFUSALS = 3;
/** How long an action may hold an approval while it hashes and commits. */
export const CLAIM_LIFE_MS = 10_000;
/** How long a delivery may take before others stop waiting for it: longer than the provider's own timeout. */
export const DELIVERY_LIFE_MS = 10_000;
/** How long a remote provider repeats the code of a verification, counted from its start (Twilio Verify). */
export const PROVIDER_LIFE_MS = 600_000;
/** Another requester's challenge younger than this is not cut off by one that shares its service. */
export const RIVAL_PROTECTION_MS = 60_000;

/** What the operator may set. */
export interface ChallengePolicy {
  readonly ttlMs: number;
  readonly maxTries: number;
  readonly cooldownMs: number;
}

/** One code on its way: pending -> approved -> consumed; pending -> exhausted | canceled; expiry ends each. */
export interface Challenge {
  readonly id: string;
  readonly channel: OtpChannel;
  readonly status: 'pending' | 'approved' | 'exhausted' | 'canceled';
  /** Who spent each attempt. */
  readonly tries: readonly string[];
  readonly sends: number;
  readonly sentBy: string;
  /** False for a decoy: nothing was sent, and no code is ever right. */
  readonly deliverable: boolean;
  /** Since when a message is being handed to the provider; null when that has ended. */
  readonly deliveringSince: number | null;
  /** Why the last delivery failed (an error code), for those who waited for it. */
  readonly failure: string | null;
  readonly expiresAt: number;
  readonly resendAfter: number;
  readonly sentAt: number;
  readonly provider: string;
  /** The provider's name for it; null with a local code, and where the answer that names it was lost. */
  readonly providerRef: string | null;
  /** Null where the provider compares. */
  readonly codeMac: string | null;
  readonly userId: string | null;
}

/** A challenge that was answered rightly and not spent yet. It outlives the next challenge of its slot. */
export interface Approval {
  readonly challengeId: string;
  readonly codeMac: string;
  readonly tokenHash: string | null;
  readonly userId: string | null;
  readonly expiresAt: number;
  readonly tries: readonly string[];
  /** ACCOUNT_EXISTS answers so far. */
  readonly refusals: number;
  /** True when the one who gave the code never got the answer: verifyOtp may give it once more. */
  readonly unanswered: boolean;
  /** The action that is spending it now. */
  readonly claim: { readonly id: string; readonly until: number } | null;
}

export interface Slot {
  readonly challenge: Challenge | null;
  readonly approval: Approval | null;
}

/** Wrong codes at one destination, over all slots and challenges: a new code does not refill guesses. */
export interface Guesses {
  readonly wrong: readonly { readonly by: string; readonly at: number }[];
  readonly streak: number;
  readonly streakAt: number;
}

export const NO_GUESSES: Guesses = { wrong: [], streak: 0, streakAt: 0 };

/** How many more codes a requester may try: at this challenge, and at this destination. */
export function attemptsRemaining(
  tries: readonly string[],
  guesses: Guesses,
  by: string,
  now: number,
  policy: ChallengePolicy,
): number {
  const wrong = guesses.wrong.filter((guess) => guess.by === by && guess.at > now - WRONG_WINDOW_MS).length;
  const streak = guesses.streakAt > now - STREAK_LIFE_MS ? guesses.streak : 0;
  return Math.max(
    0,
    Math.min(triesLeft(tries, by, policy), MAX_WRONG_PER_REQUESTER - wrong, MAX_WRONG_IN_A_ROW - streak),
  );
}

/** When a closed destination opens again for a requester (milliseconds since the epoch). */
export function opensAt(guesses: Guesses, by: string, now: number): number {
  if (guesses.streak >= MAX_WRONG_IN_A_ROW && guesses.streakAt > now - STREAK_LIFE_MS)
    return guesses.streakAt + STREAK_LIFE_MS;
  const own = guesses.wrong.filter((guess) => guess.by === by).map((guess) => guess.at);
  return Math.min(...own.slice(-MAX_WRONG_PER_REQUESTER)) + WRONG_WINDOW_MS;
}

/** True while a message is being handed to the provider by someone. */
export function isDelivering(challenge: Challenge, now: number): boolean {
  return challenge.deliveringSince !== null && challenge.deliveringSince + DELIVERY_LIFE_MS > now;
}

/** True when wrong codes have closed the destination, for this requester or for everybody. */
export function closedFor(guesses: Guesses, by: string, now: number): boolean {
  if (guesses.streak >= MAX_WRONG_IN_A_ROW && guesses.streakAt > now - STREAK_LIFE_MS) return true;
  return (
    guesses.wrong.filter((guess) => guess.by === by && guess.at > now - WRONG_WINDOW_MS).length >=
    MAX_WRONG_PER_REQUESTER
  );
}

/** How many attempts a requester may still spend at one challenge. */
export function triesLeft(tries: readonly string[], by: string, policy: ChallengePolicy): number {
  const own = tries.filter((requester) => requester === by).length;
  return Math.min(policy.maxTries - tries.length, Math.min(MAX_TRIES_PER_REQUESTER, policy.maxTries) - own);
}

/** True while a code may still be answered. */
export function isPending(challenge: Challenge | null, now: number): challenge is Challenge {
  return challenge?.status === 'pending' && challenge.expiresAt > now;
}

/** True while a challenge stands in the way of another one, answered or not. */
export function isRunning(challenge: Challenge | null, now: number): challenge is Challenge {
  return isPending(challenge, now) || isExhausted(challenge, now);
}

/** When no provider knows a challenge any more: its own life may be the shorter one (milliseconds since the epoch). */
export function forgottenAt(challenge: Challenge, policy: ChallengePolicy): number {
  return challenge.expiresAt - policy.ttlMs + Math.max(policy.ttlMs, PROVIDER_LIFE_MS);
}

/**
 * True while a challenge may still have a verification at the provider. One that we canceled counts too, since the cancel
 * may have failed; one whose start was refused never had one, and an approved one has none left.
 */
export function mayRun(challenge: Challenge, now: number, policy: ChallengePolicy): boolean {
  const { deliverable, status, failure } = challenge;
  const refused = status === 'canceled' && failure !== null;
  return deliverable && status !== 'approved' && !refused && forgottenAt(challenge, policy) > now;
}

/** True from the last attempt until the challenge would have expired. */
export function isExhausted(challenge: Challenge | null, now: number): boolean {
  return challenge?.status === 'exhausted' && challenge.expiresAt > now;
}
