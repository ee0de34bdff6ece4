// How those who come second wait for those who were first (invariant 10); afterwards they decide anew.
import { CHECK_LIFE_MS, isBeingChecked } from './attempt-rules.ts';
import { isHeld, slotOf, type Challenge } from './challenge.ts';
import { CLAIM_LIFE_MS } from './claim-rules.ts';
import type { Destinations } from './destinations.ts';
import type { SlotKey } from './slot.ts';

/** How long one waits for an action that holds the code: until its claim would have lapsed. */
export const HOLDER_PATIENCE_MS = CLAIM_LIFE_MS + 500;

/** Waits until no action holds the approval of a slot, but not longer than one may. @throws AppError SERVICE_UNAVAILABLE */
export async function untilFree(destinations: Destinations, { destinationId, name }: SlotKey): Promise<void> {
  await destinations.waitUntil(
    destinationId,
    (destination, now) => {
      const { approval } = slotOf(destination, name);
      return approval === null || !isHeld(approval, now);
    },
    HOLDER_PATIENCE_MS,
  );
}

/** Waits until the provider has said what a code is. @throws AppError SERVICE_UNAVAILABLE */
export async function untilChecked(
  destinations: Destinations,
  { destinationId, name }: SlotKey,
  seen: Challenge,
  codeMac: string,
): Promise<void> {
  await destinations.waitUntil(
    destinationId,
    (destination, now) => {
      const { challenge } = slotOf(destination, name);
      return challenge?.id !== seen.id || !isBeingChecked(challenge, codeMac, now);
    },
    CHECK_LIFE_MS,
  );
}
