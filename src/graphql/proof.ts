import { badInput } from '../errors.ts';
import { CODE_LENGTH } from '../otp/challenge.ts';
import { parseCode } from '../otp/destination.ts';
import type { Proof } from '../otp/otp-service.ts';

/**
 * Exactly one of the code and the token.
 * @throws AppError BAD_USER_INPUT naming `otpCode`
 */
export function parseProof(input: { otpCode?: string | null; verificationToken?: string | null }): Proof {
  const { otpCode, verificationToken } = input;
  if (otpCode != null && verificationToken != null)
    throw badInput('otpCode', 'and verificationToken exclude each other: give one');
  if (otpCode != null) return { code: parseCode(otpCode, 'otpCode', CODE_LENGTH) };
  if (verificationToken != null) return { verificationToken };
  throw badInput('otpCode', 'is missing: give otpCode or verificationToken');
}
