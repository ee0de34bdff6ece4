import currencyCodes from 'currency-codes';
import { createHash } from 'node:crypto';
import { badInput } from '../errors.ts';

/** A payment in its canonical form (docs/transactions.md). Only `parseTransaction` makes one. */
export interface PaymentOrder {
  /** The payment backend's own name for it. */
  readonly reference: string;
  /** A decimal with exactly the currency's digits: "10.00". */
  readonly amount: string;
  /** ISO 4217: "EUR". */
  readonly currency: string;
  readonly payee: string;
}

/** Separates these hashes from all others, and from those of a later canonical form. */
const HASH_PREFIX = 'otpql-transaction-v1\n';
const MAX_REFERENCE = 128;
/** As long as a name in ISO 20022. */
const MAX_PAYEE = 140;

/** ASCII digits; no sign, exponent, separator or leading zero; at most 15 digits before the point. */
const AMOUNT = /^(0|[1-9][0-9]{0,14})(?:\.([0-9]+))?$/;
/** ISO 4217 names metals, bond units and test codes too, which nobody pays with; they have no digits. */
const NO_MONEY = new Set('XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX'.split(' '));
/**
 * What would show a person something else than what is hashed: control characters, line separators, bidi overrides and
 * other invisible ones, lone surrogates, private use. The two joiners stay: some scripts cannot be written without them.
 */
const NOT_TEXT = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;
const SPACES_AROUND = /^\p{Zs}+|\p{Zs}+$/gu;

/**
 * Reads a payment as a client wrote it into its canonical form.
 * @param field the input's name in the API, for errors: `transaction`
 * @throws AppError BAD_USER_INPUT naming the part, for example `transaction.amount`
 */
export function parseTransaction(raw: PaymentOrder, field: string): PaymentOrder {
  const currency = parseCurrency(raw.currency, `${field}.currency`);
  return {
    reference: parseText(raw.reference, `${field}.reference`, MAX_REFERENCE),
    amount: parseAmount(raw.amount, currency, `${field}.amount`),
    currency: currency.code,
    payee: parseText(raw.payee, `${field}.payee`, MAX_PAYEE),
  };
}

/** The canonical bytes as text: RFC 8785, so members in the order of their names and no white space between them. */
export function canonicalForm({ amount, currency, payee, reference }: PaymentOrder): string {
  // For an object of strings without lone surrogates JSON.stringify is what RFC 8785 section 3.2.2.2 prescribes.
  return JSON.stringify({ amount, currency, payee, reference });
}

/** SHA-256 over the canonical form, base64url: what a code and a receipt are bound to. */
export function transactionHash(order: PaymentOrder): string {
  return createHash('sha256')
    .update(HASH_PREFIX + canonicalForm(order))
    .digest('base64url');
}

function parseCurrency(raw: string, field: string): { readonly code: string; readonly digits: number } {
  const known = /^[A-Z]{3}$/.test(raw) && !NO_MONEY.has(raw) ? currencyCodes.code(raw) : undefined;
  if (!known) throw badInput(field, 'must be a currency code of ISO 4217 in capitals, for example EUR');
  return known;
}

/** "10" becomes "10.00" in EUR; more digits than the currency has are refused, never rounded. */
function parseAmount(raw: string, { code, digits }: { code: string; digits: number }, field: string): string {
  const [, whole, fraction = ''] = AMOUNT.exec(raw) ?? [];
  if (whole === undefined)
    throw badInput(field, 'must be a decimal number such as "10" or "10.50", at most 15 digits before the point');
  if (fraction.length > digits) throw badInput(field, `has more decimal digits than ${code}, which has ${digits}`);
  if (/^0*$/.test(whole + fraction)) throw badInput(field, 'must be more than zero');
  return digits === 0 ? whole : `${whole}.${fraction.padEnd(digits, '0')}`;
}

/** Text that a person is shown: NFC, without spaces around it. */
function parseText(raw: string, field: string, maxLength: number): string {
  // Before anything else: normalising and trimming take quadratic time on the right 100 kB.
  if (raw.length > 4 * maxLength) throw badInput(field, `is longer than ${maxLength} characters`);
  const text = raw.normalize('NFC').replace(SPACES_AROUND, '');
  if (text === '') throw badInput(field, 'must not be empty');
  if ([...text].length > maxLength) throw badInput(field, `is longer than ${maxLength} characters`);
  if (NOT_TEXT.test(text))
    throw badInput(field, 'must not hold control characters, line breaks or invisible characters');
  return text;
}
