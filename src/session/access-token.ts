import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Session } from './ports.ts';
import type { SigningKeys } from './signing-keys.ts';

/** RFC 9068 section 2.1: says that a token is an access token, so that no other kind of token passes for one. */
const TOKEN_TYPE = 'at+jwt';

export interface AccessTokenSettings {
  readonly issuer: string;
  readonly audience: string;
  readonly accessTtlSeconds: number;
}

export interface AccessTokenClaims {
  readonly userId: string;
  readonly sessionId: string;
}

/** Signs and checks access tokens (RFC 7519). */
export class AccessTokens {
  readonly #settings: AccessTokenSettings;
  readonly #keys: SigningKeys;
  readonly #clock: Clock;

  constructor(settings: AccessTokenSettings, keys: SigningKeys, clock: Clock) {
    this.#settings = settings;
    this.#keys = keys;
    this.#clock = clock;
  }

  /** Signs a token for a session; it works no longer than the session can. */
  sign(session: Session): { token: string; expiresAt: Date } {
    const { issuer, audience, accessTtlSeconds } = this.#settings;
    const issuedAt = Math.floor(this.#clock() / 1000);
    const expiresAt = Math.min(issuedAt + accessTtlSeconds, Math.floor(session.endsAt.getTime() / 1000));
    const claims = {
      iss: issuer,
      aud: audience,
      sub: session.userId,
      sid: session.id,
      iat: issuedAt,
      exp: expiresAt,
      jti: randomBytes(16).toString('base64url'),
      amr: session.amr,
      auth_time: Math.floor(session.authenticatedAt.getTime() / 1000),
    };
    return { token: this.#keys.sign(claims, TOKEN_TYPE), expiresAt: new Date(expiresAt * 1000) };
  }

  /** The claims of a token that is ours, meant for us and not expired; null for any other string. */
  verify(token: string): AccessTokenClaims | null {
    const { issuer, audience } = this.#settings;
    const claims = this.#keys.verify(token, { type: TOKEN_TYPE, issuer, audience, now: this.#clock() });
    if (typeof claims?.sub !== 'string' || typeof claims['sid'] !== 'string') return null;
    return { userId: claims.sub, sessionId: claims['sid'] };
  }
}
