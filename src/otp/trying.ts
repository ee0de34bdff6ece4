import {
  APPROVAL_LIFE_MS,
  CLAIM_LIFE_MS,
  closedFor,
  isDelivering,
  isExhausted,
  isPending,
  triesLeft,
  type Approval,
  type Challenge,
  type ChallengePolicy,
  type Guesses,
  type Slot,
} from './challenge.ts';
import { countWrong } from './guessing.ts';
import type { CheckVerdict } from './provider.ts';

/** A code to check. */
export interface TryAsk {
  readonly by: string;
  readonly now: number;
  readonly codeMac: string;
  /** When given, only the challenge with this id is meant. */
  readonly challengeId: string | null;
  /** undefined: whoever the challenge belongs to; a user id or null: only a challenge of that user (null: of nobody). */
  readonly onlyUser?: string | null | undefined;
  /** verify: keep the approval for later under this token. action: take it at once, or take an earlier one, under this claim. */
  readonly intent:
    { readonly verify: { readonly tokenHash: string } } | { readonly action: { readonly claimId: string } };
}

/**
 * APPROVED: the code was right (an action now holds the claim). BUSY: it is right, and another action holds the claim.
 * ASK: the attempt is counted, and the provider must say. DELIVERING: nothing is counted, the message is still on its way out.
 */
export type TryOutcome = 'APPROVED' | 'WRONG' | 'BUSY' | 'ASK' | 'DELIVERING' | 'ABSENT' | 'EXHAUSTED' | 'CLOSED';

/** Decides what a try does (invariants 1, 2, 3, 9): the attempt is counted in the same step in which the code is compared. */
export function decideTry(slot: Slot, guesses: Guesses, ask: TryAsk, policy: ChallengePolicy) {
  const challenge = isPending(slot.challenge, ask.now) && means(ask, slot.challenge.id) ? slot.challenge : null;
  const approval =
    isLive(slot.approval, ask.now) && mayTake(slot.approval, ask) && means(ask, slot.approval.challengeId)
      ? slot.approval
      : null;
  const same = (outcome: TryOutcome) => ({ outcome, slot, guesses });

  if (!challenge && !approval) return same(isExhausted(slot.challenge, ask.now) ? 'EXHAUSTED' : 'ABSENT');
  if (closedFor(guesses, ask.by, ask.now)) return same('CLOSED');
  const openChallenge = challenge && triesLeft(challenge.tries, ask.by, policy) > 0 ? challenge : null;
  const openApproval = approval && triesLeft(approval.tries, ask.by, policy) > 0 ? approval : null;
  if (!openChallenge && !openApproval) return same('EXHAUSTED');

  if (openApproval && isRight(openApproval, ask)) {
    if (openApproval.claim && openApproval.claim.until > ask.now) return same('BUSY');
    return {
      outcome: 'APPROVED' as const,
      slot: { ...slot, approval: { ...openApproval, ...takenBy(ask) } },
      guesses,
    };
  }
  const remote = openChallenge?.codeMac === null;
  if (remote && openChallenge.providerRef === null && isDelivering(openChallenge, ask.now)) return same('DELIVERING');
  if (openChallenge?.deliverable && !remote && isRight(openChallenge, ask))
    return { outcome: 'APPROVED' as const, slot: approved(openChallenge, ask), guesses: { ...guesses, streak: 0 } };

  const afterWrong: Slot = {
    challenge: openChallenge ? withTry(openChallenge, ask.by, policy) : slot.challenge,
    approval: openApproval ? { ...openApproval, tries: [...openApproval.tries, ask.by] } : slot.approval,
  };
  const asks = remote && openChallenge.deliverable && belongs(openChallenge.userId, ask.onlyUser);
  const outcome: TryOutcome = asks ? 'ASK' : 'WRONG';
  return { outcome, slot: afterWrong, guesses: countWrong(guesses, ask.by, ask.now) };
}

/** What the provider said of an attempt that was counted at `askedAt`. REFUND: it was never asked. */
export interface Settlement {
  readonly verdict: CheckVerdict | 'REFUND';
  readonly challengeId: string;
  readonly by: string;
  readonly askedAt: number;
  readonly now: number;
  readonly codeMac: string;
  readonly intent: TryAsk['intent'];
  /** True when the one who asked has had another answer meanwhile. */
  readonly unanswered: boolean;
}

