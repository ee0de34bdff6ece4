import { randomBytes } from 'node:crypto';
import jwt from 'jsonwebtoken';
import type { Clock } from '../clock.ts';
import type { Session } from './ports.ts';

/** RFC 9068 section 2.1: says that a token is an access token, so that no other kind of token passes for one. */
const TOKEN_TYPE = 'at+jwt';
/** The one accepted algorithm: a token that names another, or none, is refused (RFC 8725 section 3.1). */
const ALGORITHM = 'HS256';

export interface AccessTokenSettings {
  /** The current key first; the others are accepted for checks only. */
  readonly secrets: readonly [string, ...string[]];
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
  readonly #clock: Clock;

  constructor(settings: AccessTokenSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  /** Signs a token for a session. */
  sign(session: Session): { token: string; expiresAt: Date } {
    const { secrets, issuer, audience, accessTtlSeconds } = this.#settings;
    const issuedAt = Math.floor(this.#clock() / 1000);
    const expiresAt = issuedAt + accessTtlSeconds;
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
    const token = jwt.sign(claims, secrets[0], { algorithm: ALGORITHM, header: { alg: ALGORITHM, typ: TOKEN_TYPE } });
    return { token, expiresAt: new Date(expiresAt * 1000) };
  }

  /** The claims of a token that is ours, meant for us and not expired; null for any other string. */
  verify(token: string): AccessTokenClaims | null {
    for (const secret of this.#settings.secrets) {
      const claims = this.#verifyWith(secret, token);
      if (claims) return claims;
    }
    return null;
  }

  #verifyWith(secret: string, token: string): AccessTokenClaims | null {
    const { issuer, audience } = this.#settings;
    const clockTimestamp = Math.floor(this.#clock() / 1000);
    try {
      const { header, payload } = jwt.verify(token, secret, {
        algorithms: [ALGORITHM],
        issuer,
        audience,
        clockTimestamp,
        complete: true,
      });
      if (header.typ !== TOKEN_TYPE || typeof payload === 'string') return null;
      if (typeof payload.sub !== 'string' || typeof payload['sid'] !== 'string' || typeof payload.exp !== 'number')
        return null;
      return { userId: payload.sub, sessionId: payload['sid'] };
    } catch {
      // jsonwebtoken says every "no" by throwing: malformed, other key, other algorithm, expired.
      return null;
    }
  }
}
