import type { Clock } from '../clock.ts';
import type { Keyring } from '../keyring.ts';
import type { Background } from './background.ts';
import type { Destination } from './challenge.ts';
import type { Destinations } from './destinations.ts';
import { destinationId } from './identifiers.ts';
import { callerAt, clientIdOf, withClient } from './known-client.ts';
import { requesterIds, type Requester } from './requester.ts';

/** Whose account it is, as far as it says where they are reached. */
interface Owner {
  readonly email: string;
  readonly emailVerifiedAt: Date | null;
  readonly phone: string | null;
  readonly phoneVerifiedAt: Date | null;
}

interface Parts {
  readonly destinations: Destinations;
  readonly background: Background;
  readonly keyring: Keyring;
  readonly clock: Clock;
}

/** How long it is tried to remember or to forget a client while the database is away. */
const PATIENCE_MS = 10_000;

/** Remembers which clients have opened sessions, so that strangers cannot use up what these may do (invariant 3). */
export class KnownClients {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Remembers the client of a new session at the destinations of its owner and at the account's name, after the answer.
   * @returns the session's tokens, with the client's own device token where it has one already
   */
  signedIn<T extends { readonly deviceToken: string }>(owner: Owner, requester: Requester, tokens: T): T {
    const deviceToken = requester.deviceToken ?? tokens.deviceToken;
    for (const place of placesOf(owner)) this.#remember(place, requester, deviceToken);
    return { ...tokens, deviceToken };
  }

  /**
   * Forgets, after the answer, the clients of an account whose sessions were ended: one of them may have been a thief's.
   * @param keep who did it, and stays known where it was; null forgets all
   */
  contained(owner: Owner, keep: Requester | null): void {
    for (const place of placesOf(owner)) {
      const id = destinationId(this.#parts.keyring, place);
      const kept = keep && clientIdOf(requesterIds(this.#parts.keyring, id, keep));
      this.#change(id, (clients) =>
        clients.every((one) => one.id === kept) ? clients : clients.filter((one) => one.id === kept),
      );
    }
  }

  /**
   * Whether a client has proven itself at a destination (a normalised phone number or e-mail address), or by a session of
   * the account that has this e-mail address. @throws AppError SERVICE_UNAVAILABLE
   */
  async knows(requester: Requester, destination: string): Promise<boolean> {
    const places = destination.includes('@') ? [destination, nameOfAccount(destination)] : [destination];
    const known = await Promise.all(places.map((place) => this.#isKnownAt(place, requester)));
    return known.includes(true);
  }

  async #isKnownAt(place: string, requester: Requester): Promise<boolean> {
    const { destinations, keyring, clock } = this.#parts;
    const id = destinationId(keyring, place);
    const { clients } = await destinations.read(id);
    return callerAt(clients, requesterIds(keyring, id, requester), clock()).isKnown;
  }

  /** By its device token, and by its address where it has sent none: it may keep none. */
  #remember(place: string, requester: Requester, deviceToken: string): void {
    const { keyring } = this.#parts;
    const id = destinationId(keyring, place);
    const ids = [requester, { ...requester, deviceToken }].map((one) => clientIdOf(requesterIds(keyring, id, one)));
    this.#change(id, (clients, now) => withClient(clients, [...new Set(ids)], now));
  }

  #change(id: string, clientsAfter: (clients: Destination['clients'], now: number) => Destination['clients']): void {
    const { destinations, background } = this.#parts;
    const changed = (destination: Destination, now: number) => {
      const clients = clientsAfter(destination.clients, now);
      return { destination: clients === destination.clients ? destination : { ...destination, clients } };
    };
    background.persist(() => destinations.change(id, changed), PATIENCE_MS);
  }
}

/** An unproven e-mail address may be somebody else's: there only the account is meant, whose name it is. */
function placesOf({ phone, phoneVerifiedAt, email, emailVerifiedAt }: Owner): string[] {
  return [...(phone && phoneVerifiedAt ? [phone] : []), ...(emailVerifiedAt ? [email] : []), nameOfAccount(email)];
}

function nameOfAccount(email: string): string {
  return `account ${email}`;
}
