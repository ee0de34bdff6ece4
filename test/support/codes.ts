import {
  RegisterWithOtpDocument,
  SendOtpDocument,
  VerifyOtpDocument,
  type OtpChannel,
  type OtpPurpose,
} from '../../web/generated/operations.ts';
import type { TestServer } from './server.ts';

let counter = 0;
/** A phone number that no other test of this run uses. */
export function freshPhone(): string {
  counter += 1;
  return `+1202${String(process.pid % 1000).padStart(3, '0')}${String(counter).padStart(4, '0')}`;
}

/** An e-mail address that no other test of this run uses. */
export function freshEmail(): string {
  counter += 1;
  return `person-${process.pid}-${counter}@example.com`;
}

/** A code that is certainly not this one. */
export function wrongCode(code: string): string {
  return String((Number(code) + 1) % 1_000_000).padStart(6, '0');
}

/** Sends a code and reads it from the inbox. */
export async function sendCode(
  server: TestServer,
  to: string,
  options: { purpose?: OtpPurpose; channel?: OtpChannel; headers?: Record<string, string> } = {},
): Promise<string> {
  const { headers, ...input } = options;
  const answer = await server.run(SendOtpDocument, { input: { to, ...input } }, headers);
  if (answer.code) throw new Error(`sendOtp answered ${answer.code}`);
  const [message] = await server.inbox(to);
  if (!message) throw new Error(`no code arrived for ${to}`);
  return message.code;
}

/** Sends and verifies a code; returns the verification token. */
export async function proveDestination(server: TestServer, to: string, channel: OtpChannel = 'SMS'): Promise<string> {
  const code = await sendCode(server, to, { channel });
  const answer = await server.run(VerifyOtpDocument, { input: { to, code } });
  return answer.data!.verifyOtp.verificationToken!;
}

/** Registers a user over the API. */
export async function registerUser(
  server: TestServer,
  user: { phone?: string; email?: string; password?: string; verifiedEmail?: boolean } = {},
) {
  const { phone = freshPhone(), email = freshEmail(), password = 'securepassword' } = user;
  const emailVerificationToken = user.verifiedEmail ? await proveDestination(server, email, 'EMAIL') : null;
  const otpCode = await sendCode(server, phone);
  const answer = await server.run(RegisterWithOtpDocument, {
    input: { email, phone, password, otpCode, emailVerificationToken },
  });
  if (answer.code) throw new Error(`registerWithOtp answered ${answer.code}`);
  return { phone, email, password, ...answer.data!.registerWithOtp };
}
