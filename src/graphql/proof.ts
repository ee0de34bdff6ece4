import { badInput } from '../errors.ts';
import { CODE_LENGTH } from '../otp/challenge.ts';
import { parseCode } from '../otp/destination.ts';
import type { Proof } from '../otp/claims.ts';

/**
 * Exactly one of the code and the token.
 * @param fields what the API calls the two, for errors
 * @throws AppError BAD_USER_INPUT naming the code's field
 */
export function parseProof(
  { otpCode, verificationToken }: { otpCode?: string | null; verificationToken?: string | null },
  fields = { code: 'otpCode', token: 'verificationToken' },
): Proof {
  if (otpCode != null && verificationToken != null)
    throw badInput(fields.code, `and ${fields.token} exclude each other: give one`);
  if (otpCode != null) return { code: parseCode(otpCode, fields.code, CODE_LENGTH), field: fields.code };
  if (verificationToken != null) return { verificationToken, field: fields.token };
  throw badInput(fields.code, `is missing: give ${fields.code} or ${fields.token}`);
}
