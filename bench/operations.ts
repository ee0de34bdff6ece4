import { cloneAccount, LOGIN, nextPerson, PASSWORD, REGISTER, SEND, VERIFY, type Person } from './accounts.ts';
import { dataOf, operation, type Call, type Client } from './client.ts';
import type { Lab } from './lab.ts';
import { load, type Source } from './load.ts';

/** What operations are made of: the server, and somebody who is signed in. */
interface Bench {
  readonly lab: Lab;
  readonly client: Client;
  readonly user: Person & { readonly token: string };
  /** How many callers at once. */
  readonly callers: number;
  /** How many codes to send before the operations that spend one. */
  readonly codes: number;
}

export interface Operation {
  readonly name: string;
  /** Prepares all that its calls need; not measured. */
  readonly prepare: (bench: Bench) => Promise<Source>;
}

/** Every call comes from a client of its own: one client's bucket of a rate limit would hold the stamps of all calls. */
export const OPERATIONS: readonly Operation[] = [
  { name: 'otpPolicy', prepare: async () => endless(() => operation('{ otpPolicy { channels codeLength } }')) },
  {
    name: 'me',
    prepare: async ({ user }) => endless(() => operation(ME, {}, { authorization: `Bearer ${user.token}` })),
  },
  {
    name: 'sendOtp',
    prepare: async () => endless(({ phone, from }) => operation(SEND, { input: { to: phone } }, from)),
  },
  {
    name: 'verifyOtp',
    prepare: (bench) =>
      perCode(bench, bench.codes, ({ phone, from }, code) => operation(VERIFY, { input: { to: phone, code } }, from)),
  },
  {
    name: 'registerWithOtp',
    prepare: (bench) =>
      perCode(bench, Math.ceil(bench.codes / 4), ({ phone, email, from }, otpCode) =>
        operation(REGISTER, { input: { email, phone, password: PASSWORD, otpCode } }, from),
      ),
  },
  { name: 'login', prepare: logins },
  { name: 'refreshSession', prepare: refreshes },
];

const ME = '{ me { id email emailVerified phone phoneVerified twoFactorEnabled createdAt } }';
const REFRESH = `mutation ($refreshToken: String!) {
  refreshSession(refreshToken: $refreshToken) { message token expiresAt refreshToken user { id email phone } }
}`;
/** Accounts that sign in by turns. */
const ACCOUNTS = 300;
/** The inbox keeps a hundred messages. */
const SENT_AT_ONCE = 50;

function endless(call: (person: Person) => Call): Source {
  return { next: () => call(nextPerson()) };
}

/** One call for each of the codes that are sent and read now. */
async function perCode(bench: Bench, count: number, call: (person: Person, code: string) => Call): Promise<Source> {
  const calls: Call[] = [];
  while (calls.length < count) {
    const people = Array.from({ length: SENT_AT_ONCE }, nextPerson);
    const waiting = [...people];
    const next = () => {
      const person = waiting.pop();
      return person ? operation(SEND, { input: { to: person.phone } }, person.from) : null;
    };
    await load(bench.client, { next }, { callers: bench.callers, seconds: Infinity });
    for (const person of people) calls.push(call(person, await bench.lab.codeFor(person.phone)));
  }
  return { next: () => calls.pop() ?? null };
}

async function logins({ lab, user }: Bench): Promise<Source> {
  const people = Array.from({ length: ACCOUNTS }, nextPerson);
  await cloneAccount(lab, user, people);
  let turn = 0;
  return endless(({ from }) => {
    const { email } = people[turn++ % people.length]!;
    return operation(LOGIN, { input: { email, password: PASSWORD } }, from);
  });
}

/** Each caller has a session of its own, whose token it gets anew with each answer. */
async function refreshes(bench: Bench): Promise<Source> {
  const signIn = await logins(bench);
  const tokens: string[] = [];
  for (let caller = 0; caller < bench.callers; caller += 1)
    tokens.push(dataOf<{ refreshToken: string }>(await bench.client.send(signIn.next(caller)!), 'login').refreshToken);
  return {
    next: (caller) => operation(REFRESH, { refreshToken: tokens[caller] }, nextPerson().from),
    answered: (caller, answer) => {
      tokens[caller] = dataOf<{ refreshToken: string }>(answer, 'refreshSession').refreshToken;
    },
  };
}
