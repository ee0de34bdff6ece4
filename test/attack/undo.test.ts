// Whoever had an account before it was moved has the last word for three days (docs/adr/0045-even-step-up.md): the notice of
// a change of phone or e-mail address goes to every destination of before, proven or not, with a link that undoes it. The
// link works once, is hashed at rest, ends every session and whatever was begun, needs a person's click, takes nothing from
// another account, and never reaches a destination that came by a change which can still be undone: a thief's.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  ChangeEmailWithOtpDocument,
  ChangePhoneWithOtpDocument,
  DeleteAccountDocument,
  LoginDocument,
  LoginWithOtpDocument,
  MeDocument,
  SendOtpDocument,
  UndoChangeDocument,
} from '../../web/generated/operations.ts';
import { bearer, nextCode, tokenOf as sessionOf } from '../support/accounts.ts';
import { freshEmail, freshPhone, registerUser, sendCode } from '../support/codes.ts';
import { linkTo, noticesTo, tokenOf } from '../support/reset-links.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { until } from '../support/twilio-server.ts';
import { tally, volley } from './volley.ts';

const password = 'securepassword';
const THREE_DAYS_MS = 72 * 3_600_000;

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '1000' });
});
afterAll(() => server.close());

async function movePhone(token: string, newPhone = freshPhone()): Promise<string> {
  server.clock.advance(31_000);
  const otpCode = await sendCode(server, newPhone, { purpose: 'PHONE_CHANGE', headers: bearer(token) });
  const input = { newPhone, password, otpCode };
  expect((await server.run(ChangePhoneWithOtpDocument, { input }, bearer(token))).code).toBeNull();
  return newPhone;
}

async function moveEmail(token: string, newEmail = freshEmail()): Promise<string> {
  server.clock.advance(31_000);
  const otpCode = await sendCode(server, newEmail, { channel: 'EMAIL' });
  const input = { newEmail, password, otpCode };
  expect((await server.run(ChangeEmailWithOtpDocument, { input }, bearer(token))).code).toBeNull();
  return newEmail;
}

const undo = (link: string) => server.run(UndoChangeDocument, { input: { token: tokenOf(link) } });
const signIn = async (email: string) =>
  sessionOf((await server.run(LoginDocument, { input: { email, password } })).data?.login);
const userWith = (email: string) => server.db.collection('users').findOne({ email });
const changeNotices = async (to: string, kind: string, count = 1) => {
  const all = async () => (await noticesTo(server, to)).filter((notice) => notice.kind === kind);
  await until(async () => (await all()).length >= count);
  return all();
};

test('a moved phone comes back by the link, to an address that nobody ever proved too; every session ends', async () => {
  const user = await registerUser(server);
  const before = (await userWith(user.email))!;
  const newPhone = await movePhone(user.token);
  expect((await changeNotices(user.phone, 'PHONE_CHANGED'))[0]?.link).toBe(await linkTo(server, user.email));
  const other = await signIn(user.email);
  expect((await undo(await linkTo(server, user.email))).data?.undoChange.sessionsRevoked).toBe(2);
  for (const token of [user.token, other!])
    expect((await server.run(MeDocument, {}, bearer(token))).data?.me ?? null).toBeNull();
  const after = (await userWith(user.email))!;
  expect(after).toMatchObject({ phone: user.phone, phoneVerifiedAt: before['phoneVerifiedAt'], emailVerifiedAt: null });
  expect(after['authVersion']).toBe(2);
  for (const to of [user.email, user.phone, newPhone]) await changeNotices(to, 'CHANGE_UNDONE');
});

test('a moved address comes back by the link', async () => {
  const user = await registerUser(server, { verifiedEmail: true });
  const newEmail = await moveEmail(user.token);
  expect(await userWith(user.email)).toBeNull();
  expect((await undo(await linkTo(server, user.email))).code).toBeNull();
  expect(await userWith(newEmail)).toBeNull();
  expect((await userWith(user.email))!['emailVerifiedAt']).not.toBeNull();
});

test('a sign-in that was begun before is over', async () => {
  const user = await registerUser(server);
  const newPhone = await movePhone(user.token);
  const before = (await server.inbox(newPhone)).length;
  await server.run(SendOtpDocument, { input: { to: newPhone, purpose: 'LOGIN' } });
  const otpCode = await nextCode(server, newPhone, before);
  await undo(await linkTo(server, user.email));
  expect((await server.run(LoginWithOtpDocument, { input: { to: newPhone, otpCode } })).data).toBeFalsy();
});

test('looking at the link changes nothing: the page waits for a click', async () => {
  const user = await registerUser(server);
  const newPhone = await movePhone(user.token);
  const link = await linkTo(server, user.email);
  const { pathname } = new URL(link);
  for (const url of [pathname, `${pathname}?token=${tokenOf(link)}`]) {
    for (const method of ['GET', 'HEAD', 'POST']) await fetch(`${server.url}${url}`, { method });
  }
  const page = await (await fetch(`${server.url}${pathname}`)).text();
  expect(page).toContain('Undo the change');
  expect((await userWith(user.email))!['phone']).toBe(newPhone);
});

