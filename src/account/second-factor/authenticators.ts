import { Secret, TOTP } from 'otpauth';
import { renderSVG } from 'uqr';
import type { Clock } from '../../clock.ts';
import type { Keyring } from '../../keyring.ts';
import type { Authenticator } from '../../users/user.ts';

/** RFC 6238 with what every authenticator app can do: SHA-1, six digits, 30 seconds. */
const PERIOD_SECONDS = 30;
const SECRET_BYTES = 20;
/** Time steps before and after the present one that are accepted, for clocks that differ (RFC 6238 section 5.2). */
const WINDOW = 1;

export interface NewAuthenticator {
  readonly sealedSecret: string;
  /** For typing it in by hand, base 32. */
  readonly secret: string;
  readonly otpauthUri: string;
  readonly qrCodeSvg: string;
}

/** Authenticator apps (TOTP, RFC 6238). Their secrets are kept sealed, so that a database dump makes no codes (invariant 6). */
export class Authenticators {
  /** The current secret's keys first; older ones open what they sealed. */
  readonly #keyrings: readonly [Keyring, ...Keyring[]];
  readonly #issuer: string;
  readonly #clock: Clock;

  /** @param issuer what the app shows above the account */
  constructor(keyrings: readonly [Keyring, ...Keyring[]], issuer: string, clock: Clock) {
    this.#keyrings = keyrings;
    this.#issuer = issuer;
    this.#clock = clock;
  }

  /** A new secret for an account, and how an app takes it in. */
  create(userId: string, email: string): NewAuthenticator {
    const secret = new Secret({ size: SECRET_BYTES });
    const otpauthUri = this.#totp(secret, email).toString();
    return {
      sealedSecret: this.#keyrings[0].seal(secret.base32, userId),
      secret: secret.base32,
      otpauthUri,
      qrCodeSvg: renderSVG(otpauthUri, { border: 2 }),
    };
  }

  /**
   * The authenticator after a code: with the code's time step, and sealed by the current key. Null when the code is not
   * right now, or the secret was sealed by a key that is gone. Whether the step was used before is the store's to say.
   */
  accept(sealedSecret: string, userId: string, code: string): Authenticator | null {
    for (const keyring of this.#keyrings) {
      const secret = keyring.open(sealedSecret, userId);
      if (secret === null) continue;
      const timestamp = this.#clock();
      const delta = this.#totp(Secret.fromBase32(secret)).validate({ token: code, timestamp, window: WINDOW });
      if (delta === null) return null;
      const current = keyring === this.#keyrings[0] ? sealedSecret : this.#keyrings[0].seal(secret, userId);
      return { sealedSecret: current, lastTimeStep: Math.floor(timestamp / (PERIOD_SECONDS * 1000)) + delta };
    }
    return null;
  }

  #totp(secret: Secret, label = ''): TOTP {
    return new TOTP({ issuer: this.#issuer, label, algorithm: 'SHA1', digits: 6, period: PERIOD_SECONDS, secret });
  }
}
