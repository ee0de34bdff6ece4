import mongoose from 'mongoose';
import { dataOf, operation, type Client } from './client.ts';
import type { Lab } from './lab.ts';

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
  const number = String(last).padStart(6, '0');
  const from = { 'x-forwarded-for': `10.${last >> 16}.${(last >> 8) & 255}.${last & 255}` };
  return { email: `person-${number}@example.com`, phone: `+12025${number}`, from };
}

/** Registers an account over the API, its e-mail address verified. */
export async function register(lab: Lab, client: Client): Promise<Person & { readonly token: string }> {
  const person = nextPerson();
  const emailProof = { to: person.email, code: await codeAt(lab, client, person.email, 'EMAIL') };
  const verified = await client.send(operation(VERIFY, { input: emailProof }));
  const { verificationToken } = dataOf<{ verificationToken: string }>(verified, 'verifyOtp');
  const { email, phone } = person;
  const otpCode = await codeAt(lab, client, phone, 'SMS');
  const input = { email, phone, password: PASSWORD, otpCode, emailVerificationToken: verificationToken };
  const registered = await client.send(operation(REGISTER, { input }));
  return { ...person, ...dataOf<{ token: string }>(registered, 'registerWithOtp') };
}

/** Gives these people accounts like a registered one, without the hashing that each registration costs. */
export async function cloneAccount(lab: Lab, original: Person, people: readonly Person[]): Promise<void> {
  const users = lab.db.collection('users');
  const { _id, ...account } = (await users.findOne({ email: original.email }))!;
  await users.insertMany(
    people.map(({ email, phone }) => ({ ...account, _id: new mongoose.Types.ObjectId(), email, phone })),
  );
}

async function codeAt(lab: Lab, client: Client, to: string, channel: string): Promise<string> {
  dataOf(await client.send(operation(SEND, { input: { to, channel } })), 'sendOtp');
  return lab.codeFor(to);
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
