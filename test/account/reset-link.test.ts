// Issue 6, part 3: the old reset by a link, for the time of the migration. A link goes to an address that its account has
// proven, or to the only address of an imported one; it works once, for 30 minutes; a code ends it and the reverse.
import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  MeDocument,
  RequestPasswordResetLinkDocument,
  ResetPasswordWithLinkDocument,
  ResetPasswordWithOtpDocument,
  SendOtpDocument,
  VerifyOtpDocument,
} from '../../web/generated/operations.ts';
import { freshEmail, freshPhone, registerUser } from '../support/codes.ts';
import { countCommands } from '../support/command-counter.ts';
import { importUser, linkTo, noticesTo, tokenOf } from '../support/reset-links.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { until } from '../support/twilio-server.ts';

const NEW_PASSWORD = 'a brand new passphrase';
const LIFE_MS = 30 * 60_000;
const PUBLIC_URL = 'https://auth.example.com/';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '1000', PUBLIC_URL });
});
const opened: TestServer[] = [];
const open = async (environment: Record<string, string>) => {
  const own = await startServer({ RATE_LIMIT_SCALE: '1000', ...environment });
  opened.push(own);
  return own;
};
// A code of one test must not be within the cool-down of another's.
beforeEach(() => server.clock.advance(60_000));
afterEach(() => Promise.all(opened.splice(0).map((own) => own.close())));
afterAll(() => server.close());

const request = (email: string, on = server, headers = {}) =>
  on.run(RequestPasswordResetLinkDocument, { input: { email } }, headers);
const use = (token: string, newPassword = NEW_PASSWORD, on = server) =>
  on.run(ResetPasswordWithLinkDocument, { input: { token, newPassword } });
const userOf = (email: string, on = server) => on.db.collection('users').findOne({ email });
const kinds = async (to: string, on = server) => (await noticesTo(on, to)).map(({ kind }) => kind);
/** Everything that was put into the background before has ended once this has, since it goes out in order. */
async function settled(on = server): Promise<void> {
  const email = await importUser(on);
  await request(email, on);
  await until(async () => (await kinds(email, on)).length > 0);
}

async function newLink(email: string, on = server): Promise<string> {
  const before = (await noticesTo(on, email)).filter(({ link }) => link !== undefined).length;
  expect((await request(email, on)).code).toBeNull();
  return tokenOf(await linkTo(on, email, before + 1));
}

async function sendResetCode(user: { phone: string }): Promise<string> {
  await server.run(SendOtpDocument, { input: { to: user.phone, purpose: 'PASSWORD_RESET' } });
  await until(async () => (await server.inbox(user.phone))[0]?.purpose === 'PASSWORD_RESET');
  return (await server.inbox(user.phone))[0]!.code;
}
const useCode = ({ email, phone }: { email: string; phone: string }, proof: object) =>
  server.run(ResetPasswordWithOtpDocument, { input: { email, phone, newPassword: NEW_PASSWORD, ...proof } });

