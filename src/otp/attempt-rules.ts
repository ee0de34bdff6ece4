// What an attempt does (invariants 1, 2, 3, 9): it is counted in the same step in which the code is compared. Pure: the
// destination as it is goes in, the decision and the destination after it come out.
import { endStreak, isClosed, left, spend } from './attempt-budget.ts';
import {
  APPROVAL_LIFE_MS,
  attemptsLeft,
  isDelivering,
  isExhausted,
  isHeld,
  isLive,
  isOwnedBy,
  isPending,
  isRunning,
  slotOf,
  withSlot,
  type Approval,
  type Challenge,
  type ChallengePolicy,
  type Check,
  type CodeOwner,
  type Destination,
  type Slot,
} from './challenge.ts';
import { claimFor } from './claim-rules.ts';
import { isSameMac } from './one-time-code.ts';
import { callerAt, clientIdOf, nameOf, withClient, type Caller } from './known-client.ts';
import type { RequesterIds } from './requester.ts';

/** How long a question to the provider may take before others stop waiting for its answer. */
export const CHECK_LIFE_MS = 10_000;

/** A code to check. */
export interface Attempt {
  readonly requester: RequesterIds;
  readonly codeMac: string;
  /** When given, only the challenge with this id is meant. */
  readonly challengeId: string | null;
  /** undefined: whoever the challenge belongs to; a user or null: only a challenge of that user (null: of nobody). */
  readonly onlyUser?: CodeOwner | null | undefined;
  readonly intent: Intent;
}

/** verify: keep the approval for later under a token. action: take it at once, or take an earlier one, under this claim. */
type Intent =
  | { readonly verify: { readonly tokenHashOf: (challengeId: string) => string } }
  | { readonly action: { readonly claimId: string } };

/**
 * APPROVED: the code was right (an action now holds the claim). HELD: it is right, and another action holds it.
 * ASK: the attempt is counted, and the provider must say; PRETEND: the same for a decoy, whose code is never right.
 * CHECKING: the provider is being asked about this very code. DELIVERING: the message is still on its way out. Of these
 * two and of the refusals nothing is counted.
 */
export type AttemptOutcome =
  'APPROVED' | 'WRONG' | 'HELD' | 'ASK' | 'PRETEND' | 'CHECKING' | 'DELIVERING' | 'ABSENT' | 'EXHAUSTED' | 'CLOSED';

export interface AttemptDecision {
  readonly destination: Destination;
  readonly outcome: AttemptOutcome;
  readonly challenge: Challenge | null;
  readonly approval: Approval | null;
  /** Who gave the code, as it was known then. */
  readonly by: Caller;
  /** What the requester may still spend here. */
  readonly attemptsRemaining: number;
}

/** Decides what an attempt does, and the destination after it. */
export function decideAttempt(
  destination: Destination,
  slotName: string,
  attempt: Attempt,
  policy: ChallengePolicy,
  now: number,
): AttemptDecision {
  const slot = slotOf(destination, slotName);
  const by = callerAt(destination.clients, attempt.requester, now);
  const means = (challengeId: string) => attempt.challengeId === null || attempt.challengeId === challengeId;
  const challenge = isPending(slot.challenge, now) && means(slot.challenge.id) ? slot.challenge : null;
  const approval =
    isLive(slot.approval, now) && mayTake(slot.approval, attempt) && means(slot.approval.challengeId)
      ? slot.approval
      : null;
  const decided = (
    outcome: AttemptOutcome,
    after: Slot = slot,
    changed: Partial<Destination> = {},
  ): AttemptDecision => {
    const whole = changedBy(withSlot(destination, slotName, after), changed);
    return {
      destination: whole,
      outcome,
      by,
      ...after,
      attemptsRemaining: remaining(whole, after, outcome, { ...attempt, by }, policy, now),
    };
  };

  if (isClosed(destination.budget, by, now) && (challenge || approval)) return decided('CLOSED');
  // First for one whose last attempt it is: two requests that a form sends at once get one answer. Others who have none
  // left must not learn by waiting what the code is.
  if (isRunning(slot.challenge, now) && means(slot.challenge.id) && isBeingCheckedFor(attempt, slot.challenge, now))
    return decided('CHECKING');
  if (!challenge && !approval) return decided(isExhausted(slot.challenge, now) ? 'EXHAUSTED' : 'ABSENT');
  const openChallenge = challenge && attemptsLeft(challenge, by, policy) > 0 ? challenge : null;
  const openApproval = approval && attemptsLeft(approval, by, policy) > 0 ? approval : null;
  if (!openChallenge && !openApproval) return decided('EXHAUSTED');

  if (openApproval && isRight(openApproval, attempt)) {
    if (isHeld(openApproval, now)) return decided('HELD');
    const approval = taken(openApproval, attempt, now);
    return decided('APPROVED', approval === openApproval ? slot : { ...slot, approval });
  }
  const isRemote = openChallenge !== null && openChallenge.codeMac === null;
  const isOnItsWay = isRemote && openChallenge.providerRef === null && isDelivering(openChallenge, now);
  // A message that goes out later than its answer said is one that a decoy never has: nobody waits for it (invariant 8).
  const isLate = isOnItsWay && openChallenge.deliveringSince !== openChallenge.sentAt;
  if (isOnItsWay && !isLate) return decided('DELIVERING');
  if (isRemote && isBeingChecked(openChallenge, attempt.codeMac, now)) return decided('CHECKING');
  if (openChallenge?.deliverable && !isRemote && isRight(openChallenge, attempt))
    return decided('APPROVED', approved(openChallenge, attempt, now), knownBy(destination, by, now));

  const check = { codeMac: attempt.codeMac, requesterId: by.id, askedAt: now };
  const after: Slot = {
    challenge: openChallenge ? withAttempt(openChallenge, by, isRemote ? check : null, policy) : slot.challenge,
    approval: openApproval ? { ...openApproval, attempts: [...openApproval.attempts, nameOf(by)] } : slot.approval,
  };
  const canBeRight = isRemote && !isLate && openChallenge.deliverable && isOf(openChallenge, attempt.onlyUser);
  const outcome = canBeRight ? 'ASK' : isRemote ? 'PRETEND' : 'WRONG';
  return decided(outcome, after, { budget: spend(destination.budget, by, now) });
}

