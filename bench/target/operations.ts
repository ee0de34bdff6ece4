import { availableParallelism } from 'node:os';
import type { mongo } from 'mongoose';
import { cloneAccount, LOGIN, LOGIN_WITH_OTP, nextPerson, PASSWORD, REGISTER, SEND, VERIFY } from './accounts.ts';
import type { Person } from './accounts.ts';
import { dataOf, operation, type Call, type Client } from '../load/client.ts';
import { withCodes } from './codes.ts';
import type { Source } from '../load/load.ts';
import type { Demand, OperationName, Prepare } from '../load/target.ts';

/** A server of ours, and somebody who has an account there. */
export interface Otpql {
  readonly url: string;
  readonly client: Client;
  readonly db: mongo.Db;
  readonly user: Person;
}

interface Session {
  readonly token: string;
  readonly refreshToken: string;
}

/** What a build can be asked. Every call comes from an address of its own, and no code or token is used twice. */
export function operationsOf(otpql: Otpql): ReadonlyMap<OperationName, Prepare> {
  return new Map<OperationName, Prepare>([
    ['otpPolicy', async () => endless(({ from }) => operation('{ otpPolicy { channels codeLength } }', {}, from))],
    ['me', (demand) => reads(otpql, demand)],
    ['sendOtp', async () => endless(({ phone, from }) => operation(SEND, { input: { to: phone } }, from))],
    ['verifyOtp', (demand) => verifications(otpql, demand)],
    ['registerWithOtp', (demand) => registrations(otpql, demand)],
    ['login', () => logins(otpql)],
    ['refreshSession', (demand) => refreshes(otpql, demand)],
  ]);
}

const ME = '{ me { id email emailVerified phone phoneVerified twoFactorEnabled createdAt } }';
const REFRESH = `mutation ($refreshToken: String!) {
  refreshSession(refreshToken: $refreshToken) { message token expiresAt refreshToken user { id email phone } }
}`;
/** Accounts that sign in by turns: so many that none comes near its limit. */
const ACCOUNTS = 300;
/** More registrations than a core hashes passwords for in a second. */
const REGISTRATIONS_PER_CORE_SECOND = 100;

function endless(call: (person: Person) => Call): Source {
  return { next: () => call(nextPerson()) };
}

/** Sessions read themselves by turns: as many as calls at once. */
async function reads(otpql: Otpql, { callers }: Demand): Promise<Source> {
  const sessions = await signIn(otpql, callers);
  return {
    next: (caller) => {
      const { from } = nextPerson();
      return operation(ME, {}, { ...from, authorization: `Bearer ${sessions[caller]!.token}` });
    },
  };
}

async function verifications({ url, client }: Otpql, { codes, callers }: Demand): Promise<Source> {
  const sent = await withCodes(url, client, sendTo, { codes, callers });
  return {
    next: () => {
      const one = sent.pop();
      return one ? operation(VERIFY, { input: { to: one.person.phone, code: one.code } }, one.person.from) : null;
    },
    // A wrong code is an outcome, not an error.
    answered: (_caller, { text }) => {
      if (!text.includes('"valid":true')) throw new Error(`verifyOtp answered ${text}`);
    },
  };
}

async function registrations({ url, client }: Otpql, { codes, callers, seconds }: Demand): Promise<Source> {
  const most = Math.ceil(seconds * REGISTRATIONS_PER_CORE_SECOND * availableParallelism());
  const sent = await withCodes(url, client, sendTo, { codes: Math.min(codes, most), callers });
  return {
    next: () => {
      const one = sent.pop();
      if (!one) return null;
      const { email, phone, from } = one.person;
      return operation(REGISTER, { input: { email, phone, password: PASSWORD, otpCode: one.code } }, from);
    },
  };
}

async function logins({ db, user }: Otpql): Promise<Source> {
  const people = Array.from({ length: ACCOUNTS }, nextPerson);
  await cloneAccount(db, user, people);
  let turn = 0;
  return endless(({ from }) => {
    const { email } = people[turn++ % people.length]!;
    return operation(LOGIN, { input: { email, password: PASSWORD } }, from);
  });
}

/** Each caller has a session of its own, whose token it gets anew with each answer. */
async function refreshes(otpql: Otpql, { callers }: Demand): Promise<Source> {
  const sessions = await signIn(otpql, callers);
  return {
    next: (caller) => operation(REFRESH, { refreshToken: sessions[caller]!.refreshToken }, nextPerson().from),
    answered: (caller, answer) => {
      sessions[caller] = dataOf<Session>(answer, 'refreshSession');
    },
  };
}

/** Sessions of as many accounts, opened by codes, since those cost no hashing. */
async function signIn({ url, client, db, user }: Otpql, count: number): Promise<Session[]> {
  const sendLogin = (person: Person) => sendTo(person, 'LOGIN');
  const makeAccounts = (people: readonly Person[]) => cloneAccount(db, user, people);
  const sent = await withCodes(url, client, sendLogin, { codes: count, callers: count }, makeAccounts);
  return Promise.all(
    sent.map(async ({ person, code }) => {
      const call = operation(LOGIN_WITH_OTP, { input: { to: person.phone, otpCode: code } }, person.from);
      return dataOf<Session>(await client.send(call), 'loginWithOtp');
    }),
  );
}

function sendTo({ phone, from }: Person, purpose = 'VERIFICATION'): Call {
  return operation(SEND, { input: { to: phone, purpose } }, from);
}
