// Who makes a call, and how a destination's document names them.
import type { Keyring } from '../keyring.ts';
import { shortMac } from './identifiers.ts';

/** Who makes a call. */
export interface Requester {
  /** The session's user; null without a session. */
  readonly userId: string | null;
  /** The client's address, as limits count it. */
  readonly ip: string;
  /** What a client sends to be known again (X-Otpql-Device); null where it sent nothing of the kind. */
  readonly deviceToken: string | null;
}

/** The same beside one destination, without telling who it is. */
export interface RequesterIds {
  /** The user's, else the address's: whose codes and answers these are. */
  readonly id: string;
  /** Attempts count against it too: a stranger with an account of its own is no second requester (invariant 2). */
  readonly addressId: string;
  /** Null without a device token. */
  readonly deviceId: string | null;
}

/** Names a requester beside one destination. */
export function requesterIds(keyring: Keyring, destinationId: string, requester: Requester): RequesterIds {
  const { userId, ip, deviceToken } = requester;
  const idOf = (who: string) => shortMac(keyring, 'requester', `${destinationId}\n${who}`);
  const addressId = idOf(`ip:${ip}`);
  return {
    id: userId === null ? addressId : idOf(`user:${userId}`),
    addressId,
    deviceId: deviceToken === null ? null : idOf(`device:${deviceToken}`),
  };
}
