import type { Keyring } from '../keyring.ts';

/** Letters that stand for 128 bits in base64url: enough where a name needs to be unlike others, and not secret. */
const SHORT = 22;

/** The id under which the store keeps a destination (a normalised phone number or e-mail address). */
export function destinationId(keyring: Keyring, destination: string): string {
  return keyring.mac('destination', destination);
}

/** Names what a slot is bound to (a user, a transaction, a login ticket) within its destination. */
export function bindingId(keyring: Keyring, binding: string): string {
  return keyring.mac('binding', binding).slice(0, SHORT);
}

/** Names a requester (a user id or client IP) beside one destination, without telling who it is. */
export function requesterId(keyring: Keyring, destinationId: string, requester: string): string {
  return keyring.mac('requester', `${destinationId}\n${requester}`).slice(0, SHORT);
}
