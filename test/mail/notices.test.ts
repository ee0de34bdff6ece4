// DESIGN section 7: what happens to an account is told to its owner, at verified destinations only, after the answer.
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Notice } from '../../src/users/notices.ts';
import type { InboxNotice } from '../../src/local/notice-inbox.ts';
import { BackgroundNotifier, type NoticeOutcome } from '../../src/mail/notifier.ts';
import { noticeText } from '../../src/mail/notice-text.ts';
import { ResetPasswordWithOtpDocument, SendOtpDocument } from '../../web/generated/operations.ts';
import { registerUser } from '../support/codes.ts';
import { startMailServer, type MailServer } from '../support/mail-server.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { occurrences, startTwilioServer, until, type TwilioServer } from '../support/twilio-server.ts';

let mail: MailServer;
let plain: TestServer;
let mailing: TestServer;
beforeAll(async () => {
  mail = await startMailServer();
  plain = await startServer({ RATE_LIMIT_SCALE: '1000' });
  mailing = await startServer({ ...mail.environment, RATE_LIMIT_SCALE: '1000' });
});
const opened: TestServer[] = [];
afterEach(async () => {
  mail.refuseWith(null);
  await Promise.all(opened.splice(0).map((server) => server.close()));
});
afterAll(async () => {
  await Promise.all([plain.close(), mailing.close()]);
  await mail.close();
});

async function noticesTo(server: TestServer, to: string): Promise<InboxNotice[]> {
  const response = await fetch(`${server.url}/dev/notices.json?to=${encodeURIComponent(to)}`);
  expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store']);
  return (await response.json()) as InboxNotice[];
}

/** A registered user whose phone is proven; the e-mail address too, where codes for it can be read. */
async function resetPassword(server: TestServer, { email, phone }: { email: string; phone: string }) {
  const sent = await server.run(SendOtpDocument, { input: { to: phone, purpose: 'PASSWORD_RESET' } });
  expect(sent.code).toBeNull();
  await until(async () => (await server.inbox(phone))[0]?.purpose === 'PASSWORD_RESET');
  const otpCode = (await server.inbox(phone))[0]!.code;
  const input = { email, phone, newPassword: 'a brand new passphrase', otpCode };
  return server.run(ResetPasswordWithOtpDocument, { input });
}

/** Proven without a code, where only the mail server would know it. */
const proveEmail = (server: TestServer, email: string) =>
  server.db.collection('users').updateOne({ email }, { $set: { emailVerifiedAt: new Date() } });

test('after a reset both verified destinations are told what happened and when', async () => {
  const user = await registerUser(plain, { verifiedEmail: true });
  const codesBefore = await plain.inbox(user.email);
  expect((await resetPassword(plain, user)).code).toBeNull();
  await until(async () => (await noticesTo(plain, user.phone)).length > 0);
  const sentAt = new Date(plain.clock.now()).toISOString();
  const { subject, paragraphs } = noticeText({ kind: 'PASSWORD_RESET', at: plain.clock.now() });
  const told = { kind: 'PASSWORD_RESET', subject, text: paragraphs.join('\n\n'), sentAt };
  expect(await noticesTo(plain, user.phone)).toEqual([{ to: user.phone, channel: 'SMS', ...told }]);
  expect(await noticesTo(plain, user.email)).toEqual([{ to: user.email, channel: 'EMAIL', ...told }]);
  expect(told.text).toContain(`${sentAt.slice(0, 10)} ${sentAt.slice(11, 16)} UTC`);
  // The JSON of codes stays as it was: no notice in it.
  expect(await plain.inbox(user.email)).toEqual(codesBefore);
});

test('an unverified e-mail address is told nothing, and a refused reset tells nobody', async () => {
  const user = await registerUser(plain);
  const wrong = { email: user.email, phone: user.phone, newPassword: 'a brand new passphrase', otpCode: '000000' };
  expect((await plain.run(ResetPasswordWithOtpDocument, { input: wrong })).code).toBe('OTP_EXPIRED');
  expect(await noticesTo(plain, user.phone)).toEqual([]);
  await resetPassword(plain, user);
  await until(async () => (await noticesTo(plain, user.phone)).length > 0);
  expect(await noticesTo(plain, user.email)).toEqual([]);
});

test('with SMTP the e-mail goes by mail, and the phone still to the inbox', async () => {
  const user = await registerUser(mailing);
  await proveEmail(mailing, user.email);
  expect((await resetPassword(mailing, user)).code).toBeNull();
  const [one] = await mail.arrived(user.email);
  expect(one!.subject).toBe('Your password was reset');
  expect(one!.text).toContain('If it was not you');
  expect(one!.raw).toContain('Auto-Submitted: auto-generated');
  expect(one!.text).not.toMatch(/\b\d{6}\b|https?:/);
  await until(async () => (await noticesTo(mailing, user.phone)).length === 1);
  expect(await noticesTo(mailing, user.email)).toEqual([]);
});

test('a mail server that refuses does not touch the reset; the log counts it, without the address', async () => {
  const user = await registerUser(mailing);
  await proveEmail(mailing, user.email);
  mail.refuseWith(550);
  expect((await resetPassword(mailing, user)).code).toBeNull();
  await until(() => mailing.log().includes('a notice was not delivered'));
  expect(mailing.log()).toContain('"lostNotices":1');
  expect(mailing.log()).not.toContain(user.email);
  mail.refuseWith(null);
});

test('with Twilio the e-mail goes by SMTP; without SMTP the log says so once for each channel', async () => {
  const production = { NODE_ENV: 'production', PHONE_STRICT: 'false' };
  const withMail: TwilioServer = await startTwilioServer({ ...production, ...mail.environment });
  const without: TwilioServer = await startTwilioServer(production);
  opened.push(withMail, without);
  const user = await registerUser(withMail);
  await proveEmail(withMail, user.email);
  expect((await resetPassword(withMail, user)).code).toBeNull();
  expect(await mail.arrived(user.email)).toHaveLength(1);
  expect(withMail.log()).not.toContain('notices by e-mail are not delivered');

  for (let count = 0; count < 2; count += 1) {
    const other = await registerUser(without);
    await proveEmail(without, other.email);
    expect((await resetPassword(without, other)).code).toBeNull();
    expect(without.log()).not.toContain(other.email);
  }
  await until(() => without.log().includes('notices by SMS are not delivered'));
  for (const line of ['notices by e-mail are not delivered: set SMTP_URL', 'notices by SMS are not delivered'])
    expect(occurrences(without.log(), line)).toBe(1);
});

test('a flood waits in a bounded queue, goes out two at a time, and is drained', async () => {
  let atOnce = 0;
  let most = 0;
  const outcomes: NoticeOutcome[] = [];
  const mailer = {
    send: async () => {
      most = Math.max(most, (atOnce += 1));
      await new Promise((resolve) => setImmediate(resolve));
      atOnce -= 1;
    },
  };
  const notifier = new BackgroundNotifier({ mailer, inbox: null, onOutcome: (outcome) => outcomes.push(outcome) });
  const notice: Notice = { to: 'a@example.com', channel: 'EMAIL', kind: 'PHONE_CHANGED', at: 0 };
  for (let count = 0; count < 5_000; count += 1) notifier.notify(notice);
  await notifier.drain();
  expect(most).toBe(2);
  const sent = outcomes.filter((outcome) => outcome === 'SENT').length;
  expect(sent).toBeLessThan(1_010);
  expect(sent).toBeGreaterThanOrEqual(1_000);
  expect(outcomes.filter((outcome) => outcome === 'DROPPED')).toHaveLength(5_000 - sent);
});