function isBeingCheckedFor({ requester, codeMac }: Attempt, challenge: Challenge, now: number): boolean {
  const own = challenge.checks.filter((check) => check.requesterId === requester.id);
  return isBeingChecked({ checks: own }, codeMac, now);
}

/** True while the provider is being asked about this code, by whomever. */
export function isBeingChecked({ checks }: Pick<Challenge, 'checks'>, codeMac: string, now: number): boolean {
  return checks.some((check) => check.askedAt + CHECK_LIFE_MS > now && isSameMac(check.codeMac, codeMac));
}

function isRight(of: Owned & Pick<Challenge, 'codeMac'>, { codeMac, onlyUser }: Attempt): boolean {
  return of.codeMac !== null && isSameMac(of.codeMac, codeMac) && isOf(of, onlyUser);
}

type Owned = Parameters<typeof isOwnedBy>[0];

function isOf(of: Owned, onlyUser: Attempt['onlyUser']): boolean {
  return onlyUser === undefined || isOwnedBy(of, onlyUser);
}

/** An action takes any approval; verifyOtp only that of the same requester, who gets the same answer again (invariant 1). */
function mayTake(approval: Approval, { intent, requester }: Attempt): boolean {
  return 'action' in intent || approval.approvedBy === requester.id;
}

function taken(approval: Approval, { intent }: Attempt, now: number): Approval {
  if ('action' in intent) return { ...approval, claim: claimFor(intent.action.claimId, now) };
  const tokenHash = intent.verify.tokenHashOf(approval.challengeId);
  return approval.tokenHash === tokenHash ? approval : { ...approval, tokenHash };
}

/** The slot of a challenge that this attempt answers rightly. */
export function approved(
  challenge: Challenge,
  attempt: Attempt,
  now: number,
): { challenge: Challenge; approval: Approval } {
  const { intent, codeMac, requester } = attempt;
  const { askedBy, isAskedByKnown } = challenge;
  return {
    challenge: { ...challenge, status: 'approved' },
    approval: {
      challengeId: challenge.id,
      codeMac,
      approvedBy: requester.id,
      tokenHash: 'verify' in intent ? intent.verify.tokenHashOf(challenge.id) : null,
      userId: challenge.userId,
      authVersion: challenge.authVersion,
      expiresAt: now + APPROVAL_LIFE_MS,
      attempts: [],
      askedBy: [...askedBy.filter((one) => one !== requester.id), requester.id],
      isAskedByKnown,
      refusals: 0,
      claim: 'action' in intent ? claimFor(intent.action.claimId, now) : null,
    },
  };
}

/** What a right code changes beside its slot: the row of wrong ones ends, and its client has proven itself here. */
function knownBy({ budget, clients }: Destination, by: RequesterIds, now: number): Partial<Destination> {
  return { budget: endStreak(budget), clients: withClient(clients, [clientIdOf(by)], now) };
}

function changedBy(destination: Destination, changed: Partial<Destination>): Destination {
  const isSame = Object.entries(changed).every(([name, value]) => destination[name as keyof Destination] === value);
  return isSame ? destination : { ...destination, ...changed };
}

function withAttempt(challenge: Challenge, by: Caller, check: Check | null, policy: ChallengePolicy): Challenge {
  const attempts = [...challenge.attempts, nameOf(by)];
  const checks = check ? [...challenge.checks, check] : challenge.checks;
  return { ...challenge, attempts, checks, status: attempts.length >= policy.maxAttempts ? 'exhausted' : 'pending' };
}

/** A right code leaves what its challenge had; a wrong one may have been tried at a challenge and at an approval. */
function remaining(
  { budget }: Destination,
  { challenge, approval }: Slot,
  outcome: AttemptOutcome,
  attempt: Attempt & { readonly by: Caller },
  policy: ChallengePolicy,
  now: number,
): number {
  const { by } = attempt;
  const isRight = outcome === 'APPROVED';
  const open = [
    isRight || isPending(challenge, now) ? challenge : null,
    !isRight && isLive(approval, now) && mayTake(approval, attempt) ? approval : null,
  ];
  const most = Math.max(...open.map((one) => (one ? attemptsLeft(one, by, policy) : 0)));
  return Math.max(0, Math.min(most, left(budget, by, now)));
}
