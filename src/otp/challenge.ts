// What a destination keeps of its codes (DESIGN section 4), and the words that the rules share. Pure: no clock, no store.
import type { AttemptBudget } from './attempt-budget.ts';
import { isBy, type Caller, type KnownClient } from './known-client.ts';

export type OtpChannel = 'SMS' | 'EMAIL' | 'WHATSAPP' | 'VOICE';
/** Sent to anybody who asks. */
export type OpenPurpose = 'VERIFICATION';
/** Sent to whoever has an account there; the answer must not tell whether anybody has (invariant 8). */
export type NeutralPurpose = (typeof NEUTRAL_PURPOSES)[number];
const NEUTRAL_PURPOSES = ['LOGIN', 'PASSWORD_RESET', 'ACCOUNT_RECOVERY'] as const;
/** Sent for an action of somebody who is signed in. */
export type BoundPurpose = 'TRANSACTION' | 'PHONE_CHANGE' | 'STEP_UP';
export type OtpPurpose = OpenPurpose | NeutralPurpose | BoundPurpose;

export const CODE_LENGTH = 6;
/** Of a challenge's attempts, how many one requester may spend: a stranger cannot use them all up. */
export const MAX_ATTEMPTS_PER_REQUESTER = 3;
/** Of a challenge's attempts, how many are kept for whoever asked for the code: the others together cannot use them up. */
export const KEPT_ATTEMPTS = 2;
/** How long an approval can be spent. */
export const APPROVAL_LIFE_MS = 600_000;
/** How long a delivery may take before others stop waiting for it: longer than the provider's own timeout. */
export const DELIVERY_LIFE_MS = 10_000;
/** How long a remote provider repeats the code of a verification, counted from its start (Twilio Verify). */
const PROVIDER_LIFE_MS = 600_000;

/** What the operator may set. */
export interface ChallengePolicy {
  readonly ttlMs: number;
  readonly maxAttempts: number;
  readonly cooldownMs: number;
}

/**
 * Whose a code is, as the user was when it was asked for: whatever ends their other sessions raises `authVersion`, and no
 * code of before acts after it.
 */
export interface CodeOwner {
  readonly id: string;
  readonly authVersion: number;
}

/** One code on its way: pending -> approved -> consumed; pending -> exhausted | canceled; expiry ends each. */
export interface Challenge {
  readonly id: string;
  /** Names its present code: another one than `id` where the code was renewed for its owner of today. */
  readonly codeId: string;
  readonly channel: OtpChannel;
  readonly status: 'pending' | 'approved' | 'exhausted' | 'canceled';
  /** Who spent each attempt, as `nameOf` has it. */
  readonly attempts: readonly string[];
  /** Messages, the first included. */
  readonly sends: number;
  /** Who had the last message sent. */
  readonly sentBy: string;
  /** Everybody who asked for this code: nobody else's request ends it for them. */
  readonly askedBy: readonly string[];
  /** True once a client asked that has proven itself at the destination: the kept attempts are for such clients then. */
  readonly isAskedByKnown: boolean;
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
  /** The user's, when the code was asked for; null without a user, and for challenges of an earlier release. */
  readonly authVersion: number | null;
  /** True while an earlier verification may live on at the provider, which this one's start has to end first. */
  readonly follows: boolean;
  /** The codes that the provider is being asked about. */
  readonly checks: readonly Check[];
}

/** A question to the provider that has no answer yet. */
export interface Check {
  readonly codeMac: string;
  readonly requesterId: string;
  readonly askedAt: number;
}

/** A challenge that was answered rightly and not spent yet. It outlives the next challenge of its slot. */
export interface Approval {
  readonly challengeId: string;
  readonly codeMac: string;
  /** Who gave the code: to them verifyOtp says the same once more. Null for approvals of an earlier release. */
  readonly approvedBy: string | null;
  readonly tokenHash: string | null;
  readonly userId: string | null;
  /** Its challenge's. */
  readonly authVersion: number | null;
  readonly expiresAt: number;
  /** Who spent each attempt on it since. */
  readonly attempts: readonly string[];
  /** Its challenge's, and who gave the code. */
  readonly askedBy: readonly string[];
  /** Its challenge's. */
  readonly isAskedByKnown: boolean;
  /** ACCOUNT_EXISTS answers so far. */
  readonly refusals: number;
  /** The action that is spending it now. */
  readonly claim: { readonly id: string; readonly until: number } | null;
}

