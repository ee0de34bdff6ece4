import { randomBytes } from 'node:crypto';
import { Writable } from 'node:stream';
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import mongoose, { type mongo } from 'mongoose';
import { compose, type Server } from '../../src/compose/server.ts';
import { parseConfig } from '../../src/config/config.ts';
import type { InboxMessage } from '../../src/local/inbox.ts';
import { sharedMongodUri } from './shared-mongod.ts';

/** A clock that stands still until a test moves it. */
export class FakeClock {
  #now: number;
  constructor(start = Date.now()) {
    this.#now = start;
  }
  readonly now = (): number => this.#now;
  advance(ms: number): void {
    this.#now += ms;
  }
  set(at: number): void {
    this.#now = at;
  }
}

interface GraphqlError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: {
    readonly code: string;
    readonly field?: string;
    readonly retryAfterSeconds?: number;
    readonly attemptsRemaining?: number;
    readonly requestId?: string;
  };
}

export interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly data: T | null | undefined;
  readonly errors: readonly GraphqlError[];
  /** The first error's code, or null. */
  readonly code: string | null;
}

export interface TestServer {
  readonly url: string;
  readonly server: Server;
  readonly db: mongo.Db;
  readonly clock: FakeClock;
  /** Every log line so far, as written. */
  readonly log: () => string;
  /** A typed operation over real HTTP. */
  run<T, V extends Record<string, unknown>>(
    document: TypedDocumentNode<T, V>,
    variables: V,
    headers?: Record<string, string>,
  ): Promise<Answer<T>>;
  /** Any text as an operation over real HTTP. */
  query(query: string, variables?: unknown, headers?: Record<string, string>): Promise<Answer<Record<string, unknown>>>;
  inbox(to?: string): Promise<InboxMessage[]>;
  close(): Promise<void>;
}

/**
 * The whole server over real HTTP on 127.0.0.1, on a database of its own in the shared mongod, with a clock that the
 * test moves. By default every socket is trusted as a proxy, so that a test can be many clients (`from`).
 * @param skewMs how far the clock of the server's machine is ahead of the test's, which is the database's then; without it
 *   the server goes by the test's as it is
 */
export async function startServer(
  environment: Record<string, string> = {},
  clock = new FakeClock(),
  skewMs?: number,
): Promise<TestServer> {
  const name = `otpql_${randomBytes(6).toString('hex')}`;
  const uri = environment['MONGODB_URI'] ?? sharedMongodUri(name);
  const lines: string[] = [];
  const logStream = new Writable({ write: (chunk: Buffer, _encoding, done) => (lines.push(chunk.toString()), done()) });
  const config = parseConfig({
    NODE_ENV: 'test',
    HOST: '127.0.0.1',
    PORT: '0',
    TRUST_PROXY: '1',
    MONGODB_URI: uri,
    OTP_SECRET: randomBytes(32).toString('hex'),
    JWT_SECRET_KEY: randomBytes(32).toString('hex'),
    ...environment,
  });
  const timeSources = { machine: () => clock.now() + skewMs!, database: () => Promise.resolve(clock.now()) };
  const time = skewMs === undefined ? { clock: clock.now } : { timeSources };
  const server = await compose(config, { ...time, logStream, monitorCommands: true });
  const url = (await server.listen()).replace('[::1]', '127.0.0.1');
  const observer = await mongoose.createConnection(uri, { bufferCommands: false }).asPromise();
  const post = (body: string, headers: Record<string, string>) =>
    fetch(`${url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });
  return {
    url,
    server,
    db: observer.db!,
    clock,
    log: () => lines.join(''),
    run: async (document, variables, headers = {}) =>
      toAnswer(await post(JSON.stringify({ query: print(document), variables }), headers)),
    query: async (query, variables, headers = {}) =>
      toAnswer(await post(JSON.stringify({ query, variables }), headers)),
    inbox: async (to) => {
      const search = to === undefined ? '' : `?to=${encodeURIComponent(to)}`;
      return (await (await fetch(`${url}/dev/inbox.json${search}`)).json()) as InboxMessage[];
    },
    close: async () => {
      await server.close();
      if (!environment['MONGODB_URI']) await observer.db!.dropDatabase();
      await observer.close();
    },
  };
}

/** The header that makes a call come from this address (the test's server trusts its one proxy). */
export function from(ip: string): Record<string, string> {
  return { 'x-forwarded-for': ip };
}

async function toAnswer<T>(response: Response): Promise<Answer<T>> {
  const { data, errors = [] } = (await response.json()) as { data?: T | null; errors?: GraphqlError[] };
  return { status: response.status, headers: response.headers, data, errors, code: errors[0]?.extensions.code ?? null };
}
