import type { Connection } from 'mongoose';
import { Keyring } from '../../../src/keyring.ts';
import { MongoUnitsOfWork } from '../../../src/mongo/connection.ts';
import { MongoDestinationStore } from '../../../src/mongo/destination-store.ts';
import { Background } from '../../../src/otp/background.ts';
import { FULL_BUDGET } from '../../../src/otp/attempt-budget.ts';
import { AttemptBudgets } from '../../../src/otp/budgets.ts';
import { slotOf, type ChallengePolicy, type Destination, type Slot } from '../../../src/otp/challenge.ts';
import { Claims } from '../../../src/otp/claims.ts';
import { CodeChecker } from '../../../src/otp/code-checker.ts';
import { Deliveries } from '../../../src/otp/delivery.ts';
import { Destinations } from '../../../src/otp/destinations.ts';
import { OtpService } from '../../../src/otp/otp-service.ts';
import { slotKey, type SlotKey, type SlotName } from '../../../src/otp/slot.ts';
import type { StoredDestination } from '../../../src/otp/ports.ts';
import type { OtpProvider } from '../../../src/otp/provider.ts';
import { requesterIds, type Requester, type RequesterIds } from '../../../src/otp/requester.ts';
import type { WaitingClock } from './waiting-clock.ts';

const keyring = new Keyring('the otp secret of the histories, long enough');

const NOTHING: Destination = { slots: {}, budget: FULL_BUDGET, messages: [], clients: [] };

/** What is kept of a destination and of one of its slots. */
export interface Kept {
  readonly version: number | null;
  readonly destination: Destination;
  readonly slot: Slot;
}

/** The heart as it runs in one process, composed as `compose/codes.ts` does it. */
export function openHouse(connection: Connection, provider: OtpProvider, policy: ChallengePolicy, clock: WaitingClock) {
  const keyrings = [keyring] as const;
  const units = new MongoUnitsOfWork(connection);
  // What failed after its answer is the provider's failure, which the history brought about.
  const background = new Background(() => undefined);
  const destinations = new Destinations(new MongoDestinationStore(connection.db!), clock.now);
  const deliveries = new Deliveries({ destinations, provider, background });
  const common = { destinations, provider, deliveries, background, keyrings, policy, clock: clock.now };
  const checker = new CodeChecker({ ...common, onChecked: () => undefined });
  return {
    units,
    background,
    otp: new OtpService({ ...common, checker, channels: ['SMS', 'VOICE'] }),
    claims: new Claims({ ...common, checker, units }),
    budgets: new AttemptBudgets({ destinations, keyring, clock: clock.now }),
  };
}
export type House = ReturnType<typeof openHouse>;

/** Where a slot is kept. */
export function keyOf(slot: SlotName): SlotKey {
  return slotKey(keyring, slot);
}

/** As a slot's destination names somebody. */
export function requesterAt({ destinationId }: SlotKey, requester: Requester): RequesterIds {
  return requesterIds(keyring, destinationId, requester);
}

/** What the database keeps. */
export function keptAt(connection: Connection, { destinationId }: SlotKey): Promise<StoredDestination | null> {
  return new MongoDestinationStore(connection.db!).load(destinationId);
}

/** The same with one of its slots. */
export function atSlot(stored: StoredDestination | null, name: string): Kept {
  const destination = stored?.destination ?? NOTHING;
  return { version: stored?.version ?? null, destination, slot: slotOf(destination, name) };
}
