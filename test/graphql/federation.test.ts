import { buildSubgraphSchema } from '@apollo/subgraph';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { buildSchema, isObjectType, parse, type GraphQLSchema } from 'graphql';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/project.mjs';
import { toSubgraph } from '../../src/graphql/server/federation.ts';
import type { RateLimitStore } from '../../src/limits/rate-limit.ts';
import type { Hooks } from '../../src/graphql/directives/rate-limit.ts';
import type { Rooms } from '../../src/graphql/resolvers.ts';
import { createSchema } from '../../src/graphql/schema.ts';
import { LoginDocument, SendOtpDocument } from '../../web/generated/operations.ts';
import { freshIp, tally, volley } from '../attack/volley.ts';
import { bearer, claimsOf, type Registered } from '../support/accounts.ts';
import { freshPhone, registerUser } from '../support/codes.ts';
import { countCommands } from '../support/command-counter.ts';
import { from, startServer, type TestServer } from '../support/server.ts';

const ENTITIES = `query ($representations: [_Any!]!) {
  _entities(representations: $representations) { __typename ... on User { id email phone } }
}`;
const SERVICE = '{ _service { sdl } }';
const STRANGER = '0123456789abcdef01234567';

let router: TestServer;
let plain: TestServer;
let ann: Registered;
let bob: Registered;
beforeAll(async () => {
  [router, plain] = await Promise.all([
    startServer({ GRAPHQL_FEDERATION: 'true', GRAPHQL_INTROSPECTION: 'false' }),
    startServer(),
  ]);
  [ann, bob] = [await registerUser(router), await registerUser(router)];
});
afterAll(() => Promise.all([router.close(), plain.close()]));

const user = (id: unknown) => ({ __typename: 'User', id });
const entities = (representations: unknown, token?: string) =>
  router.query(ENTITIES, { representations }, token ? bearer(token) : {});

describe('off, the default', () => {
  test.each([SERVICE, '{ _entities(representations: []) { __typename } }'])('%s is no field', async (query) => {
    const answer = await plain.query(query);
    expect([answer.status, answer.code]).toEqual([400, 'BAD_USER_INPUT']);
  });

  test('schema.graphql knows nothing of it', () => {
    expect(readFileSync(join(root, 'schema.graphql'), 'utf8')).not.toMatch(/_entities|_service|_Any|@key|@link/);
  });
});

describe('_service', () => {
  test('tells a schema that is a valid subgraph, with the key, the documentation and every limit', async () => {
    const { data, errors } = await router.query(SERVICE);
    expect(errors).toEqual([]);
    const { sdl } = data!['_service'] as { sdl: string };
    expect(sdl).toContain('@link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@inaccessible"])');
    expect(sdl).toMatch(/extend type User\s+@key\(fields: "id"\)/);
    const own = readFileSync(join(root, 'schema.graphql'), 'utf8');
    const limits = (text: string) => text.match(/@rateLimit\(max.*?\)/g)!.sort();
    expect(limits(sdl)).toEqual(limits(own));
    // A router's composition reads it by the same rules; it throws where the text breaks one.
    const subgraph = buildSubgraphSchema({ typeDefs: parse(sdl) });
    expect(documentation(subgraph)).toEqual(documentation(buildSchema(own)));
  });

  test('needs no introspection, which production switches off', async () => {
    expect((await router.query('{ __schema { queryType { name } } }')).code).toBe('BAD_USER_INPUT');
  });
});

