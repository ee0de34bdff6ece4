import { SendOtpDocument } from '../../web/generated/operations.ts';
import { nextCode } from './accounts.ts';
import type { TestServer } from './server.ts';

/** Sends an ACCOUNT_RECOVERY code, which goes out after the answer, and reads it from the inbox. */
export async function sendRecovery(server: TestServer, to: string): Promise<string> {
  const before = (await server.inbox(to)).length;
  const channel = to.includes('@') ? 'EMAIL' : 'SMS';
  const answer = await server.run(SendOtpDocument, { input: { to, channel, purpose: 'ACCOUNT_RECOVERY' } });
  if (answer.code) throw new Error(`sendOtp answered ${answer.code}`);
  return nextCode(server, to, before);
}
