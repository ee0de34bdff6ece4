// What the provider's answer makes of an attempt that was counted before it was asked (invariants 1 and 2). Pure.
import { forgive, refund } from './attempt-budget.ts';
import { approved, type Attempt } from './attempt-rules.ts';
import {
  slotOf,
  withSlot,
  type Approval,
  type Challenge,
  type Check,
  type Destination,
  type Slot,
} from './challenge.ts';
import { clientIdOf, nameOf, withClient, type Caller } from './known-client.ts';
import type { CheckVerdict } from './provider.ts';

/**
 * What the provider said of an attempt that was counted at `askedAt`. REFUND: it was never asked. UNTOLD: it refused to
 * say, or its answer was lost; the attempt stays spent.
 */
export interface Settlement {
  readonly verdict: CheckVerdict | 'REFUND' | 'UNTOLD';
  /** Which code the provider was asked about. */
  readonly codeId: string;
  readonly attempt: Attempt;
  /** Who made it, as it was counted. */
  readonly by: Caller;
  readonly askedAt: number;
  /** True when the one who asked has had another answer meanwhile: no action holds the approval then. */
  readonly isLate: boolean;
}

export interface SettlementDecision {
  readonly destination: Destination;
  readonly outcome: 'APPROVED' | 'WRONG' | 'ABSENT' | 'EXHAUSTED';
  readonly approval: Approval | null;
}

/** Settles an attempt (invariants 1, 2): one approval per challenge, and a refund only of what never reached the provider. */
export function settleAttempt(
  destination: Destination,
  slotName: string,
  settlement: Settlement,
  now: number,
): SettlementDecision {
  const { verdict, attempt, by, askedAt } = settlement;
  const slot = slotOf(destination, slotName);
  const decided = (outcome: SettlementDecision['outcome'], after: Slot, changed: Partial<Destination> = {}) => ({
    destination: { ...withSlot(destination, slotName, after), ...changed },
    outcome,
    approval: after.approval,
  });
  if (slot.challenge?.codeId !== settlement.codeId || slot.challenge.status === 'approved')
    return { destination, outcome: 'ABSENT', approval: slot.approval };
  const isMine = (check: Check) => check.requesterId === by.id && check.askedAt === askedAt;
  const challenge = { ...slot.challenge, checks: withoutLast(slot.challenge.checks, isMine) };
  const withStatus = (status: Challenge['status']): Slot => ({ ...slot, challenge: { ...challenge, status } });
  switch (verdict) {
    case 'APPROVED': {
      const after = approved(challenge, attempt, now);
      const approval = settlement.isLate ? { ...after.approval, claim: null } : after.approval;
      const clients = withClient(destination.clients, [clientIdOf(by)], now);
      const budget = forgive(destination.budget, by, askedAt);
      return decided('APPROVED', { ...after, approval }, { budget, clients });
    }
    case 'REFUND': {
      const attempts = withoutLast(challenge.attempts, (name) => name === nameOf(by));
      const status = challenge.status === 'exhausted' ? 'pending' : challenge.status;
      const refunded = { ...slot, challenge: { ...challenge, attempts, status } };
      return decided('WRONG', refunded, { budget: refund(destination.budget, by, askedAt) });
    }
    case 'GONE':
      return decided('ABSENT', withStatus('canceled'));
    case 'NO_CHECKS_LEFT':
      return decided('EXHAUSTED', withStatus('exhausted'));
    case 'WRONG':
    case 'UNTOLD':
      return decided('WRONG', { ...slot, challenge });
  }
}

function withoutLast<T>(list: readonly T[], isIt: (item: T) => boolean): readonly T[] {
  const index = list.findLastIndex(isIt);
  return index < 0 ? list : list.toSpliced(index, 1);
}
