// What an event says, read from what the database kept before and after it.
import type { AttemptBudget } from '../../../src/otp/attempt-budget.ts';
import type { Approval, Challenge } from '../../../src/otp/challenge.ts';
import type { Event } from './history.ts';

/** The challenge that this step approved; null when it approved none. */
export function newlyApproved({ before, after }: Event): Challenge | null {
  const { challenge } = after.slot;
  const was = before.slot.challenge;
  return challenge?.status === 'approved' && was?.id === challenge.id && was.status !== 'approved' ? was : null;
}

/** The challenges whose approvals this step ended, or made and ended. */
export function ended(event: Event): string[] {
  const there = [event.before.slot.approval?.challengeId, newlyApproved(event)?.id];
  return there.filter((id) => id !== undefined).filter((id) => id !== event.after.slot.approval?.challengeId);
}

/** How many actions were done with a code of this step. */
export function actionsDone({ outcome, rival }: Event): number {
  return [outcome, rival].filter((one) => one === 'DONE').length;
}

/** What was counted in this step: attempts at the destination that were not there before. */
export function counted({ before, after }: Event): AttemptBudget['attempts'] {
  const old = [...before.destination.budget.attempts];
  return after.destination.budget.attempts.filter(({ by, at }) => {
    const index = old.findIndex((one) => one.by === by && one.at === at);
    if (index >= 0) old.splice(index, 1);
    return index < 0;
  });
}

/** What of a challenge no resend may change. */
export function lasting({ id, codeMac, expiresAt, attempts, status }: Challenge) {
  return { id, codeMac, expiresAt, attempts, status };
}

/** What of an approval no failed action may change. */
export function unspent({
  claim: _claim,
  refusals: _refusals,
  ...approval
}: Approval): Omit<Approval, 'claim' | 'refusals'> {
  return approval;
}

export const count = <T>(items: readonly T[], item: T): number => items.filter((other) => other === item).length;
