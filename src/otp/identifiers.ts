import type { Keyring } from '../keyring.ts';

/** Letters that stand for 128 bits in base64url: enough where a name needs to be unlike others, and not secret. */
const SHORT = 22;

/** The id under which the store keeps a destination (a normalised phone number or e-mail address). */
export function destinationId(keyring: Keyring, destination: string): string {
  return keyring.mac('destination', destination);
}

/** Names what a slot is bound to (a user, a transaction, a login ticket) within its destination. */
export function bindingId(keyring: Keyring, binding: string): string {
  return shortMac(keyring, 'binding', binding);
}

/** A keyed hash of 128 bits, for names within a destination. @param use as for `Keyring.mac` */
export function shortMac(keyring: Keyring, use: 'binding' | 'requester', text: string): string {
  return keyring.mac(use, text).slice(0, SHORT);
}
