import { createHash, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import jwt from 'jsonwebtoken';
import type { SigningConfig } from '../config/config.ts';

/** RFC 7517: what a public key looks like to those who check tokens by themselves. */
interface PublicJwk {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
  readonly kid: string;
  readonly use: 'sig';
  readonly alg: 'ES256';
}

export interface KeySet {
  readonly keys: readonly PublicJwk[];
}

/** What a token must say to be accepted. */
export interface Expected {
  /** The header's `typ`: no kind of token passes for another (RFC 8725 section 3.11). */
  readonly type: string;
  readonly issuer: string;
  readonly audience: string;
  /** The instant to judge expiry by, in ms. */
  readonly now: number;
}

/** The members that our own headers have. `jwk`, `jku`, `x5u` or `crit` would be somebody else's. */
const HEADER_MEMBERS = ['alg', 'typ', 'kid'];

/**
 * Signs and checks tokens with the one configured algorithm: HS256 with a shared secret, or ES256 with a private key
 * whose public part everybody may know. Earlier keys check only.
 */
export class SigningKeys {
  readonly #algorithm: 'HS256' | 'ES256';
  readonly #current: { readonly key: KeyObject; readonly kid: string | undefined };
  readonly #checking: readonly { readonly key: KeyObject; readonly kid: string | undefined }[];
  /** The public keys for `/.well-known/jwks.json`, the current first; none with HS256, whose one key is a secret. */
  readonly jwks: KeySet;

  constructor(signing: SigningConfig) {
    this.#algorithm = signing.algorithm;
    if (signing.algorithm === 'HS256') {
      // Key objects, for jsonwebtoken reads a string as PEM first, which costs more than the signature.
      this.#checking = signing.secrets.map((secret) => ({ key: createSecretKey(secret, 'utf8'), kid: undefined }));
      this.#current = this.#checking[0]!;
      this.jwks = { keys: [] };
      return;
    }
    const current = createPublicKey(signing.privateKey);
    const byKid = new Map([current, ...signing.previousKeys].map((key) => [publicJwk(key).kid, key]));
    this.#checking = [...byKid].map(([kid, key]) => ({ key, kid }));
    this.#current = { key: signing.privateKey, kid: publicJwk(current).kid };
    this.jwks = { keys: [...byKid.values()].map(publicJwk) };
  }

  /** Signs claims as a token of this type (the header's `typ`). */
  sign(claims: object, type: string): string {
    const { key, kid } = this.#current;
    const header = { alg: this.#algorithm, typ: type, ...(kid !== undefined && { kid }) };
    return jwt.sign(claims, key, { algorithm: this.#algorithm, header });
  }

  /** The claims of a token that is ours, of the expected type, for the expected audience and not expired; else null. */
  verify(token: string, expected: Expected): jwt.JwtPayload | null {
    const kid = kidOf(token);
    // Without kid (HS256) every secret is tried; with ES256 only the key that the token names, among our own.
    for (const { key } of this.#checking.filter((candidate) => candidate.kid === kid)) {
      const claims = this.#verifyWith(key, token, expected);
      if (claims) return claims;
    }
    return null;
  }

  #verifyWith(key: KeyObject, token: string, expected: Expected): jwt.JwtPayload | null {
    const { type, issuer, audience, now } = expected;
    try {
      const { header, payload } = jwt.verify(token, key, {
        // The one accepted algorithm, whatever the token names (RFC 8725 section 3.1).
        algorithms: [this.#algorithm],
        issuer,
        audience,
        clockTimestamp: Math.floor(now / 1000),
        complete: true,
      });
      if (header.typ !== type || typeof payload === 'string' || typeof payload.exp !== 'number') return null;
      return Object.keys(header).every((name) => HEADER_MEMBERS.includes(name)) ? payload : null;
    } catch {
      // jsonwebtoken says every "no" by throwing: malformed, other key, other algorithm, expired.
      return null;
    }
  }
}

function kidOf(token: string): unknown {
  try {
    return jwt.decode(token, { complete: true })?.header.kid;
  } catch {
    return null;
  }
}

function publicJwk(key: KeyObject): PublicJwk {
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  // RFC 7638: the hash of the required members, in the order of their names.
  const required = JSON.stringify({ crv: 'P-256', kty: 'EC', x, y });
  const kid = createHash('sha256').update(required).digest('base64url');
  return { kty: 'EC', crv: 'P-256', x, y, kid, use: 'sig', alg: 'ES256' };
}
