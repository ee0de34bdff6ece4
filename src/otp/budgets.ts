import type { Clock } from '../clock.ts';
import type { Keyring } from '../keyring.ts';
import { forgive, isClosed, spend } from './attempt-budget.ts';
import type { Destination } from './challenge.ts';
import type { Destinations } from './destinations.ts';
import { destinationId } from './identifiers.ts';
import { callerAt, clientIdOf, withClient } from './known-client.ts';
import { closed } from './refusals.ts';
import { requesterIds, type Requester, type RequesterIds } from './requester.ts';

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
  async spend(subject: string, requester: Requester): Promise<() => Promise<void>> {
    const { destinations, keyring, clock } = this.#parts;
    const id = destinationId(keyring, subject);
    const ids = requesterIds(keyring, id, requester);
    const { decision, stored } = await destinations.change(id, (destination, now) => decide(destination, ids, now));
    if (!decision.isAllowed) throw closed(decision.destination, ids, clock());
    const forgiven = (destination: Destination) => ({
      destination: {
        ...destination,
        budget: forgive(destination.budget, decision.by, decision.at),
        clients: withClient(destination.clients, [clientIdOf(ids)], decision.at),
      },
    });
    return async () => void (await destinations.change(id, forgiven, stored));
  }
}

function decide(destination: Destination, ids: RequesterIds, now: number) {
  const by = callerAt(destination.clients, ids, now);
  if (isClosed(destination.budget, by, now)) return { destination, by, isAllowed: false, at: now };
  return { destination: { ...destination, budget: spend(destination.budget, by, now) }, by, isAllowed: true, at: now };
}
