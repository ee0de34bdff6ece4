import { Agent, request, type IncomingHttpHeaders } from 'node:http';

/** A request of the programs: a POST with a JSON body, or a GET where there is none. */
export interface Call {
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** From before the request was written until its answer was read whole. */
  readonly ms: number;
}

/** A GraphQL operation as a call. */
export function operation(query: string, variables: object = {}, headers: Record<string, string> = {}): Call {
  return { path: '/graphql', body: { query, variables }, headers };
}

/** Sends calls over connections that stay open, one for each call that is in flight. */
export class Client {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /** @throws Error when the server cannot be reached */
  send({ path, body, headers = {} }: Call): Promise<Answer> {
    const payload = body === undefined ? null : Buffer.from(JSON.stringify(body));
    const typed = payload && { 'content-type': 'application/json', 'content-length': payload.length };
    return new Promise((resolve, reject) => {
      const began = performance.now();
      const sent = request(new URL(path, this.#url), {
        method: payload ? 'POST' : 'GET',
        agent: this.#agent,
        headers: { ...typed, ...headers },
      });
      sent.once('error', reject).once('response', (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part)).once('error', reject);
        response.once('end', () => {
          const ms = performance.now() - began;
          const { statusCode = 0, headers: answered } = response;
          resolve({ status: statusCode, headers: answered, text: Buffer.concat(parts).toString(), ms });
        });
      });
      sent.end(payload ?? undefined);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/**
 * The field of an answer's data.
 * @throws Error when it is an error
 */
export function dataOf<T>(answer: Answer, field: string): T {
  const { data, errors } = JSON.parse(answer.text) as { data?: Record<string, T> | null; errors?: unknown };
  if (errors || !data) throw new Error(`${field} answered ${answer.text}`);
  return data[field]!;
}
