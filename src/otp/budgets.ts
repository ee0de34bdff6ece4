import type { Clock } from '../clock.ts';
import type { Keyring } from '../keyring.ts';
import { forgive, isClosed, spend } from './attempt-budget.ts';
import type { Destination } from './challenge.ts';
import type { Destinations } from './destinations.ts';
import { destinationId, requesterId } from './identifiers.ts';
import { closed } from './refusals.ts';

interface Parts {
  readonly destinations: Destinations;
  readonly keyring: Keyring;
  readonly clock: Clock;
}

/**
 * Limits attempts at secrets that are no codes of ours: authenticator codes and recovery codes. The same caps as at a
 * destination: ten wrong ones in an hour close it for their requester, a hundred in a row for everybody.
 */
export class AttemptBudgets {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Spends an attempt before the secret is compared.
   * @param subject whose secret it is: `user:ID`
   * @returns what to call when the attempt was right
   * @throws AppError MAX_ATTEMPTS_REACHED
   */
  async spend(subject: string, requester: string): Promise<() => Promise<void>> {
    const { destinations, keyring, clock } = this.#parts;
    const id = destinationId(keyring, subject);
    const by = requesterId(keyring, id, requester);
    const { decision, stored } = await destinations.change(id, (destination, now) => decide(destination, by, now));
    if (!decision.isAllowed) throw closed(decision.destination.budget, by, clock());
    const forgiven = (destination: Destination) => ({
      destination: { ...destination, budget: forgive(destination.budget, by, decision.at) },
    });
    return async () => void (await destinations.change(id, forgiven, stored));
  }
}

function decide(destination: Destination, by: string, now: number) {
  if (isClosed(destination.budget, by, now)) return { destination, isAllowed: false, at: now };
  return { destination: { ...destination, budget: spend(destination.budget, by, now) }, isAllowed: true, at: now };
}
