// The committed Postman collection, walked from top to bottom against a server as Postman does it: variables are put in,
// and the scripts run with the part of Postman's `pm` that they use.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { root } from '../../scripts/project.mjs';
import { startServer, type TestServer } from '../support/server.ts';

interface Item {
  readonly name: string;
  readonly item?: readonly Item[];
  readonly event?: readonly { readonly listen: string; readonly script: { readonly exec: readonly string[] } }[];
  readonly request: {
    readonly method: string;
    readonly header: readonly { readonly key: string; readonly value: string }[];
    readonly url: { readonly raw: string };
    readonly body?: { readonly raw: string };
  };
}
interface Collection {
  readonly info: { readonly schema: string };
  readonly item: readonly Item[];
  readonly variable: readonly { readonly key: string; readonly value: string }[];
}

const collection = JSON.parse(readFileSync(join(root, 'docs/otpql.postman_collection.json'), 'utf8')) as Collection;

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

/** Postman, as far as the collection uses it. */
class Walker {
  readonly #variables = new Map(collection.variable.map(({ key, value }) => [key, value]));
  /** The names of the checks that passed. */
  readonly passed: string[] = [];

  constructor(baseUrl: string, set: Readonly<Record<string, string>> = {}) {
    for (const [name, value] of Object.entries({ baseUrl, ...set })) this.#variables.set(name, value);
  }

  variable(name: string): string | undefined {
    return this.#variables.get(name);
  }

  async send(item: Item): Promise<number> {
    this.#run(item, 'prerequest', undefined);
    const { method, header, url, body } = item.request;
    const response = await fetch(this.#filled(url.raw), {
      method,
      headers: header.map(({ key, value }): [string, string] => [key, value]),
      ...(body && { body: this.#filled(body.raw) }),
    });
    const text = await response.text();
    this.#run(item, 'test', { code: response.status, json: () => JSON.parse(text) as unknown });
    return response.status;
  }

  #filled(text: string): string {
    return text.replace(/\{\{(\w+)\}\}/g, (_whole, name: string) => {
      const value = this.#variables.get(name);
      if (value === undefined) throw new Error(`the collection has no variable ${name}`);
      return value;
    });
  }

  #run(item: Item, listen: string, response: unknown): void {
    const script = item.event?.find((event) => event.listen === listen)?.script.exec.join('\n') ?? '';
    const pm = {
      response,
      collectionVariables: {
        get: (name: string) => this.#variables.get(name),
        set: (name: string, value: string) => void this.#variables.set(name, value),
      },
      expect: (actual: unknown) => ({ to: { equal: (wanted: unknown) => expect(actual).toBe(wanted) } }),
      test: (name: string, check: () => void) => {
        check();
        this.passed.push(`${item.name}: ${name}`);
      },
    };
    runInNewContext(script, { pm, JSON, Date, String, Number });
  }
}

const folder = (name: string) => collection.item.find((item) => item.name === name)?.item ?? [];

test('the whole flow works from top to bottom, and once more with another person', async () => {
  expect(collection.info.schema).toContain('/v2.1.0/');
  const walker = new Walker(server.url);
  const phones: (string | undefined)[] = [];
  for (const _walk of [1, 2]) {
    for (const item of folder('The whole flow')) await walker.send(item);
    phones.push(walker.variable('phone'));
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  expect(new Set(phones).size).toBe(2);
  expect(walker.passed.length).toBeGreaterThan(2 * folder('The whole flow').length);
  expect(walker.variable('token')).toMatch(/^eyJ/);
  expect(await server.db.collection('users').countDocuments()).toBe(2);
});

test('with `fresh` set to no the walk uses your own phone and address', async () => {
  const walker = new Walker(server.url, { fresh: 'no', phone: '+12025550188', email: 'own@example.com' });
  for (const item of folder('The whole flow')) await walker.send(item);
  expect(await server.db.collection('users').findOne({ email: 'own@example.com' })).toMatchObject({
    phone: '+12025550188',
  });
});

test('every route of the OpenAPI document is in the collection', async () => {
  const api = (await (await fetch(`${server.url}/openapi.json`)).json()) as { paths: Record<string, object> };
  const urls = collection.item.flatMap(({ item = [] }) => item.map(({ request }) => request.url.raw));
  for (const path of Object.keys(api.paths)) expect(urls).toContain(`{{baseUrl}}${path}`);
});