export interface Slot {
  readonly challenge: Challenge | null;
  readonly approval: Approval | null;
}

/** A message that went out, for the limit over challenges: of which family of slots, and when. */
export interface SentMessage {
  readonly family: string;
  readonly at: number;
}

/** Everything that is kept of one destination. */
export interface Destination {
  readonly slots: Readonly<Record<string, Slot>>;
  readonly budget: AttemptBudget;
  readonly messages: readonly SentMessage[];
  readonly clients: readonly KnownClient[];
}

/** Whether the answers about a code of this purpose must not tell if there is a user (invariant 8). */
export function isNeutral(purpose: OtpPurpose): purpose is NeutralPurpose {
  return NEUTRAL_PURPOSES.some((one) => one === purpose);
}

const EMPTY_SLOT: Slot = { challenge: null, approval: null };

/** The slot of this name; an empty one where nothing was ever sent. */
export function slotOf(destination: Destination, name: string): Slot {
  return destination.slots[name] ?? EMPTY_SLOT;
}

/** The destination with one slot changed; itself when the slot is the same. */
export function withSlot(destination: Destination, name: string, slot: Slot): Destination {
  if (slot === slotOf(destination, name)) return destination;
  return { ...destination, slots: { ...destination.slots, [name]: slot } };
}

/** How many attempts a requester may still spend at one challenge or approval. */
export function attemptsLeft(
  of: Pick<Challenge, 'attempts' | 'askedBy' | 'isAskedByKnown'>,
  by: Caller,
  { maxAttempts }: ChallengePolicy,
): number {
  const own = of.attempts.filter((name) => isBy(name, by)).length;
  const ownMax = Math.min(MAX_ATTEMPTS_PER_REQUESTER, maxAttempts);
  const isKeptFor = by.isKnown || (of.askedBy.includes(by.id) && !of.isAskedByKnown);
  const kept = isKeptFor ? 0 : Math.min(KEPT_ATTEMPTS, maxAttempts - 1);
  return Math.min(maxAttempts - kept - of.attempts.length, ownMax - own);
}

/** True while a code may still be answered. */
export function isPending(challenge: Challenge | null, now: number): challenge is Challenge {
  return challenge?.status === 'pending' && challenge.expiresAt > now;
}

/** True from the last attempt until the challenge would have expired. */
export function isExhausted(challenge: Challenge | null, now: number): boolean {
  return challenge?.status === 'exhausted' && challenge.expiresAt > now;
}

/** True while a challenge stands in the way of another one, answered or not. */
export function isRunning(challenge: Challenge | null, now: number): challenge is Challenge {
  return isPending(challenge, now) || isExhausted(challenge, now);
}

/** True while a message is being handed to the provider by someone. */
export function isDelivering(challenge: Challenge, now: number): boolean {
  return challenge.deliveringSince !== null && challenge.deliveringSince + DELIVERY_LIFE_MS > now;
}

/** True while an approval can be spent. */
export function isLive(approval: Approval | null, now: number): approval is Approval {
  return approval !== null && approval.expiresAt > now;
}

/** True while an action holds an approval. */
export function isHeld(approval: Approval, now: number): boolean {
  return approval.claim !== null && approval.claim.until > now;
}

/**
 * True where a code or an approval is this owner's: asked for by the same user, of whom nothing has ended the sessions
 * since. One of an earlier release, which kept no version, fits any.
 */
export function isOwnedBy({ userId, authVersion }: Pick<Challenge, 'userId' | 'authVersion'>, owner: CodeOwner | null) {
  if (userId !== (owner?.id ?? null)) return false;
  return owner === null || authVersion === null || authVersion === owner.authVersion;
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
  const { deliverable, status, failure, follows } = challenge;
  const isRefused = status === 'canceled' && failure !== null;
  const isThere = follows || (deliverable && !isRefused);
  return isThere && status !== 'approved' && forgottenAt(challenge, policy) > now;
}
