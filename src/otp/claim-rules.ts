// How an approval is taken, given back and spent by an action (invariants 1 and 9). Pure.
import {
  isHeld,
  isLive,
  isOwnedBy,
  slotOf,
  withSlot,
  type Approval,
  type CodeOwner,
  type Destination,
  type Slot,
} from './challenge.ts';

/** How long an action may hold an approval while it hashes and commits. */
export const CLAIM_LIFE_MS = 10_000;
/** ACCOUNT_EXISTS answers that one approval may get before it ends. */
export const MAX_REFUSALS = 3;

/** The claim of an action that takes an approval now. */
export function claimFor(id: string, now: number): NonNullable<Approval['claim']> {
  return { id, until: now + CLAIM_LIFE_MS };
}

/** A verification token to spend. */
export interface TokenClaim {
  readonly tokenHash: string;
  readonly claimId: string;
  /** As in an attempt: undefined, or the only user whose approval is meant. */
  readonly onlyUser?: CodeOwner | null | undefined;
}

export interface TokenDecision {
  readonly destination: Destination;
  /** HELD: the token is right, and another action holds its approval. */
  readonly outcome: 'APPROVED' | 'HELD' | 'ABSENT';
  readonly approval: Approval | null;
}

/** Takes an approval by its verification token instead of its code. */
export function claimByToken(
  destination: Destination,
  slotName: string,
  { tokenHash, claimId, onlyUser }: TokenClaim,
  now: number,
): TokenDecision {
  const slot = slotOf(destination, slotName);
  const { approval } = slot;
  const isRight =
    isLive(approval, now) &&
    // A hash of 256 random bits: how long the comparison takes helps nobody to find one.
    approval.tokenHash === tokenHash &&
    (onlyUser === undefined || isOwnedBy(approval, onlyUser));
  if (!isRight) return { destination, outcome: 'ABSENT', approval: null };
  if (isHeld(approval, now)) return { destination, outcome: 'HELD', approval };
  const taken = { ...approval, claim: claimFor(claimId, now) };
  return {
    destination: withSlot(destination, slotName, { ...slot, approval: taken }),
    outcome: 'APPROVED',
    approval: taken,
  };
}

/**
 * Gives a claimed approval back for another try.
 * @param isRefusal true after ACCOUNT_EXISTS: it counts, and the last one ends the approval
 */
export function release(destination: Destination, slotName: string, claimId: string, isRefusal: boolean): Destination {
  const slot = slotOf(destination, slotName);
  if (!holds(slot, claimId)) return destination;
  const refusals = slot.approval.refusals + (isRefusal ? 1 : 0);
  const approval = isRefusal && refusals >= MAX_REFUSALS ? null : { ...slot.approval, refusals, claim: null };
  return withSlot(destination, slotName, { ...slot, approval });
}

/** Spends a claimed approval; the same destination when the claim has lapsed or the approval is over. */
export function consume(destination: Destination, slotName: string, claimId: string, now: number): Destination {
  const slot = slotOf(destination, slotName);
  if (!holds(slot, claimId) || !isLive(slot.approval, now)) return destination;
  return withSlot(destination, slotName, { ...slot, approval: null });
}

function holds(slot: Slot, claimId: string): slot is Slot & { readonly approval: Approval } {
  return slot.approval?.claim?.id === claimId;
}
