import { expect } from '@jest/globals';
import { ERROR_TABLE } from '../../src/errors.ts';
import { SendOtpDocument } from '../../web/generated/operations.ts';
import { freshPhone } from '../support/codes.ts';
import type { TestServer } from '../support/server.ts';

const PUBLIC_CODES = new Set(Object.keys(ERROR_TABLE).filter((code) => code !== 'INTERNAL_SERVER_ERROR'));
/** Traces of the inside: stack frames, file paths, the driver's and the engine's own words. */
const INSIDE =
  /\n\s+at |\bat \S+ \(|node_modules|stacktrace|\.[cm]?[jt]s:\d|file:\/\/|Mongo|E11000|TypeError|RangeError/;

export interface Refusal {
  readonly status: number;
  readonly codes: string[];
  readonly fields: (string | undefined)[];
  readonly data: unknown;
}

/** Reads an answer to bad input: a 4xx or a GraphQL error, each error with a code of the table, and nothing of the inside. */
export async function refusal(response: Response): Promise<Refusal> {
  const text = await response.text();
  expect(text).not.toMatch(INSIDE);
  expect(response.status).toBeGreaterThanOrEqual(200);
  expect(response.status).toBeLessThan(500);
  const { data, errors = [] } = JSON.parse(text) as {
    data?: unknown;
    errors?: { message: string; extensions: Record<string, unknown> }[];
  };
  const codes = errors.map(({ extensions }) => String(extensions['code']));
  for (const code of codes) expect(PUBLIC_CODES).toContain(code);
  for (const { message, extensions } of errors) {
    expect(message.length).toBeGreaterThan(0);
    const known = ['code', 'field', 'retryAfterSeconds', 'attemptsRemaining', 'requestId'];
    expect(Object.keys(extensions).filter((name) => !known.includes(name))).toEqual([]);
  }
  return {
    status: response.status,
    codes,
    fields: errors.map(({ extensions }) => extensions['field'] as string),
    data,
  };
}

/** The next good request works, and nothing was logged as a failure of ours. */
export async function expectUnharmed(server: TestServer): Promise<void> {
  const to = freshPhone();
  const answer = await server.run(SendOtpDocument, { input: { to } });
  expect(answer.data?.sendOtp.to).toBe(to);
  expect(server.log()).not.toMatch(/"level":(50|60)/);
}

export type Body = NonNullable<RequestInit['body']>;

export function postRaw(server: TestServer, body: Body, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
}

export function post(server: TestServer, query: string, variables?: unknown): Promise<Response> {
  return postRaw(server, JSON.stringify({ query, variables }));
}
