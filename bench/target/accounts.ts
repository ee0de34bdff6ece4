import mongoose, { type mongo } from 'mongoose';
import { dataOf, operation, type Client } from '../load/client.ts';

export const PASSWORD = 'securepassword';

/** Somebody to call about: an account where it was made, else a number and an address that nobody has. */
export interface Person {
  readonly email: string;
  readonly phone: string;
  /** Whose calls are one client's, as `X-Forwarded-For` says. */
  readonly from: Record<string, string>;
}

let last = 0;

/** A number, an address and a client that nobody has used; all of one length, so that answers are too. */
export function nextPerson(): Person {
  last += 1;
  const number = String(last).padStart(8, '0');
  const from = { 'x-forwarded-for': `10.${last >> 16}.${(last >> 8) & 255}.${last & 255}` };
  return { email: `person-${number}@example.com`, phone: `+49151${number}`, from };
}

/** Where the codes that a server sends arrive. */
interface Inbox {
  codeFor(to: string): Promise<string>;
}

/** Registers an account over the API, its e-mail address verified. */
export async function register(inbox: Inbox, client: Client): Promise<Person> {
  const person = nextPerson();
  const { email, phone, from } = person;
  const codeAt = async (to: string, channel: string) => {
    dataOf(await client.send(operation(SEND, { input: { to, channel } }, from)), 'sendOtp');
    return inbox.codeFor(to);
  };
  const emailProof = { to: email, code: await codeAt(email, 'EMAIL') };
  const verified = await client.send(operation(VERIFY, { input: emailProof }, from));
  const { verificationToken } = dataOf<{ verificationToken: string }>(verified, 'verifyOtp');
  const otpCode = await codeAt(phone, 'SMS');
  const input = { email, phone, password: PASSWORD, otpCode, emailVerificationToken: verificationToken };
  dataOf(await client.send(operation(REGISTER, { input }, from)), 'registerWithOtp');
  return person;
}

/** Gives these people accounts like a registered one, without the hashing that each registration costs. */
export async function cloneAccount(db: mongo.Db, original: Person, people: readonly Person[]): Promise<void> {
  const users = db.collection('users');
  const { _id, ...account } = (await users.findOne({ email: original.email }))!;
  await users.insertMany(
    people.map(({ email, phone }) => ({ ...account, _id: new mongoose.Types.ObjectId(), email, phone })),
  );
}

export const SEND = `mutation ($input: SendOtpInput!) {
  sendOtp(input: $input) { message status to channel challengeId expiresAt resendAfter codeLength }
}`;
export const VERIFY = `mutation ($input: VerifyOtpInput!) {
  verifyOtp(input: $input) { message status valid attemptsRemaining verificationToken verificationTokenExpiresAt }
}`;
export const REGISTER = `mutation ($input: RegisterWithOtpInput!) {
  registerWithOtp(input: $input) { message token expiresAt refreshToken user { id email phone } }
}`;
export const LOGIN = `mutation ($input: LoginInput!) {
  login(input: $input) { ... on AuthPayload { message token expiresAt refreshToken user { id email phone } } }
}`;
export const LOGIN_WITH_OTP = `mutation ($input: LoginWithOtpInput!) {
  loginWithOtp(input: $input) { ... on AuthPayload { token refreshToken } }
}`;