/** Settles an attempt (invariants 1, 2): one approval per challenge, and a refund only of what never reached the provider. */
export function settleTry(slot: Slot, guesses: Guesses, settlement: Settlement) {
  const { verdict, by, askedAt } = settlement;
  const { challenge } = slot;
  const unchanged = { outcome: 'ABSENT' as const, slot, guesses };
  if (challenge?.id !== settlement.challengeId || challenge.status === 'approved') return unchanged;
  const wrong = withoutOne(guesses.wrong, (guess) => guess.by === by && guess.at === askedAt);
  switch (verdict) {
    case 'APPROVED':
      return {
        outcome: 'APPROVED' as const,
        slot: approved(challenge, settlement, settlement.unanswered),
        guesses: { ...guesses, wrong, streak: 0 },
      };
    case 'REFUND': {
      const tries = withoutOne(challenge.tries, (requester) => requester === by);
      const status = challenge.status === 'exhausted' ? 'pending' : challenge.status;
      const refunded = { ...guesses, wrong, streak: Math.max(0, guesses.streak - 1) };
      return {
        outcome: 'WRONG' as const,
        slot: { ...slot, challenge: { ...challenge, tries, status } },
        guesses: refunded,
      };
    }
    case 'GONE':
      return {
        outcome: 'ABSENT' as const,
        slot: { ...slot, challenge: { ...challenge, status: 'canceled' as const } },
        guesses,
      };
    case 'NO_CHECKS_LEFT':
      return {
        outcome: 'EXHAUSTED' as const,
        slot: { ...slot, challenge: { ...challenge, status: 'exhausted' as const } },
        guesses,
      };
    case 'WRONG':
      return { outcome: 'WRONG' as const, slot, guesses };
  }
}

/** A verification token to spend. */
export interface TokenAsk {
  readonly now: number;
  readonly tokenHash: string;
  readonly claimId: string;
  readonly onlyUser?: string | null | undefined;
}

/** Takes an approval by its verification token instead of its code. */
export function decideToken(slot: Slot, ask: TokenAsk) {
  const approval = isLive(slot.approval, ask.now) ? slot.approval : null;
  if (!approval || approval.tokenHash !== ask.tokenHash || !belongs(approval.userId, ask.onlyUser))
    return { outcome: 'ABSENT' as const, slot };
  if (approval.claim && approval.claim.until > ask.now) return { outcome: 'BUSY' as const, slot };
  const claim = { id: ask.claimId, until: ask.now + CLAIM_LIFE_MS };
  return { outcome: 'APPROVED' as const, slot: { ...slot, approval: { ...approval, claim } } };
}

function isLive(approval: Approval | null, now: number): approval is Approval {
  return approval !== null && approval.expiresAt > now;
}

function means(ask: TryAsk, challengeId: string): boolean {
  return ask.challengeId === null || ask.challengeId === challengeId;
}

function isRight(of: Pick<Challenge, 'codeMac' | 'userId'>, ask: TryAsk): boolean {
  return of.codeMac === ask.codeMac && belongs(of.userId, ask.onlyUser);
}

function belongs(userId: string | null, onlyUser: string | null | undefined): boolean {
  return onlyUser === undefined || userId === onlyUser;
}

/** An action takes any approval; verifyOtp only one whose answer was lost. */
function mayTake(approval: Approval, ask: TryAsk): boolean {
  return 'action' in ask.intent || approval.unanswered;
}

function takenBy(ask: Pick<TryAsk, 'intent' | 'now'>): Partial<Approval> {
  const answered = { unanswered: false, claim: claimOf(ask) };
  return 'verify' in ask.intent ? { ...answered, tokenHash: ask.intent.verify.tokenHash } : answered;
}

function claimOf(ask: Pick<TryAsk, 'intent' | 'now'>): Approval['claim'] {
  return 'action' in ask.intent ? { id: ask.intent.action.claimId, until: ask.now + CLAIM_LIFE_MS } : null;
}

function approved(challenge: Challenge, ask: Pick<TryAsk, 'intent' | 'now' | 'codeMac'>, unanswered = false): Slot {
  return {
    challenge: { ...challenge, status: 'approved' },
    approval: {
      challengeId: challenge.id,
      codeMac: ask.codeMac,
      tokenHash: 'verify' in ask.intent ? ask.intent.verify.tokenHash : null,
      userId: challenge.userId,
      expiresAt: ask.now + APPROVAL_LIFE_MS,
      tries: [],
      refusals: 0,
      unanswered,
      claim: unanswered ? null : claimOf(ask),
    },
  };
}

function withTry(challenge: Challenge, by: string, policy: ChallengePolicy): Challenge {
  const tries = [...challenge.tries, by];
  return { ...challenge, tries, status: tries.length >= policy.maxTries ? 'exhausted' : 'pending' };
}

function withoutOne<T>(list: readonly T[], isIt: (item: T) => boolean): readonly T[] {
  const index = list.findIndex(isIt);
  return index < 0 ? list : list.toSpliced(index, 1);
}
