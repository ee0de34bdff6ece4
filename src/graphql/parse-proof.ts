import { badInput } from '../errors.ts';
import { CODE_LENGTH } from '../otp/challenge.ts';
import { parseCode } from '../otp/destination.ts';
import type { Proof } from '../otp/otp-service.ts';

/**
 * Exactly one of a code and a verification token.
 * @param fields the names of the two inputs in the API, for errors
 * @throws AppError BAD_USER_INPUT
 */
export function parseProof(
  code: string | null | undefined,
  verificationToken: string | null | undefined,
  fields = { code: 'otpCode', token: 'verificationToken' },
): Proof {
  if (code != null && verificationToken != null)
    throw badInput(fields.code, `and ${fields.token} exclude each other: give one`);
  if (code != null) return { code: parseCode(code, fields.code, CODE_LENGTH) };
  if (verificationToken != null) return { verificationToken };
  throw badInput(fields.code, `is missing: give ${fields.code} or ${fields.token}`);
}
