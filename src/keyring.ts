import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Everything that is derived from OTP_SECRET. Each use has a key of its own (HKDF, RFC 5869), so that a value made for
 * one use means nothing in another, and a database dump without the secret yields no code and no destination.
 */
export class Keyring {
  readonly #secret: string;
  /** Each key is derived once; the uses are words of the code, never input, so that this stays small. */
  readonly #keys = new Map<string, Uint8Array>();

  /** @param secret OTP_SECRET, or its predecessor while that is accepted for checks */
  constructor(secret: string) {
    this.#secret = secret;
  }

  /**
   * A keyed hash (HMAC-SHA-256).
   * @param use what the value is for, in a word that no other use has; to change it loses what was stored under it
   * @returns 256 bits in base64url
   */
  mac(use: string, text: string): string {
    return createHmac('sha256', this.#key(use)).update(text).digest('base64url');
  }

  /** Encrypts a secret for the database (AES-256-GCM). @param owner whose it is: it opens for nobody else */
  seal(secret: string, owner: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key('seal'), nonce).setAAD(Buffer.from(owner));
    const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url');
  }

  /** What `seal` was given; null when it was sealed by another key, for another owner, or was changed. */
  open(sealed: string, owner: string): string | null {
    const bytes = Buffer.from(sealed, 'base64url');
    const tagEnd = NONCE_BYTES + TAG_BYTES;
    if (bytes.length < tagEnd) return null;
    const decipher = createDecipheriv('aes-256-gcm', this.#key('seal'), bytes.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(owner)).setAuthTag(bytes.subarray(NONCE_BYTES, tagEnd));
    try {
      return Buffer.concat([decipher.update(bytes.subarray(tagEnd)), decipher.final()]).toString('utf8');
    } catch {
      return null;
    }
  }

  #key(use: string): Uint8Array {
    const known = this.#keys.get(use);
    if (known) return known;
    const key = new Uint8Array(hkdfSync('sha256', this.#secret, '', `otpql:${use}`, 32));
    this.#keys.set(use, key);
    return key;
  }
}
