import { setTimeout as sleep } from 'node:timers/promises';

/** How long a caller goes on asking before it is told what became of its request. */
const PATIENCE_MS = 45_000;
const AGAIN_AFTER_MS = 150;
/** Answers that ask to try again: nothing is said about the request then. */
const NOT_NOW = new Set(['LOST', 'SERVICE_UNAVAILABLE', 'OVERLOADED']);

const QUERIES = {
  send: 'mutation ($input: SendOtpInput!) { done: sendOtp(input: $input) { challengeId expiresAt } }',
  verify: 'mutation ($input: VerifyOtpInput!) { done: verifyOtp(input: $input) { valid verificationToken } }',
  register: 'mutation ($input: RegisterWithOtpInput!) { done: registerWithOtp(input: $input) { token refreshToken } }',
  login:
    'mutation ($input: LoginWithOtpInput!) { done: loginWithOtp(input: $input) { ... on AuthPayload { token refreshToken } } }',
  reset:
    'mutation ($input: ResetPasswordWithOtpInput!) { done: resetPasswordWithOtp(input: $input) { sessionsRevoked } }',
  refresh: 'mutation ($input: String!) { done: refreshSession(refreshToken: $input) { token refreshToken } }',
  revokeAll: 'mutation { done: revokeAllSessions { sessionsRevoked } }',
  me: '{ done: me { id } }',
};
export type Operation = keyof typeof QUERIES;

/** What a caller asks, and what of it the promises are about. */
export interface Request {
  readonly operation: Operation;
  /** The slot that it is about: purpose and destination; or the session. */
  readonly place: string;
  readonly destination: string;
  /** The client's address: with the code paths here it is the requester. */
  readonly ip: string;
  readonly userAgent?: string;
  readonly input?: unknown;
  readonly code?: string | undefined;
  /** A verification token, or a refresh token. */
  readonly token?: string | undefined;
  readonly challengeId?: string | undefined;
  readonly bearer?: string;
}

/** A request as its caller saw it go. */
export interface Call extends Request {
  readonly beganAt: number;
  readonly endedAt: number;
  /** OK, RIGHT and WRONG (of `verify`), an error's code, or LOST: the connection broke. */
  readonly outcome: string;
  readonly answer: Record<string, unknown> | null;
}

/** True where the caller does not know whether anything was done. */
export const isUnknown = ({ outcome }: Call): boolean => NOT_NOW.has(outcome);
/** True where an action was done. */
export const isDone = ({ operation, outcome }: Call): boolean => isAction(operation) && outcome === 'OK';
/** True where a code was compared and was wrong. */
export const isWrong = ({ outcome }: Call): boolean => outcome === 'WRONG' || outcome === 'OTP_INVALID';
export const isAction = (operation: Operation): boolean => ['register', 'login', 'reset'].includes(operation);

/** Makes the calls of a history and keeps what their callers saw. */
export class Observer {
  readonly calls: Call[] = [];
  /** Requests of which nobody ever learned what became of them. */
  readonly abandoned: Call[] = [];
  readonly #urls: readonly string[];

  constructor(urls: readonly string[]) {
    this.#urls = urls;
  }

  /** Asks one of the servers, once. */
  async once(request: Request, server: number): Promise<Call> {
    const beganAt = performance.now();
    const seen = await ask(this.#urls[server % this.#urls.length]!, request);
    const call = { ...request, ...seen, beganAt, endedAt: performance.now() };
    this.calls.push(call);
    return call;
  }

  /** Asks the servers in turn until one says what became of the request, as a caller with patience does. */
  async ask(request: Request, server: number): Promise<Call> {
    const giveUpAt = performance.now() + PATIENCE_MS;
    for (let turn = server; ; turn += 1) {
      const call = await this.once(request, turn);
      if (!isUnknown(call)) return call;
      if (performance.now() > giveUpAt) {
        this.abandoned.push(call);
        return call;
      }
      await sleep(AGAIN_AFTER_MS);
    }
  }

  /** The calls about one slot or session, in the order of their answers. */
  at(place: string): Call[] {
    return this.calls.filter((call) => call.place === place);
  }
}

async function ask(url: string, { operation, input, ip, userAgent, bearer }: Request) {
  const headers = {
    'content-type': 'application/json',
    'x-forwarded-for': ip,
    'user-agent': userAgent ?? 'histories',
    ...(bearer && { authorization: `Bearer ${bearer}` }),
  };
  const body = JSON.stringify({ query: QUERIES[operation], variables: { input } });
  try {
    const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body });
    return read((await response.json()) as Answer);
  } catch {
    return { outcome: 'LOST', answer: null };
  }
}

interface Answer {
  readonly data?: { readonly done: Record<string, unknown> | null } | null;
  readonly errors?: readonly { readonly extensions: { readonly code: string } }[];
}

function read({ data, errors }: Answer) {
  const answer = data?.done ?? null;
  const code = errors?.[0]?.extensions.code;
  if (code !== undefined) return { outcome: code, answer };
  if (typeof answer?.['valid'] === 'boolean') return { outcome: answer['valid'] ? 'RIGHT' : 'WRONG', answer };
  return { outcome: 'OK', answer };
}
