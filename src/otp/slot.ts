import type { OtpPurpose } from './challenge.ts';
import type { Keyring } from './keyring.ts';
import type { SlotKey } from './ports.ts';

/** A place for one code: a normalised destination and a purpose. */
export interface SlotName {
  readonly destination: string;
  readonly purpose: OtpPurpose;
}

/** Where the store keeps a slot. */
export function slotKey(keyring: Keyring, slot: SlotName): SlotKey {
  return { destinationId: keyring.destinationId(slot.destination), name: slot.purpose };
}

/** What a code's MAC is bound to. */
export function slotId(key: SlotKey): string {
  return `${key.destinationId}/${key.name}`;
}
