import { Secret, TOTP } from 'otpauth';
import type { LoginMutation, PendingSecondFactorFragment } from '../../web/generated/operations.ts';
import {
  ConfirmAuthenticatorDocument,
  EnableSecondFactorWithOtpDocument,
  EnrollAuthenticatorDocument,
  LoginDocument,
} from '../../web/generated/operations.ts';
import { registerUser, sendCode } from './codes.ts';
import type { TestServer } from './server.ts';

export type Registered = Awaited<ReturnType<typeof registerUser>>;

/** The header that signs a request. */
export function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

/** The claims of a token, unchecked. */
export function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as Record<string, unknown>;
}

/** Waits until more than `before` messages have arrived at a destination; returns the newest code. */
export async function nextCode(server: TestServer, to: string, before: number): Promise<string> {
  for (;;) {
    const messages = await server.inbox(to);
    if (messages.length > before) return messages[0]!.code;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A user whose e-mail address is verified and whose second factor, codes by message, is on. */
export async function userWithFactor(server: TestServer) {
  const user = await registerUser(server, { verifiedEmail: true });
  server.clock.advance(31_000);
  const otpCode = await sendCode(server, user.phone);
  const answer = await server.run(
    EnableSecondFactorWithOtpDocument,
    { input: { password: user.password, otpCode } },
    bearer(user.token),
  );
  if (answer.code) throw new Error(`enableSecondFactorWithOtp answered ${answer.code}`);
  return { ...user, recoveryCodes: answer.data!.enableSecondFactorWithOtp.recoveryCodes };
}

/** The second factor by message, for a change that this user's session makes. */
export function stepUpCode(server: TestServer, { phone, token }: { phone: string; token: string }): Promise<string> {
  return sendCode(server, phone, { purpose: 'STEP_UP', headers: bearer(token) });
}

/** The codes of an authenticator app, at the server's time. */
export function authenticatorApp(server: TestServer, secret: string) {
  const totp = new TOTP({ secret: Secret.fromBase32(secret), algorithm: 'SHA1', digits: 6, period: 30 });
  return { code: (shiftMs = 0) => totp.generate({ timestamp: server.clock.now() + shiftMs }) };
}

/** A user whose second factor is an authenticator app. */
export async function userWithAuthenticator(server: TestServer) {
  const user = await registerUser(server, { verifiedEmail: true });
  const headers = bearer(user.token);
  const enrolled = await server.run(EnrollAuthenticatorDocument, { input: { password: user.password } }, headers);
  if (enrolled.code) throw new Error(`enrollAuthenticator answered ${enrolled.code}`);
  const app = authenticatorApp(server, enrolled.data!.enrollAuthenticator.secret);
  const confirmed = await server.run(ConfirmAuthenticatorDocument, { otpCode: app.code() }, headers);
  if (confirmed.code) throw new Error(`confirmAuthenticator answered ${confirmed.code}`);
  // The step of the confirmation is spent.
  server.clock.advance(30_000);
  return { ...user, app, recoveryCodes: confirmed.data!.confirmAuthenticator.recoveryCodes };
}

/** Signs in by password, which must lead to a second step. */
export async function firstStep(server: TestServer, user: { email: string; password: string }) {
  const { email, password } = user;
  const answer = await server.run(LoginDocument, { input: { email, password } });
  return pendingOf(answer.data?.login);
}

/** The second step that a sign-in asks for. @throws Error when it asks for none */
export function pendingOf(result: LoginMutation['login'] | null | undefined): PendingSecondFactorFragment {
  if (result && 'loginTicket' in result) return result;
  throw new Error('the sign-in asked for no second factor');
}

/** The token of a sign-in that is complete; null when it is not. */
export function tokenOf(result: LoginMutation['login'] | null | undefined): string | null {
  return result && 'token' in result ? result.token : null;
}
