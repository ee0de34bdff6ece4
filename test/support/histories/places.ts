import { randomInt } from 'node:crypto';
import { Keyring } from '../../../src/keyring.ts';
import { codeOf } from '../../../src/otp/one-time-code.ts';
import { freshEmail, freshPhone } from '../codes.ts';
import { OTP_SECRET, type Cluster } from './cluster.ts';
import type { Observer, Operation, Request } from './observer.ts';

const keyring = new Keyring(OTP_SECRET);
const PASSWORD = 'securepassword';

/** A slot of a history: where codes go, for what, and what they are spent on. */
export interface Place {
  readonly name: string;
  readonly purpose: 'VERIFICATION' | 'LOGIN' | 'PASSWORD_RESET';
  readonly to: string;
  /** The account's, where there is one. */
  readonly email: string;
  readonly action: Operation;
  /** False where nobody has an account: no code is ever right. */
  readonly isKnown: boolean;
}

/** The places of one history: a phone to register, two accounts, and a phone that nobody has. */
export async function openPlaces(observer: Observer, codes: Codes): Promise<Place[]> {
  const place = (purpose: Place['purpose'], action: Operation, isKnown = true): Place => {
    const to = freshPhone();
    return { name: `${purpose} ${to}`, purpose, to, email: freshEmail(), action, isKnown };
  };
  const login = place('LOGIN', 'login');
  const reset = place('PASSWORD_RESET', 'reset');
  for (const { to, email } of [login, reset]) await register(observer, codes, to, email);
  const unknown = randomInt(2) === 0 ? place('LOGIN', 'login', false) : place('PASSWORD_RESET', 'reset', false);
  return [place('VERIFICATION', 'register'), login, reset, unknown];
}

async function register(observer: Observer, codes: Codes, phone: string, email: string): Promise<void> {
  const about = { place: `account of ${phone}`, destination: phone, ip: '192.0.2.1' };
  const sent = await observer.ask({ ...about, operation: 'send', input: { to: phone } }, 0);
  const otpCode = codes.of({ purpose: 'VERIFICATION', to: phone }, String(sent.answer?.['challengeId']));
  const input = { email, phone, password: PASSWORD, otpCode };
  const { outcome } = await observer.ask({ ...about, operation: 'register', input }, 0);
  if (outcome !== 'OK') throw new Error(`an account could not be opened: ${outcome}`);
}

/** Tells the codes that arrived, also those of a process that was killed since. */
export interface Codes {
  /** The code of a challenge; of Twilio's the last one that went there. Any digits where none was sent. */
  of(place: Pick<Place, 'purpose' | 'to'>, challengeId: string): string;
  /** Messages that arrived; with a development inbox those of a killed process are missing. */
  messagesAt(place: Place): Promise<number>;
}

export function codesOf({ emulator, urls }: Cluster): Codes {
  if (!emulator)
    return {
      of: (_place, challengeId) => codeOf(keyring, challengeId),
      messagesAt: async ({ to, purpose }) => {
        const inboxes = await Promise.all(
          urls.map((url) => fetch(`${url}/dev/inbox.json?to=${encodeURIComponent(to)}`)),
        );
        const messages = (await Promise.all(inboxes.map((inbox) => inbox.json()))).flat() as { purpose: string }[];
        return messages.filter((message) => message.purpose === purpose).length;
      },
    };
  const sentTo = ({ to, purpose }: Pick<Place, 'purpose' | 'to'>) =>
    emulator.control.messages(to).filter(({ tags }) => tags?.['purpose'] === purpose.toLowerCase());
  return {
    of: (place) => sentTo(place)[0]?.code ?? '000000',
    messagesAt: async (place) => sentTo(place).length,
  };
}

/** A code, or the token that `verifyOtp` gave for it. */
export interface Proof {
  readonly code: string;
  readonly token?: string | undefined;
}

/** A request for a place's code. */
export function askAt({ name, to, purpose }: Place, ip: string): Request {
  return { operation: 'send', place: name, destination: to, ip, input: { to, purpose } };
}

/** The action that a place's codes are for. */
export function actionAt(
  { name, to, email, action }: Place,
  ip: string,
  { code, token }: Proof,
  registersAs: string,
): Request {
  const proven = token === undefined ? { otpCode: code } : { verificationToken: token };
  const inputs: Partial<Record<Operation, object>> = {
    register: { email: registersAs, phone: to, password: PASSWORD, ...proven },
    login: { to, ...proven },
    reset: { email, phone: to, newPassword: 'newpassword123', ...proven },
  };
  const about = { place: name, destination: to, ip, code, token, userAgent: clientOf(name, code) };
  return { ...about, operation: action, input: inputs[action] };
}

/** The client that spends a code: by its name the database tells how many sessions that code opened. */
function clientOf(place: string, code: string): string {
  return `${place} ${code}`;
}
