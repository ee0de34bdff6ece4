import type { OtpPurpose } from './challenge.ts';
import type { Keyring } from '../keyring.ts';
import { bindingId, destinationId } from './identifiers.ts';
import type { SlotKey } from './ports.ts';

/** A place for one code: a normalised destination, a purpose, and what the code is bound to. */
export interface SlotName {
  readonly destination: string;
  readonly purpose: OtpPurpose;
  /** The user, transaction or login ticket that alone may use the code (DESIGN section 4); absent where there is none. */
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

/** Between the purpose and the binding in a slot's name; no purpose contains it. */
export const BINDING_MARK = '-';

/** Where the store keeps a slot. */
export function slotKey(keyring: Keyring, slot: SlotName): SlotKey {
  const { destination, purpose, binding } = slot;
  const name = binding === undefined ? purpose : `${purpose}${BINDING_MARK}${bindingId(keyring, binding)}`;
  return { destinationId: destinationId(keyring, destination), name };
}

/** The purpose of the slot that a key names. */
export function purposeOf({ name }: SlotKey): string {
  return name.split(BINDING_MARK)[0]!;
}

/** What a code's MAC is bound to. */
export function slotId(key: SlotKey): string {
  return `${key.destinationId}/${key.name}`;
}
