import type { InboxNotice } from '../../src/local/notice-inbox.ts';
import { freshEmail } from './codes.ts';
import type { TestServer } from './server.ts';
import { until } from './twilio-server.ts';

/** What development shows of the mail to an address, newest first. */
export async function noticesTo(server: TestServer, to: string): Promise<InboxNotice[]> {
  const response = await fetch(`${server.url}/dev/notices.json?to=${encodeURIComponent(to)}`);
  if (response.status !== 200) throw new Error(`/dev/notices.json answered ${response.status}`);
  return (await response.json()) as InboxNotice[];
}

/** The link in the newest of so many mails with a link to an address, once they are there. */
export async function linkTo(server: TestServer, to: string, count = 1): Promise<string> {
  const links = async () => (await noticesTo(server, to)).flatMap(({ link }) => link ?? []);
  await until(async () => (await links()).length >= count);
  return (await links())[0]!;
}

export function tokenOf(link: string): string {
  return new URLSearchParams(new URL(link).hash.slice(1)).get('token')!;
}

/** An account as the import makes it: an e-mail address that nobody has proven, and no phone. */
export async function importUser(server: TestServer, email = freshEmail()): Promise<string> {
  const now = new Date();
  const passwordHash = 'pbkdf2:sha256:1$salt$00';
  const none = { emailVerifiedAt: null, phoneVerifiedAt: null, twoFactorEnabled: false };
  await server.db.collection('users').insertOne({ email, passwordHash, ...none, createdAt: now, updatedAt: now });
  return email;
}
