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

/** A token that was made, and the hash that is kept in its place. */
export interface MadeToken {
  readonly token: string;
  readonly hash: string;
}

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

  /** The first token of a session. */
  make(sessionId: string): MadeToken {
    return madeOf(this.#keyrings[0], sessionId, randomBytes(SECRET_BYTES));
  }

  /**
   * The token that a used one gives way to. It follows from the used one and the seed, so that who presents the same token
   * again gets the same successor, although nothing that could be read is kept. Nobody can tell it without all of OTP_SECRET,
   * the used token and the seed, which is forgotten once no retry is answered any more.
   * @param used a token that `read` knows
   * @param seed random, of one use
   * @returns by the current secret; then what servers make of it to which a previous secret is the current one
   */
  successors(used: string, seed: string): readonly [MadeToken, ...MadeToken[]] {
    const [current, ...previous] = this.#keyrings;
    const by = (keyring: Keyring) => {
      const secret = keyring.mac('refresh-successor', `${used}\n${seed}`);
      return madeOf(keyring, sessionIdOf(used), Buffer.from(secret, 'base64url'));
    };
    return [by(current), ...previous.map(by)];
  }

  /** What a token says; null for any string that was not made here. */
  read(token: string): KnownToken | null {
    if (!FORM.test(token)) return null;
    const body = token.slice(0, BODY_LENGTH);
    const mac = Buffer.from(token.slice(BODY_LENGTH));
    if (!this.#keyrings.some((keyring) => timingSafeEqual(mac, Buffer.from(macOf(keyring, body))))) return null;
    return { sessionId: sessionIdOf(token), hash: hashToken(token) };
  }

  /** The token by which the client of a session is known again after it: the same whenever it is asked for. */
  deviceTokenOf(sessionId: string): string {
    return this.#keyrings[0].mac('device-token', sessionId);
  }

  /**
   * The names of a client within a session, one for each secret that is known. The first is to be kept: it is of the oldest
   * secret, which servers know too that have not been given the present one yet.
   */
  clientIds(sessionId: string, client: Client): readonly [string, ...string[]] {
    const [oldest, ...others] = this.#keyrings.map((keyring) => clientIdOf(keyring, sessionId, client)).reverse();
    return [oldest!, ...others];
  }
}

function madeOf(keyring: Keyring, sessionId: string, secret: Buffer): MadeToken {
  const body = Buffer.concat([Buffer.from(sessionId, 'base64url'), secret]).toString('base64url');
  const token = body + macOf(keyring, body);
  return { token, hash: hashToken(token) };
}

function sessionIdOf(token: string): string {
  const bytes = Buffer.from(token.slice(0, BODY_LENGTH), 'base64url');
  return bytes.subarray(0, -SECRET_BYTES).toString('base64url');
}

function macOf(keyring: Keyring, body: string): string {
  return keyring.mac('refresh-token', body).slice(0, MAC_LENGTH);
}

/** Names a client (address and user agent) within one session, without telling who it is. */
function clientIdOf(keyring: Keyring, sessionId: string, { ip, userAgent }: Client): string {
  return keyring.mac('refresh-client', `${sessionId}\n${ip}\n${userAgent ?? ''}`).slice(0, CLIENT_ID_LENGTH);
}
