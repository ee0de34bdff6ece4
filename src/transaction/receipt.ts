import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { SigningKeys } from '../session/signing-keys.ts';
import { transactionHash, type PaymentOrder } from './transaction.ts';

/** Says that a token is a receipt: neither an access token nor anything else passes for one (RFC 8725 section 3.11). */
const RECEIPT_TYPE = 'transaction-receipt+jwt';
/** Time enough for a payment backend to act on it; short, since nobody can take it back. */
const RECEIPT_LIFE_SECONDS = 600;

/** What a user's confirmation of one payment is worth: a signed token that a payment backend checks by itself. */
export interface Receipt {
  readonly id: string;
  readonly reference: string;
  /** Of the canonical transaction. */
  readonly hash: string;
  readonly confirmedAt: Date;
  readonly token: string;
}

/** Signs receipts (docs/transactions.md). */
export class Receipts {
  readonly #issuer: string;
  readonly #audience: string;
  readonly #keys: SigningKeys;
  readonly #clock: Clock;

  constructor(settings: { readonly issuer: string; readonly audience: string }, keys: SigningKeys, clock: Clock) {
    this.#issuer = settings.issuer;
    // Not the audience of access tokens, so that a service which forgets to look at the type still tells the two apart.
    this.#audience = `${settings.audience}/transactions`;
    this.#keys = keys;
    this.#clock = clock;
  }

  /** @param amr how the user was proven (RFC 8176), this confirmation included */
  sign(order: PaymentOrder, userId: string, amr: readonly string[]): Receipt {
    const id = randomBytes(16).toString('base64url');
    const confirmedAt = new Date(this.#clock());
    const issuedAt = Math.floor(confirmedAt.getTime() / 1000);
    const hash = transactionHash(order);
    const { reference } = order;
    const claims = {
      iss: this.#issuer,
      aud: this.#audience,
      sub: userId,
      jti: id,
      iat: issuedAt,
      exp: issuedAt + RECEIPT_LIFE_SECONDS,
      transaction_hash: hash,
      reference,
      amr,
    };
    return { id, reference, hash, confirmedAt, token: this.#keys.sign(claims, RECEIPT_TYPE) };
  }
}