describe('a link', () => {
  test('resets the password once, ends the sessions, and tells the owner', async () => {
    const user = await registerUser(server, { verifiedEmail: true });
    const before = await userOf(user.email);
    const asked = await request(`  ${user.email.toUpperCase()} `);
    expect(asked.data?.requestPasswordResetLink.message).toMatch(/^If an account has this e-mail address, /);
    const link = await linkTo(server, user.email);
    expect(link).toMatch(/^https:\/\/auth\.example\.com\/reset-password#token=[\w-]{43}$/);

    const reset = await use(tokenOf(link));
    expect(reset.data?.resetPasswordWithLink).toEqual({ message: 'Password reset successful', sessionsRevoked: 1 });
    expect((await userOf(user.email))!['passwordHash']).not.toBe(before!['passwordHash']);
    const authorization = `Bearer ${user.token}`;
    expect((await server.run(MeDocument, {}, { authorization })).code).toBe('UNAUTHENTICATED');
    await until(async () => (await kinds(user.phone)).includes('PASSWORD_RESET'));
    expect(await kinds(user.email)).toContain('PASSWORD_RESET');

    const again = await use(tokenOf(link));
    expect(again.code).toBe('OTP_EXPIRED');
    expect(again.errors[0]!.extensions.field).toBe('token');
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toContain('otpql_password_resets_total{method="email_link"} 1');
  });

  test('works until 30 minutes are over, and not a moment longer', async () => {
    const user = await registerUser(server, { verifiedEmail: true });
    const [early, late] = [await newLink(user.email), await newLink(user.email)];
    server.clock.advance(LIFE_MS);
    expect((await use(late)).code).toBe('OTP_EXPIRED');
    server.clock.advance(-1);
    expect((await use(early)).code).toBeNull();
  });

  test('of 50 parallel uses, one resets', async () => {
    const user = await registerUser(server, { verifiedEmail: true });
    const token = await newLink(user.email);
    const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => use(token, `passphrase ${index}!`)));
    expect(answers.filter(({ code }) => code === null)).toHaveLength(1);
    expect(new Set(answers.map(({ code }) => code))).toEqual(new Set([null, 'OTP_EXPIRED']));
  });

  test('stays good while others are asked for, and its use ends those', async () => {
    const user = await registerUser(server, { verifiedEmail: true });
    const [first, second] = [await newLink(user.email), await newLink(user.email)];
    // A stranger. The last 30 links are kept, and no address can be asked for more often in a day.
    for (let count = 0; count < 28; count += 1) await request(user.email);
    const last = await newLink(user.email);
    expect((await use(first)).code).toBe('OTP_EXPIRED');
    expect((await use(second)).code).toBeNull();
    expect((await use(last)).code).toBe('OTP_EXPIRED');
  });

  test('is not spent by a password that is refused, nor by what is no token', async () => {
    const user = await registerUser(server, { verifiedEmail: true });
    const token = await newLink(user.email);
    expect((await use(token, 'password')).code).toBe('WEAK_PASSWORD');
    for (const wrong of ['', 'x', `${token}x`, token.slice(1), '$ne', 'x'.repeat(5_000)])
      expect((await use(wrong)).code).toBe('OTP_EXPIRED');
    expect((await use(token)).code).toBeNull();
  });

  test('is kept as a hash only, under a keyed name of the address', async () => {
    const user = await registerUser(server, { verifiedEmail: true });
    const token = await newLink(user.email);
    const stored = JSON.stringify(await server.db.collection('resetLinks').find().toArray());
    expect(stored).toContain(createHash('sha256').update(token).digest('base64url'));
    for (const secret of [token, user.email, createHash('sha256').update(user.email).digest('base64url')])
      expect(stored).not.toContain(secret);
    for (const secret of [token, user.email]) expect(server.log()).not.toContain(secret);
  });

  test('leads where PUBLIC_URL says, whatever the Host headers claim', async () => {
    const user = await registerUser(server, { verifiedEmail: true });
    await request(user.email, server, { 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' });
    expect(new URL(await linkTo(server, user.email)).host).toBe('auth.example.com');
  });
});

describe('a code and a link', () => {
  test('a reset by code ends every link', async () => {
    const user = await registerUser(server, { verifiedEmail: true });
    const token = await newLink(user.email);
    expect((await useCode(user, { otpCode: await sendResetCode(user) })).code).toBeNull();
    expect((await use(token)).code).toBe('OTP_EXPIRED');
  });

  test('a reset by link ends a code that was sent, and one that was approved', async () => {
    const user = await registerUser(server, { verifiedEmail: true });
    const sent = await sendResetCode(user);
    expect((await use(await newLink(user.email))).code).toBeNull();
    expect((await useCode(user, { otpCode: sent })).code).toBe('OTP_INVALID');

    const approved = await sendResetCode(user);
    expect(approved).not.toBe(sent);
    const input = { to: user.phone, purpose: 'PASSWORD_RESET' as const, code: approved };
    const { verificationToken } = (await server.run(VerifyOtpDocument, { input })).data!.verifyOtp;
    expect((await use(await newLink(user.email))).code).toBeNull();
    expect((await useCode(user, { verificationToken })).code).toBe('OTP_EXPIRED');
    expect((await useCode(user, { otpCode: approved })).code).toBe('OTP_INVALID');
    // A new code works as ever.
    expect((await useCode(user, { otpCode: await sendResetCode(user) })).code).toBeNull();
  });

  test('of a code and a link that are used at once, one resets', async () => {
    const user = await registerUser(server, { verifiedEmail: true });
    const token = await newLink(user.email);
    const otpCode = await sendResetCode(user);
    const answers = await Promise.all([use(token), useCode(user, { otpCode })]);
    expect(answers.filter(({ code }) => code === null)).toHaveLength(1);
  });

  test('any change of the account ends the links', async () => {
    const user = await registerUser(server, { verifiedEmail: true });
    const token = await newLink(user.email);
    await server.db.collection('users').updateOne({ email: user.email }, { $inc: { authVersion: 1 } });
    expect((await use(token)).code).toBe('OTP_EXPIRED');
  });
});

describe('an address that has moved', () => {
  const both = () =>
    server.db.collection('users').find().sort({ _id: -1 }).limit(2).project({ updatedAt: 0 }).toArray();

  test('to whoever proved it: the link of before is refused, and neither account changes', async () => {
    const email = await importUser(server);
    const token = await newLink(email);
    const owner = await registerUser(server, { email, verifiedEmail: true });
    const before = await both();
    expect(before.map((user) => user['email'] as string)).toEqual([email, expect.stringMatching(/^unproven-/)]);
    expect((await use(token)).code).toBe('OTP_EXPIRED');
    expect(await both()).toEqual(before);
    expect((await server.run(MeDocument, {}, { authorization: `Bearer ${owner.token}` })).data?.me?.email).toBe(email);
  });

  test('in whatever way: the link is of the address that it was sent to', async () => {
    const email = await importUser(server);
    const token = await newLink(email);
    await server.db.collection('users').updateOne({ email }, { $set: { email: freshEmail() } });
    expect((await use(token)).code).toBe('OTP_EXPIRED');
  });
});

describe('who gets a link', () => {
  test('the imported, whose only address it is; the link proves it', async () => {
    const email = await importUser(server);
    expect((await use(await newLink(email))).code).toBeNull();
    expect((await userOf(email))!['emailVerifiedAt']).toBeInstanceOf(Date);
    await until(async () => (await kinds(email)).includes('PASSWORD_RESET'));
  });

  test('nobody at an address that stands unproven beside a proven phone: it may be a stranger’s account', async () => {
    const squatter = await registerUser(server);
    expect((await request(squatter.email)).code).toBeNull();
    await settled();
    expect(await noticesTo(server, squatter.email)).toEqual([]);
  });

  test('nobody who is suspended, and a link of before no longer works', async () => {
    const user = await registerUser(server, { verifiedEmail: true });
    const token = await newLink(user.email);
    await server.db.collection('users').updateOne({ email: user.email }, { $set: { suspendedAt: new Date() } });
    expect((await use(token)).code).toBe('OTP_EXPIRED');
    await request(user.email);
    await settled();
    expect(await kinds(user.email)).toEqual(['PASSWORD_RESET_LINK']);
  });

  test('and a second factor stays on: the reset opens no session', async () => {
    const user = await registerUser(server, { verifiedEmail: true });
    await server.db.collection('users').updateOne({ email: user.email }, { $set: { twoFactorEnabled: true } });
    const reset = await use(await newLink(user.email));
    expect(Object.keys(reset.data!.resetPasswordWithLink)).toEqual(['message', 'sessionsRevoked']);
    // The mailbox has set the password, so it is no other factor beside it.
    expect(await userOf(user.email)).toMatchObject({ twoFactorEnabled: true, passwordResetBy: 'EMAIL' });
    expect(await server.db.collection('sessions').countDocuments({ userId: (await userOf(user.email))!._id })).toBe(0);
  });
});

test('known and unknown addresses get the same answer after the same commands', async () => {
  const own = await open({});
  const known = await registerUser(own, { verifiedEmail: true });
  const squatter = await registerUser(own);
  const imported = await importUser(own);
  const commands = countCommands(own);
  await commands.quiet();
  const answers = [];
  for (const email of [known.email, squatter.email, imported, freshEmail()]) {
    commands.take();
    const { status, data, errors } = await request(email, own);
    answers.push({ status, data, errors, commands: commands.take().map(({ name, collection }) => [name, collection]) });
  }
  commands.close();
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  expect(answers[0]!.errors).toEqual([]);
  // The limits, the look-up, the write.
  expect(answers[0]!.commands.slice(-2)).toEqual([
    ['find', 'users'],
    ['update', 'resetLinks'],
  ]);
});

describe('the switch', () => {
  test('a share of the addresses gets links, always the same, the others hear of codes', async () => {
    const secret = { OTP_SECRET: 'one secret for all three servers of this test' };
    const [none, half, all] = await Promise.all(
      ['0', '50', '100'].map((EMAIL_LINK_RESET_PERCENT) => open({ ...secret, EMAIL_LINK_RESET_PERCENT })),
    );
    // Fixed, like the secret: who is in a cohort is not left to chance.
    const emails = Array.from({ length: 12 }, (_, index) => `person-${index}@example.com`);
    const verified = { emailVerifiedAt: new Date() };
    const links: Record<string, boolean[]> = {};
    for (const on of [none!, half!, half!, all!]) {
      for (const email of emails) {
        if (!(await userOf(email, on))) await importUser(on, email);
        await on.db.collection('users').updateOne({ email }, { $set: verified });
        expect((await request(email, on)).data?.requestPasswordResetLink.message).toMatch(/^If an account has/);
      }
      await settled(on);
      for (const email of emails)
        (links[email] ??= []).push((await noticesTo(on, email))[0]!.kind === 'PASSWORD_RESET_LINK');
    }
    const asked = Object.values(links);
    expect(new Set(asked.map(([atNone, , , atAll]) => `${atNone} ${atAll}`))).toEqual(new Set(['false true']));
    // The same person gets the same twice.
    expect(asked.filter(([, first, second]) => first !== second)).toEqual([]);
    const inCohort = asked.filter(([, first]) => first).length;
    expect(inCohort).toBeGreaterThan(1);
    expect(inCohort).toBeLessThan(11);
  });

  test('outside the cohort, those whom no code can reach get their link all the same', async () => {
    const own = await open({ EMAIL_LINK_RESET_PERCENT: '0' });
    const email = await importUser(own);
    expect((await use(await newLink(email, own), NEW_PASSWORD, own)).code).toBeNull();
    // The link has proven the address: from now on a code reaches it.
    await request(email, own);
    await until(async () => (await kinds(email, own))[0] === 'PASSWORD_RESET_HINT');
    const withPhone = await registerUser(own, { verifiedEmail: true });
    await request(withPhone.email, own);
    await until(async () => (await kinds(withPhone.email, own))[0] === 'PASSWORD_RESET_HINT');
    // The mail names only what a code reaches.
    const hints = [(await noticesTo(own, email))[0]!.text, (await noticesTo(own, withPhone.email))[0]!.text];
    expect(hints[0]).toContain('and give this e-mail address.');
    expect(hints[1]).toContain('and give your phone number or this e-mail address.');
    const smsOnly = await open({ EMAIL_LINK_RESET_PERCENT: '0', OTP_CHANNELS: 'SMS' });
    const proven = await importUser(smsOnly);
    await smsOnly.db.collection('users').updateOne({ email: proven }, { $set: { emailVerifiedAt: new Date() } });
    await newLink(proven, smsOnly);
  });

  test('a method that is off is refused alike for all, before any look-up', async () => {
    const [codes, links] = await Promise.all([
      open({ PASSWORD_RESET_METHODS: 'otp' }),
      open({ PASSWORD_RESET_METHODS: 'email_link' }),
    ]);
    const commands = [countCommands(codes), countCommands(links)];
    for (const email of [await importUser(codes), freshEmail()]) {
      expect((await request(email, codes)).code).toBe('FORBIDDEN');
      expect((await use('x', NEW_PASSWORD, codes)).code).toBe('FORBIDDEN');
    }
    const to = freshPhone();
    expect((await links.run(SendOtpDocument, { input: { to, purpose: 'PASSWORD_RESET' } })).code).toBe('FORBIDDEN');
    const input = { email: freshEmail(), phone: to, newPassword: NEW_PASSWORD, otpCode: '123456' };
    expect((await links.run(ResetPasswordWithOtpDocument, { input })).code).toBe('FORBIDDEN');
    const touched = commands.flatMap((one) => one.take().map(({ collection }) => collection));
    expect([...new Set(touched)]).toEqual(['rateLimits']);
    expect((await links.run(SendOtpDocument, { input: { to } })).code).toBeNull();
    for (const one of commands) one.close();
  });
});