describe('_entities', () => {
  test('answers a user to the session of that very user, and null for everybody else, in the order asked', async () => {
    const answer = await entities([user(bob.user.id), user(ann.user.id), user(STRANGER)], ann.token);
    expect(answer.errors).toEqual([]);
    const own = { __typename: 'User', id: ann.user.id, email: ann.email, phone: ann.phone };
    expect(answer.data).toEqual({ _entities: [null, own, null] });
  });

  test('answers null to a request without a session, whether the account exists or not', async () => {
    const answer = await entities([user(ann.user.id), user(STRANGER)]);
    expect([answer.errors, answer.data]).toEqual([[], { _entities: [null, null] }]);
  });

  test('refuses a session that has ended as `me` does, whether the account exists or not', async () => {
    const gone = await registerUser(router);
    await router.query('mutation { logout { message } }', {}, bearer(gone.token));
    for (const id of [gone.user.id, ann.user.id, STRANGER]) {
      const answer = await entities([user(id)], gone.token);
      expect([answer.code, answer.data]).toEqual(['UNAUTHENTICATED', null]);
    }
  });

  test.each([[null], [42], [['id']], [{ $ne: null }], [''], [undefined]])('answers null for the id %j', async (id) => {
    expect((await entities([user(id)], ann.token)).data).toEqual({ _entities: [null] });
  });

  test.each([
    ['another type', { __typename: 'Session', id: '1' }],
    ['a type that does not exist', { __typename: 'Nobody', id: '1' }],
    ['no type', { id: '1' }],
    ['a text', 'User'],
  ])('refuses %s', async (_what, representation) => {
    const answer = await entities([representation], ann.token);
    expect([answer.code, answer.errors[0]!.extensions.field]).toEqual(['BAD_USER_INPUT', 'representations']);
  });

  test('reads the session once for a thousand references, and takes no more of them', async () => {
    const commands = countCommands(router);
    const thousand = Array.from({ length: 1000 }, () => user(STRANGER));
    await commands.quiet();
    const answer = await entities([...thousand.slice(1), user(ann.user.id)], ann.token);
    const sent = commands.take().length;
    expect((answer.data!['_entities'] as unknown[]).filter(Boolean)).toHaveLength(1);
    await router.query('{ me { id } }', {}, bearer(ann.token));
    expect(sent).toBe(commands.take().length);
    commands.close();
    expect((await entities([...thousand, user(STRANGER)], ann.token)).code).toBe('BAD_USER_INPUT');
  });
});

describe('everything else stays', () => {
  test('every field keeps its resolver, in which its limits are enforced', async () => {
    const enforced = await createSchema({} as Rooms, {} as RateLimitStore, 1, {} as Hooks);
    const kept = resolversOf(toSubgraph(enforced));
    const before = resolversOf(enforced);
    expect(before.size).toBeGreaterThan(20);
    for (const [field, resolve] of before)
      expect({ field, same: kept.get(field) === resolve }).toEqual({ field, same: true });
  });

  test('of 30 parallel sendOtp from one IP 20 pass', async () => {
    const ip = freshIp();
    const answers = await volley(30, () => router.run(SendOtpDocument, { input: { to: freshPhone() } }, from(ip)));
    expect(tally(answers)).toEqual({ OK: 20, RATE_LIMITED: 10 });
  });

  test('of 15 parallel logins to one account from one IP 10 pass', async () => {
    const [ip, input] = [freshIp(), { email: bob.email, password: bob.password }];
    const answers = await volley(15, () => router.run(LoginDocument, { input }, from(ip)));
    expect(tally(answers)).toEqual({ OK: 10, RATE_LIMITED: 5 });
    const [payload] = answers.flatMap(({ data }) => (data && 'token' in data.login ? [data.login] : []));
    expect(claimsOf(payload!.token)['sub']).toBe(bob.user.id);
  });

  test('operations are limited, and errors have their shape', async () => {
    const wide = Array.from({ length: 16 }, (_, index) => `a${index}: _entities(representations: []) { __typename }`);
    expect((await router.query(`{ ${wide.join(' ')} }`)).errors[0]!.message).toMatch(/at most 15 aliases/);
    const refused = await router.run(SendOtpDocument, { input: { to: '12' } });
    expect(refused.errors[0]!.extensions).toEqual({
      code: 'INVALID_PHONE_NUMBER',
      field: 'to',
      requestId: expect.any(String),
    });
  });
});

/** The fields with a resolver of ours. */
function resolversOf(schema: GraphQLSchema): Map<string, unknown> {
  const types = Object.values(schema.getTypeMap()).filter(isObjectType);
  const fields = types.flatMap((type) =>
    Object.values(type.getFields()).map((field) => [`${type.name}.${field.name}`, field.resolve] as const),
  );
  return new Map(fields.filter(([name, resolve]) => resolve && !name.startsWith('_')));
}

/** The fields of a schema and what is said about each, without those that federation adds. */
function documentation(schema: GraphQLSchema): Record<string, unknown> {
  const types = Object.values(schema.getTypeMap()).filter((type) => !/_/.test(type.name) && isObjectType(type));
  return Object.fromEntries(
    types.flatMap((type) =>
      isObjectType(type)
        ? Object.values(type.getFields())
            .filter((field) => !field.name.startsWith('_'))
            .map((field) => [`${type.name}.${field.name}`, [String(field.type), field.description]])
        : [],
    ),
  );
}
