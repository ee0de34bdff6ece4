import type { Keyring } from '../../keyring.ts';

/** A number from 0 to 99 that stays the same for an address: which part of a change in steps it belongs to. */
export function cohortOf(keyring: Keyring, address: string): number {
  return Buffer.from(keyring.mac('cohort', address), 'base64url').readUInt32BE(0) % 100;
}
