import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { AppError, badInput } from '../errors.ts';
import type { OtpChannel } from './challenge.ts';

const E164 = /^\+[1-9]\d{6,14}$/;
const MAX_EMAIL_LENGTH = 254;
/** The HTML standard's e-mail pattern, widened to letters beyond ASCII in both parts (RFC 6531), with a dot in the domain. */
const EMAIL =
  /^[\p{L}\p{M}\p{N}.!#$%&'*+/=?^_`{|}~-]+@[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}-]{0,61}[\p{L}\p{M}\p{N}])?(?:\.[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}-]{0,61}[\p{L}\p{M}\p{N}])?)+$/u;

/** Reads destinations; `phoneStrict` also refuses numbers that libphonenumber calls impossible. */
export interface DestinationRules {
  readonly phoneStrict: boolean;
}

/**
 * A phone number in E.164: spaces, hyphens, dots and parentheses are removed, nothing else is guessed.
 * @param field the input's name in the API, for the error
 * @throws AppError INVALID_PHONE_NUMBER
 */
export function parsePhone(raw: string, field: string, rules: DestinationRules): string {
  const phone = raw.replace(/[ \-.()]/g, '');
  const valid = E164.test(phone) && (!rules.phoneStrict || parsePhoneNumberFromString(phone)?.isPossible() === true);
  if (!valid) throw new AppError('INVALID_PHONE_NUMBER', { facts: { field } });
  return phone;
}

/**
 * An e-mail address: trimmed, NFC, lower case, at most 254 characters.
 * @param field the input's name in the API, for the error
 * @throws AppError INVALID_EMAIL
 */
export function parseEmail(raw: string, field: string): string {
  // Before anything else: normalising takes quadratic time on the right 100 kB.
  if (raw.length > 4 * MAX_EMAIL_LENGTH) throw invalidEmail(field, `it is longer than ${MAX_EMAIL_LENGTH} characters`);
  const email = raw.trim().normalize('NFC').toLowerCase().normalize('NFC');
  if (email.length > MAX_EMAIL_LENGTH) throw invalidEmail(field, `it is longer than ${MAX_EMAIL_LENGTH} characters`);
  if (!EMAIL.test(email) || email.includes('..') || /^\.|\.@/.test(email))
    throw invalidEmail(field, 'use the form name@example.com');
  return email;
}

/** The destination of a send: an e-mail address for EMAIL, a phone number for every other channel. */
export function parseDestination(raw: string, channel: OtpChannel, field: string, rules: DestinationRules): string {
  return channel === 'EMAIL' ? parseEmail(raw, field) : parsePhone(raw, field, rules);
}

/** The destination of a check, where no channel is named: what holds an @ is an e-mail address. */
export function parseAnyDestination(raw: string, field: string, rules: DestinationRules): string {
  return raw.includes('@') ? parseEmail(raw, field) : parsePhone(raw, field, rules);
}

/**
 * A code as typed: ASCII digits only, spaces and hyphens around or inside removed.
 * @throws AppError BAD_USER_INPUT naming the field
 */
export function parseCode(raw: string, field: string, length: number): string {
  const code = raw.replace(/[ -]/g, '');
  if (code.length !== length || !/^[0-9]+$/.test(code)) throw badInput(field, `must be ${length} digits`);
  return code;
}

/**
 * A language tag (BCP 47) in its canonical form.
 * @throws AppError BAD_USER_INPUT naming the field
 */
export function parseLocale(raw: string, field: string): string {
  const problem = 'must be a language tag such as "en" or "pt-BR"';
  if (raw.length > 35) throw badInput(field, problem);
  try {
    return Intl.getCanonicalLocales(raw)[0] ?? 'en';
  } catch {
    throw badInput(field, problem);
  }
}

function invalidEmail(field: string, why: string): AppError {
  return new AppError('INVALID_EMAIL', { message: `Invalid e-mail address: ${why}`, facts: { field } });
}