test('of many uses at once one undoes; after it the link is dead', async () => {
  const user = await registerUser(server);
  await movePhone(user.token);
  const link = await linkTo(server, user.email);
  const { OK, ...others } = tally(await volley(20, () => undo(link)));
  expect(OK).toBe(1);
  for (const code of Object.keys(others)) expect(['OTP_EXPIRED', 'SERVICE_UNAVAILABLE']).toContain(code);
  expect((await undo(link)).code).toBe('OTP_EXPIRED');
  expect((await userWith(user.email))!['authVersion']).toBe(2);
});

test('a link works for three days, to the millisecond', async () => {
  const [early, late] = [await registerUser(server), await registerUser(server)];
  await movePhone(early.token);
  await movePhone(late.token);
  const links = [await linkTo(server, early.email), await linkTo(server, late.email)];
  server.clock.advance(THREE_DAYS_MS - 1);
  expect((await undo(links[1]!)).code).toBeNull();
  server.clock.advance(1);
  expect((await undo(links[0]!)).code).toBe('OTP_EXPIRED');
});

test('the database and the log hold no link, and unknown tokens say the same as used ones', async () => {
  const user = await registerUser(server);
  await movePhone(user.token);
  const token = tokenOf(await linkTo(server, user.email));
  const stored = JSON.stringify(await server.db.collection('undoLinks').find().toArray());
  expect(stored).not.toContain(token);
  expect(server.log()).not.toContain(token);
  for (const wrong of ['', 'x'.repeat(43), '$ne', 'y'.repeat(10_000)])
    expect((await server.run(UndoChangeDocument, { input: { token: wrong } })).code).toBe('OTP_EXPIRED');
});

test('what another account has by now is not taken back; once it is free, the link does its work', async () => {
  const user = await registerUser(server);
  await movePhone(user.token);
  const link = await linkTo(server, user.email);
  server.clock.advance(31_000);
  const holder = await registerUser(server, { phone: user.phone });
  const refused = await undo(link);
  expect(refused.errors[0]).toMatchObject({
    message: expect.stringContaining('Another account uses the old phone number or e-mail address'),
    extensions: { code: 'ACCOUNT_EXISTS' },
  });
  expect((await userWith(holder.email))!['phone']).toBe(user.phone);
  await server.run(DeleteAccountDocument, { input: { password } }, bearer(holder.token));
  expect((await undo(link)).code).toBeNull();
  expect((await userWith(user.email))!['phone']).toBe(user.phone);
});

test("a thief who moves the address and then the phone: the owner's link brings both back, the thief's address gets none", async () => {
  const user = await registerUser(server);
  const thiefs = await moveEmail(user.token);
  const thiefsPhone = await movePhone(user.token);
  const told = await changeNotices(thiefs, 'PHONE_CHANGED');
  expect(told.map(({ link }) => link)).toEqual([undefined]);
  expect((await undo(await linkTo(server, user.email))).code).toBeNull();
  expect(await userWith(user.email)).toMatchObject({ phone: user.phone });
  // Whatever the later change would have brought back is void with it.
  const [later] = await changeNotices(user.phone, 'PHONE_CHANGED');
  expect((await undo(later!.link!)).code).toBe('OTP_EXPIRED');
  expect(await server.db.collection('users').countDocuments({ phone: thiefsPhone })).toBe(0);
});

test("an owner who moves the account back by a change: the thief's phone hears of it, and cannot undo it", async () => {
  const user = await registerUser(server);
  const thiefs = await movePhone(user.token);
  await movePhone(user.token, user.phone);
  const told = await changeNotices(thiefs, 'PHONE_CHANGED');
  expect(told.map(({ link }) => link)).toEqual([undefined]);
});

test('a suspended account stays as it is, and a deleted one leaves nothing to undo', async () => {
  const [suspended, deleted] = [await registerUser(server), await registerUser(server)];
  const newPhone = await movePhone(suspended.token);
  await movePhone(deleted.token);
  await server.db.collection('users').updateOne({ email: suspended.email }, { $set: { suspendedAt: new Date() } });
  expect((await undo(await linkTo(server, suspended.email))).code).toBe('OTP_EXPIRED');
  expect((await userWith(suspended.email))!['phone']).toBe(newPhone);
  await server.run(DeleteAccountDocument, { input: { password } }, bearer(deleted.token));
  expect((await undo(await linkTo(server, deleted.email))).code).toBe('OTP_EXPIRED');
  expect(await server.db.collection('undoLinks').countDocuments({ 'before.phone': deleted.phone })).toBe(0);
});
