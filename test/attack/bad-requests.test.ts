// Issue 3, bad input, and DESIGN section 6: bodies that are no GraphQL request, operations that are too deep, too wide or
// too many at once, and requests that a foreign page could forge (CSRF): each a 4xx or a GraphQL error with a code of the
// table, never INTERNAL_SERVER_ERROR, a stack trace or a dead process; nothing runs, and the next good request works.
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { freshPhone } from '../support/codes.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { expectUnharmed, post, postRaw, refusal, type Body } from './refusal.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '10000' });
});
afterEach(() => expectUnharmed(server));
afterAll(() => server.close());

const good = '{ otpPolicy { codeLength } }';
const repeat = (count: number, part: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => part(i)).join(' ');
const nest = (count: number, open: string, inner: string, close: string) =>
  open.repeat(count) + inner + close.repeat(count);

const BODIES: [name: string, body: Body][] = [
  ['nothing', ''],
  ['white space', ' \n'],
  ['null', 'null'],
  ['a number', '5'],
  ['a string', '"query"'],
  ['an empty object', '{}'],
  ['an empty array', '[]'],
  ['a batch', JSON.stringify([{ query: good }, { query: good }])],
  ['cut JSON', '{"query": "{ otpPolicy'],
  ['JSON with a comma too many', '{"query": "{ __typename }",}'],
  ['two values', '{"query": "{ __typename }"}{}'],
  ['a query string', 'query={ __typename }'],
  ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x80, 0x22, 0x7d])],
  ['NUL bytes', Buffer.alloc(1000)],
  ['a query that is a number', '{"query": 5}'],
  ['a query that is null', '{"query": null}'],
  ['a query that is an object', '{"query": {"kind": "Document"}}'],
  ['a query that is an array', JSON.stringify({ query: [good] })],
  ['an empty query', '{"query": ""}'],
  ['a query of comments', '{"query": "# nothing"}'],
  ['a query that is no GraphQL', '{"query": "SELECT * FROM users"}'],
  ['a query of control characters', '{"query": "\\u0000\\u0001"}'],
  ['a query of a lone surrogate', '{"query": "{ \\ud800 }"}'],
  ['variables that are a string', JSON.stringify({ query: good, variables: 'x' })],
  ['variables that are an array', JSON.stringify({ query: good, variables: [] })],
  ['an operation name that is a number', JSON.stringify({ query: good, operationName: 5 })],
  ['an unknown operation name', JSON.stringify({ query: good, operationName: 'Other' })],
  ['two operations and no name', JSON.stringify({ query: `query A ${good} query B ${good}` })],
  ['extensions that are a string', JSON.stringify({ query: good, extensions: 'x' })],
  ['a __proto__ key', '{"query": "{ __typename }", "__proto__": {"polluted": true}}'],
  ['a __proto__ key within variables', '{"query": "{ __typename }", "variables": {"__proto__": {"polluted": true}}}'],
  ['a constructor.prototype key', '{"query": "{ __typename }", "constructor": {"prototype": {"polluted": true}}}'],
  ['101 kB', JSON.stringify({ query: good, padding: 'x'.repeat(101_000) })],
  ['10 MB', JSON.stringify({ query: good, padding: 'x'.repeat(10_000_000) })],
  ['50,000 nested arrays', '['.repeat(50_000)],
  ['16,000 nested objects', nest(16_000, '{"a":', '1', '}')],
];

