import type { Clock } from '../../clock.ts';
import type { Keyring } from '../../keyring.ts';
import type { Background } from '../../otp/background.ts';
import type { Destination } from '../../otp/challenge.ts';
import type { Destinations } from '../../otp/destinations.ts';
import { destinationId } from '../../otp/identifiers.ts';
import { callerAt, clientIdOf, withClient } from '../../otp/proven-clients.ts';
import { requesterIds, type Requester } from '../../otp/requester.ts';
import type { Tokens } from '../../session/session-service.ts';
import type { User } from '../../users/user.ts';

interface Parts {
  readonly destinations: Destinations;
  readonly background: Background;
  readonly keyring: Keyring;
  readonly clock: Clock;
}

/** How long it is tried to remember a client while the database is away. */
const PATIENCE_MS = 10_000;

/** Remembers which clients have opened sessions, so that strangers cannot use up what these may do (invariant 3). */
export class KnownClients {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Remembers the client of a new session at the destinations of its user and at the account's name, after the answer.
   * @returns the session's tokens, with the client's own device token where it has one already
   */
  signedIn(user: User, requester: Requester, tokens: Tokens): Tokens {
    const deviceToken = requester.deviceToken ?? tokens.deviceToken;
    for (const place of placesOf(user)) this.#remember(place, requester, deviceToken);
    return { ...tokens, deviceToken };
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
    return callerAt(clients, requesterIds(keyring, id, requester), clock()).isProven;
  }

  /** By its device token, and by its address where it has sent none: it may keep none. */
  #remember(place: string, requester: Requester, deviceToken: string): void {
    const { destinations, background, keyring } = this.#parts;
    const id = destinationId(keyring, place);
    const ids = [requester, { ...requester, deviceToken }].map((one) => clientIdOf(requesterIds(keyring, id, one)));
    const remembered = (destination: Destination, now: number) => {
      const clients = withClient(destination.clients, [...new Set(ids)], now);
      return { destination: clients === destination.clients ? destination : { ...destination, clients } };
    };
    background.persist(() => destinations.change(id, remembered), PATIENCE_MS);
  }
}

/** An unproven e-mail address may be somebody else's: there only the account is meant, whose name it is. */
function placesOf({ phone, phoneVerifiedAt, email, emailVerifiedAt }: User): string[] {
  return [...(phone && phoneVerifiedAt ? [phone] : []), ...(emailVerifiedAt ? [email] : []), nameOfAccount(email)];
}

function nameOfAccount(email: string): string {
  return `account ${email}`;
}
