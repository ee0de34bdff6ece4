import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Keyring } from '../keyring.ts';
import { hashToken } from '../opaque-token.ts';
import type { Client } from './ports.ts';

const SECRET_BYTES = 32;
/** Session id (16 bytes) and secret (32 bytes) in base64url. */
const BODY_LENGTH = 64;
/** 24 bytes of the MAC (RFC 2104 section 5). Every part is a multiple of 3 bytes, so each token has one spelling only. */
const MAC_LENGTH = 32;
/** 128 bits of a keyed hash in base64url. */
const CLIENT_ID_LENGTH = 22;
const FORM = new RegExp(`^[\\w-]{${BODY_LENGTH + MAC_LENGTH}}$`);

/** What the server knows of a refresh token: whose it is, and the hash that is kept in its place. */
export interface KnownToken {
  readonly sessionId: string;
  readonly hash: string;
}

/**
 * Makes and reads refresh tokens: opaque to clients, and self-identifying to us. The MAC lets a string that is not ours
 * be refused without asking the database, and keeps those who only know a session's id (the `sid` claim) from ending that
 * session with a token of their own making.
 */
export class RefreshTokens {
  readonly #keyrings: readonly [Keyring, ...Keyring[]];

  /** @param keyrings the current one first; the others are accepted for checks only */
  constructor(keyrings: readonly [Keyring, ...Keyring[]]) {
    this.#keyrings = keyrings;
  }

  /** A new token for a session. */
  make(sessionId: string): { token: string; hash: string } {
    const bytes = Buffer.concat([Buffer.from(sessionId, 'base64url'), randomBytes(SECRET_BYTES)]);
    const body = bytes.toString('base64url');
    const token = body + macOf(this.#keyrings[0], body);
    return { token, hash: hashToken(token) };
  }

  /** What a token says; null for any string that was not made here. */
  read(token: string): KnownToken | null {
    if (!FORM.test(token)) return null;
    const body = token.slice(0, BODY_LENGTH);
    const mac = Buffer.from(token.slice(BODY_LENGTH));
    if (!this.#keyrings.some((keyring) => timingSafeEqual(mac, Buffer.from(macOf(keyring, body))))) return null;
    const sessionId = Buffer.from(body, 'base64url').subarray(0, -SECRET_BYTES).toString('base64url');
    return { sessionId, hash: hashToken(token) };
  }

  /** The token by which the client of a session is known again after it: the same whenever it is asked for. */
  deviceTokenOf(sessionId: string): string {
    return this.#keyrings[0].mac('device-token', sessionId);
  }

  /** The names of a client within a session: the one to keep first, then those that may have been kept before a change of secret. */
  clientIds(sessionId: string, client: Client): readonly [string, ...string[]] {
    const [current, ...previous] = this.#keyrings;
    const idBy = (keyring: Keyring) => clientIdOf(keyring, sessionId, client);
    return [idBy(current), ...previous.map(idBy)];
  }
}

function macOf(keyring: Keyring, body: string): string {
  return keyring.mac('refresh-token', body).slice(0, MAC_LENGTH);
}

/** Names a client (address and user agent) within one session, without telling who it is. */
function clientIdOf(keyring: Keyring, sessionId: string, { ip, userAgent }: Client): string {
  return keyring.mac('refresh-client', `${sessionId}\n${ip}\n${userAgent ?? ''}`).slice(0, CLIENT_ID_LENGTH);
}
