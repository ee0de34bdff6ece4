import type { Keyring } from '../keyring.ts';
import type { OtpPurpose } from './challenge.ts';
import { bindingId, destinationId } from './identifiers.ts';

/** A place for one code: a normalised destination, a purpose, and what the code is bound to. */
export interface SlotName<Purpose extends OtpPurpose = OtpPurpose> {
  readonly destination: string;
  readonly purpose: Purpose;
  /** The user, session, payment or login ticket that alone may use the code (DESIGN section 4); absent where there is none. */
  readonly binding?: string;
  /** What the message shows, and a provider with PSD2 compares; the binding stands for it, so it names nothing here. */
  readonly payment?: Payment;
}

/** A payment for people to read. */
export interface Payment {
  /** A decimal with the currency's digits. */
  readonly amount: string;
  /** ISO 4217. */
  readonly currency: string;
  readonly payee: string;
}

/** Names a slot in the store: a destination's id, and the purpose (with what it is bound to) within it. */
export interface SlotKey {
  readonly destinationId: string;
  readonly name: string;
}

/** Between the purpose and the binding in a slot's name; no purpose contains it. */
const BINDING_MARK = '-';

/** Where the store keeps a slot. */
export function slotKey(keyring: Keyring, { destination, purpose, binding }: SlotName): SlotKey {
  const name = binding === undefined ? purpose : `${purpose}${BINDING_MARK}${bindingId(keyring, binding)}`;
  return { destinationId: destinationId(keyring, destination), name };
}

/** What a code's MAC is bound to. */
export function slotId(key: SlotKey): string {
  return `${key.destinationId}/${key.name}`;
}

/** The purpose of the slot with this name. */
export function purposeOf(name: string): string {
  return name.split(BINDING_MARK)[0]!;
}

/** True for a slot that is bound to a user, a session, a payment or a login ticket. */
export function isBound(name: string): boolean {
  return name.includes(BINDING_MARK);
}

/**
 * What messages are counted by: the purpose, with its bound slots together and apart from the unbound one. A stranger can
 * have codes sent to an unbound slot, and must not use up the messages of a sign-in that has passed its first step.
 */
export function familyOf(name: string): string {
  return isBound(name) ? `${purposeOf(name)}${BINDING_MARK}` : name;
}
