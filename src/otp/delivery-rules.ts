// How a challenge stands after its message was handed over, or was not. Pure.
import { slotOf, withSlot, type Challenge, type Destination } from './challenge.ts';
import { withoutMessage } from './message-limit.ts';

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

/** The destination after a delivery ended; the same when its code has been replaced meanwhile. */
export function endDelivery(
  destination: Destination,
  slotName: string,
  codeId: string,
  end: DeliveryEnd,
  now: number,
): Destination {
  const slot = slotOf(destination, slotName);
  const { challenge } = slot;
  if (challenge?.codeId !== codeId) return destination;
  const after = withSlot(destination, slotName, { ...slot, challenge: ended(challenge, end, now) });
  const wasNoMessage = 'failure' in end && !end.asDecoy && challenge.status === 'pending';
  return wasNoMessage ? { ...after, messages: withoutMessage(after.messages, slotName, challenge.sentAt) } : after;
}

function ended(challenge: Challenge, end: DeliveryEnd, now: number): Challenge {
  const over = { ...challenge, deliveringSince: null };
  if ('ref' in end) return { ...over, follows: false, providerRef: end.ref ?? challenge.providerRef };
  if (challenge.status !== 'pending') return over;
  // For neutral purposes all goes on as for an unknown destination: the cool-down stands, and a resend tries again.
  if (end.asDecoy) return challenge.sends > 1 ? over : { ...over, deliverable: false };
  const { failure } = end;
  if (challenge.sends > 1) return { ...over, failure, sends: challenge.sends - 1, resendAfter: now };
  return { ...over, failure, status: 'canceled' };
}
