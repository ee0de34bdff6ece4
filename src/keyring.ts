import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { CODE_LENGTH } from './otp/challenge.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const CODE_SPACE = 10 ** CODE_LENGTH;
/** The largest multiple of the code space below 2^32: words at or above it are drawn again, so that no code is likelier than another. */
const UNBIASED_BELOW = Math.floor(2 ** 32 / CODE_SPACE) * CODE_SPACE;

/**
 * Everything that is derived from OTP_SECRET. Each use has a key of its own (HKDF, RFC 5869), so that a value made for
 * one use means nothing in another, and a database dump without the secret yields no code and no destination.
 */
export class Keyring {
  readonly #destination: Uint8Array;
  readonly #code: Uint8Array;
  readonly #codeMac: Uint8Array;
  readonly #binding: Uint8Array;
  readonly #requester: Uint8Array;
  readonly #seal: Uint8Array;
  readonly #cohort: Uint8Array;
  readonly #bucket: Uint8Array;
  readonly #refreshToken: Uint8Array;
  readonly #refreshClient: Uint8Array;

  /** @param secret OTP_SECRET, or its predecessor while that is accepted for checks */
  constructor(secret: string) {
    const derive = (use: string) => new Uint8Array(hkdfSync('sha256', secret, '', `otpql:${use}`, 32));
    this.#destination = derive('destination');
    this.#code = derive('code');
    this.#codeMac = derive('code-mac');
    this.#binding = derive('binding');
    this.#requester = derive('requester');
    this.#seal = derive('seal');
    this.#cohort = derive('cohort');
    this.#bucket = derive('rate-limit');
    this.#refreshToken = derive('refresh-token');
    this.#refreshClient = derive('refresh-client');
  }

  /** The id under which the store keeps a destination (a normalised phone number or e-mail address). */
  destinationId(destination: string): string {
    return mac(this.#destination, destination);
  }

  /** Names what a slot is bound to (a user, a transaction, a login ticket) within its destination. */
  bindingId(binding: string): string {
    return mac(this.#binding, binding).slice(0, 22);
  }

  /** What the store keeps instead of a code. Bound to its slot, so that a code of another slot never compares equal. */
  codeMac(slotId: string, code: string): string {
    return mac(this.#codeMac, `${slotId}\n${code}`);
  }

  /** Names a requester (a user id or client IP) beside one destination, without telling who it is. */
  requesterId(destinationId: string, requester: string): string {
    return mac(this.#requester, `${destinationId}\n${requester}`).slice(0, 22);
  }

  /** A number from 0 to 99 that stays the same for an address: which part of a change in steps it belongs to. */
  cohort(address: string): number {
    return createHmac('sha256', this.#cohort).update(address).digest().readUInt32BE(0) % 100;
  }

  /** Encrypts a secret for the database (AES-256-GCM). @param owner whose it is: it opens for nobody else */
  seal(secret: string, owner: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#seal, nonce).setAAD(Buffer.from(owner));
    const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url');
  }

  /** What `seal` was given; null when it was sealed by another key, for another owner, or was changed. */
  open(sealed: string, owner: string): string | null {
    const bytes = Buffer.from(sealed, 'base64url');
    const tagEnd = NONCE_BYTES + TAG_BYTES;
    if (bytes.length < tagEnd) return null;
    const decipher = createDecipheriv('aes-256-gcm', this.#seal, bytes.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(owner)).setAuthTag(bytes.subarray(NONCE_BYTES, tagEnd));
    try {
      return Buffer.concat([decipher.update(bytes.subarray(tagEnd)), decipher.final()]).toString('utf8');
    } catch {
      return null;
    }
  }

  /** The id of a rate-limit bucket. */
  bucketId(name: string): string {
    return mac(this.#bucket, name);
  }

  /** The part of a refresh token that says that it was made here. */
  refreshTokenMac(body: string): string {
    return mac(this.#refreshToken, body);
  }

  /** Names a client (address and user agent) within one session, without telling who it is. */
  refreshClientId(sessionId: string, client: string): string {
    return mac(this.#refreshClient, `${sessionId}\n${client}`).slice(0, 22);
  }

  /**
   * The code of a challenge of the local engine: a keyed PRF over the challenge's random id, uniform over the full range
   * 000000-999999. A resend computes it again, so no code is ever stored.
   */
  code(challengeId: string): string {
    for (let round = 0; ; round += 1) {
      const block = createHmac('sha256', this.#code).update(`${challengeId}\n${round}`).digest();
      for (let offset = 0; offset < block.length; offset += 4) {
        const word = block.readUInt32BE(offset);
        if (word < UNBIASED_BELOW) return String(word % CODE_SPACE).padStart(CODE_LENGTH, '0');
      }
    }
  }
}

function mac(key: Uint8Array, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64url');
}