test.each(BODIES)('a body of %s is refused with a 4xx', async (_name, body) => {
  const refused = await refusal(await postRaw(server, body));
  expect(refused.status).toBeGreaterThanOrEqual(400);
  expect(new Set(refused.codes)).toEqual(new Set(['BAD_USER_INPUT']));
  expect(refused.data ?? null).toBeNull();
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

const bomb = (last: string) =>
  `{ ...F0 } ${repeat(20, (i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`)} fragment F20 on Query { ${last} }`;
/** The third says why, where an operation could be refused for another reason too. */
const OPERATIONS: [name: string, query: string, why?: RegExp][] = [
  ['16 aliases', `{ ${repeat(16, (i) => `a${i}: me { id }`)} }`, /at most 15 aliases/],
  [
    '16 aliases at two levels',
    `{ me { ${repeat(8, (i) => `a${i}: id`)} } ${repeat(8, (i) => `b${i}: me { id }`)} }`,
    /at most 15 aliases/,
  ],
  [
    '16 aliases of introspection',
    `{ ${repeat(16, (i) => `a${i}: __schema { types { name } }`)} }`,
    /at most 15 aliases/,
  ],
  [
    'aliases in inline fragments',
    `{ ${repeat(16, (i) => `... on Query { a${i}: me { id } }`)} }`,
    /at most 15 aliases/,
  ],
  [
    'aliases multiplied by fragments',
    `{ ...A b: me { ...B } c: me { ...B } } fragment A on Query { a: me { ...B } } fragment B on User { ${repeat(5, (i) => `x${i}: id`)} }`,
    /at most 15 aliases/,
  ],
  ['a fragment bomb of aliases', bomb('a: me { id }'), /at most 15 aliases/],
  ['a fragment bomb of directives', bomb('me @include(if: true) { id }'), /at most 5 directives/],
  ['fragments in a circle', '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }'],
  ['a fragment of itself', '{ ...A } fragment A on Query { a: me { id } ...A }'],
  ['an unknown fragment', '{ ...Nowhere }'],
  ['9 levels', `{ me { id ${nest(8, 'friends { ', 'id ', '} ')} } }`, /at most 8 levels/],
  ['400 levels', nest(400, '{ me ', '{ id }', ' }'), /at most 8 levels/],
  [
    'deep introspection',
    `{ __schema { types { fields { type { fields { type { fields { type { fields { type { name } } } } } } } } } } }`,
  ],
  ['6 directives', `{ ${repeat(6, () => 'me @include(if: true) { id }')} }`, /at most 5 directives/],
  ['6 directives in one place', `{ me ${'@include(if: true) '.repeat(6)} { id } }`, /at most 5 directives/],
  ['6 directives on an operation', `query ${repeat(6, () => '@include(if: true)')} { me { id } }`],
  ['unknown directives', '{ me @rateLimit(max: 1000) { id } }'],
  ['1,501 tokens', `{ ${'__typename '.repeat(1_499)} }`, /1500 tokens/],
  ['20,000 tokens', `{ ${'a '.repeat(20_000)} }`, /1500 tokens/],
  ['a literal nested 700 deep', `mutation { sendOtp(input: {to: ${nest(700, '[', '"x"', ']')}}) { to } }`],
  ['a mutation as a query', '{ sendOtp(input: {to: "+12025550100"}) { to } }', /Cannot query field/],
  ['a subscription', 'subscription { me { id } }'],
  ['a schema', 'type Query { me: String }'],
  ['an unknown field', '{ users { passwordHash } }'],
  ['a secret field', '{ me { passwordHash } }'],
  ['no selection', '{ me }'],
  ['an undeclared variable', 'mutation { sendOtp(input: $input) { to } }'],
  ['a variable of an unknown type', 'mutation($input: Nothing!) { sendOtp(input: $input) { to } }'],
  [
    'one name for two calls',
    'mutation { sendOtp(input: {to: "+12025550100"}) { to } sendOtp(input: {to: "+12025550101"}) { to } }',
  ],
];

test.each(OPERATIONS)('an operation of %s is refused before it runs', async (_name, query, why = /./) => {
  const response = await post(server, query, {});
  expect(await response.clone().text()).toMatch(why);
  const refused = await refusal(response);
  expect(refused.status).toBe(400);
  expect(new Set(refused.codes)).toEqual(new Set(['BAD_USER_INPUT']));
  expect(refused.data).toBeUndefined();
});

test('an operation of 15 aliases and 5 directives runs', async () => {
  const query = `{ ${repeat(15, (i) => `a${i}: me { id }`)} ${repeat(5, () => 'me @include(if: true) { id }')} }`;
  const answer = await refusal(await post(server, query));
  expect([answer.status, answer.codes]).toEqual([200, []]);
});

test('an operation of 1,500 tokens is parsed', async () => {
  // graphql-js itself gives up on comparing so many equal fields: only the reason tells the two limits apart.
  const text = async (fields: number) => (await post(server, `{ ${'__typename '.repeat(fields)} }`)).text();
  expect(await text(1_498)).not.toContain('tokens');
  expect(await text(1_499)).toContain('1500 tokens');
});

test('@include and @skip work', async () => {
  const answer = await refusal(
    await post(server, '{ otpPolicy { codeLength @include(if: false) maxAttempts @skip(if: false) } }'),
  );
  expect([answer.codes, answer.data]).toEqual([[], { otpPolicy: { maxAttempts: 3 } }]);
});

test('a persisted query is refused: there are none', async () => {
  const body = '{"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "abc"}}}';
  expect((await refusal(await postRaw(server, body))).codes).toEqual(['BAD_USER_INPUT']);
});

test("Sandbox's own introspection query runs", async () => {
  const { getIntrospectionQuery } = await import('graphql');
  const answer = await refusal(await post(server, getIntrospectionQuery({ inputValueDeprecation: true })));
  expect([answer.status, answer.codes]).toEqual([200, []]);
});

const mutation = (to: string) => `mutation { sendOtp(input: {to: "${to}"}) { to } }`;

test.each([
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/xml',
  'nonsense',
  '',
])('a mutation sent as "%s", which needs no preflight, is refused and does not run', async (type) => {
  const to = freshPhone();
  const refused = await refusal(
    await postRaw(server, JSON.stringify({ query: mutation(to) }), { 'content-type': type }),
  );
  expect([400, 415]).toContain(refused.status);
  expect(refused.codes).toEqual(['BAD_USER_INPUT']);
  expect(await server.inbox(to)).toEqual([]);
});

test.each([
  { name: 'as a page would', headers: {} },
  { name: 'as a client would', headers: { 'content-type': 'application/json', 'apollo-require-preflight': 'true' } },
] as { name: string; headers: Record<string, string> }[])(
  'a mutation by GET, $name, is refused and does not run',
  async ({ headers }) => {
    const to = freshPhone();
    const response = await fetch(`${server.url}/graphql?query=${encodeURIComponent(mutation(to))}`, { headers });
    const refused = await refusal(response);
    expect([400, 405]).toContain(refused.status);
    expect(refused.codes).toEqual(['BAD_USER_INPUT']);
    expect(await server.inbox(to)).toEqual([]);
  },
);

test('a query by GET is refused to a page that needs no preflight', async () => {
  const refused = await refusal(await fetch(`${server.url}/graphql?query=${encodeURIComponent(good)}`));
  expect([refused.status, refused.codes]).toEqual([400, ['BAD_USER_INPUT']]);
});

test.each(['PUT', 'PATCH', 'DELETE'])('%s /graphql is refused', async (method) => {
  const headers = { 'content-type': 'application/json' };
  const refused = await refusal(await fetch(`${server.url}/graphql`, { method, headers, body: '{}' }));
  expect([refused.status, refused.codes]).toEqual([404, ['BAD_USER_INPUT']]);
});

test.each([
  ['with NUL', '/graphql%00'],
  ['with a lone percent sign', '/%'],
  ['that is no UTF-8', '/graphql/%ff'],
  ['out of the folder, encoded', '/..%2f..%2fetc/passwd'],
  ['out of the folder', '/dev/../../package.json'],
  ['of 5,000 characters', `/${'a'.repeat(5_000)}`],
])('a path %s is refused', async (_name, path) => {
  const refused = await refusal(await fetch(server.url + path));
  expect([400, 404, 414]).toContain(refused.status);
  expect(refused.codes).toEqual(['BAD_USER_INPUT']);
});

test.each([
  ['no token', 'Bearer'],
  ['an empty token', 'Bearer '],
  ['a word', 'Bearer x'],
  ['three words', 'Bearer a.b.c'],
  ['another scheme', 'Basic eDp5'],
  ['null', 'bearer null'],
  ['a token of 8 kB', `Bearer ${'a'.repeat(8_000)}`],
  ['no scheme', 'x'],
])('an authorization of %s is UNAUTHENTICATED', async (_name, authorization) => {
  const refused = await refusal(await postRaw(server, JSON.stringify({ query: '{ me { id } }' }), { authorization }));
  expect([refused.status, refused.codes]).toEqual([200, ['UNAUTHENTICATED']]);
});

test.each([
  ['no HTTP', 'nonsense\r\n\r\n'],
  ['two lengths', 'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcde'],
  [
    'a length and chunks',
    'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['headers of 100 kB', `GET / HTTP/1.1\r\nhost: x\r\nx: ${'a'.repeat(100_000)}\r\n\r\n`],
  ['no host', 'GET / HTTP/1.1\r\n\r\n'],
])('a raw request with %s is answered with a 4xx and closed', async (_name, text) => {
  const { port } = new URL(server.url);
  const answer = await new Promise<string>((resolve, reject) => {
    let received = '';
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(text));
    socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
    socket.on('close', () => resolve(received));
    socket.on('error', reject);
  });
  expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
  expect(answer).not.toMatch(/\n\s+at |node_modules/);
});
