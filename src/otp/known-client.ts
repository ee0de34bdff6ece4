// Clients that have proven themselves at a destination: by a right code, or by a session of its account. What strangers do
// there does not use up what these may do (DESIGN section 4, invariant 3). Pure.
import type { RequesterIds } from './requester.ts';

/** How long a proof counts. */
export const PROOF_LIFE_MS = 90 * 86_400_000;
/** Of one destination, so many are remembered: the last ones. */
const MAX_CLIENTS = 8;
/** A proof younger than this is not written anew. */
const FRESH_MS = 86_400_000;

/** A client by its device token or its address, as `RequesterIds` has them, and when it last proved itself. */
export interface KnownClient {
  readonly id: string;
  readonly at: number;
}

/** A requester as a destination knows it. */
export interface Caller extends RequesterIds {
  readonly isKnown: boolean;
  /**
   * What its attempts count against: its user and its address, so that an account of its own makes nobody a second requester
   * (invariant 2). A device that is known here counts by itself instead of by an address that others share.
   */
  readonly countedAs: readonly string[];
}

/** A requester as the destination knows it. */
export function callerAt(clients: readonly KnownClient[], ids: RequesterIds, now: number): Caller {
  const { id, addressId, deviceId } = ids;
  const isListed = (name: string) => clients.some((client) => client.id === name && client.at > now - PROOF_LIFE_MS);
  const knownDevice = deviceId !== null && isListed(deviceId) ? deviceId : null;
  const place = knownDevice ?? addressId;
  const countedAs = id === addressId ? [place] : [id, place];
  return { ...ids, isKnown: knownDevice !== null || isListed(addressId), countedAs };
}

/** How an attempt names who made it. */
export function nameOf({ countedAs }: Caller): string {
  return countedAs.join(' ');
}

/** True where an attempt of this name counts against a caller. */
export function isBy(name: string, { countedAs }: Caller): boolean {
  return name.split(' ').some((one) => countedAs.includes(one));
}

/** What a client is known by: its device token, else its address, which its neighbours behind one NAT share. */
export function clientIdOf({ addressId, deviceId }: RequesterIds): string {
  return deviceId ?? addressId;
}

/** The clients after one has proven itself, by whatever it will be known. The same list where its proof is fresh. */
export function withClient(
  clients: readonly KnownClient[],
  ids: readonly string[],
  now: number,
): readonly KnownClient[] {
  const isFresh = (id: string) => clients.some((client) => client.id === id && client.at > now - FRESH_MS);
  if (ids.every(isFresh)) return clients;
  const others = clients.filter(({ id, at }) => !ids.includes(id) && at > now - PROOF_LIFE_MS);
  return [...others, ...ids.map((id) => ({ id, at: now }))].slice(-MAX_CLIENTS);
}
