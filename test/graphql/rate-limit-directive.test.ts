import { beforeEach, describe, expect, test } from '@jest/globals';
import { buildSchema, graphql, GraphQLError, type GraphQLSchema } from 'graphql';
import { AppError } from '../../src/errors.ts';
import { RequestContext } from '../../src/graphql/context.ts';
import { enforceRateLimits } from '../../src/graphql/directives/rate-limit.ts';
import { type BucketRule, type RateLimitStore } from '../../src/limits/rate-limit.ts';

const DECLARED = `
  enum RateLimitKey { CLIENT_IP ARGUMENTS CLIENT_IP_AND_ARGUMENTS USER }
  directive @rateLimit(max: Int!, window: String!, by: RateLimitKey!, identityArgs: [String!]) repeatable on FIELD_DEFINITION
  input In { to: String email: String loginTicket: String }
`;

/** Written down by the store instead of counted; it refuses what a test tells it to. */
class NotingStore implements RateLimitStore {
  readonly calls: { bucket: string; client: string; rules: readonly BucketRule[] }[] = [];
  refuses: (bucket: string) => { retryAt: number; now: number } | null = () => null;
  reserve(bucket: string, client: string, rules: readonly BucketRule[]) {
    this.calls.push({
      bucket,
      client,
      rules: rules.map(({ max, windowMs, perClient }) => ({ max, windowMs, perClient })),
    });
    return Promise.resolve(this.refuses(bucket));
  }
}

let store: NotingStore;
let resolved: number;
beforeEach(() => {
  store = new NotingStore();
  resolved = 0;
});

/** A schema of one field with these directives; type-graphql hands them over unchecked, as `assumeValid` does here. */
function schemaWith(directives: string, scale = 1): GraphQLSchema {
  const text = `${DECLARED} type Query { go(input: In, other: String, refreshToken: String): Int ${directives} }`;
  return enforceRateLimits(buildSchema(text, { assumeValid: true, assumeValidSDL: true }), store, scale);
}

async function call(schema: GraphQLSchema, args = '', clientIp = '192.0.2.1') {
  const findSession = () => Promise.resolve(null);
  const contextValue = new RequestContext({
    requestId: 'r',
    client: { ip: clientIp, userAgent: null },
    authorization: undefined,
    findSession,
  });
  const rootValue = { go: () => (resolved += 1) };
  return graphql({ schema, source: `{ go${args} }`, contextValue, rootValue });
}

const rule = (max: number, windowMs: number, perClient = false): BucketRule => ({ max, windowMs, perClient });

describe('a schema is not built with', () => {
  test.each(['', '10', 'm', '10 m', '10min', '1.5h', '-1m', '0m', '10M', '1w', '10m ', '1e3s', '１０m', '1000000s'])(
    'the window %j',
    (window) => {
      expect(() => schemaWith(`@rateLimit(max: 1, window: ${JSON.stringify(window)}, by: CLIENT_IP)`)).toThrow(
        `@rateLimit on go: window "${window}" is not a number and a unit like "10m"`,
      );
    },
  );

  test.each([
    ['a max of 0', '@rateLimit(max: 0, window: "10m", by: CLIENT_IP)', 'max must be at least 1'],
    ['a max below 0', '@rateLimit(max: -5, window: "10m", by: CLIENT_IP)', 'max must be at least 1'],
    [
      'an argument that is not declared',
      '@rateLimit(max: 1, window: "10m", by: CLIENT_IP, every: 1)',
      'there is no argument "every"',
    ],
    [
      'no identityArgs by ARGUMENTS',
      '@rateLimit(max: 1, window: "10m", by: ARGUMENTS)',
      'by: ARGUMENTS needs identityArgs',
    ],
    [
      'empty identityArgs',
      '@rateLimit(max: 1, window: "10m", by: CLIENT_IP_AND_ARGUMENTS, identityArgs: [])',
      'by: CLIENT_IP_AND_ARGUMENTS needs identityArgs',
    ],
    [
      'identityArgs by CLIENT_IP',
      '@rateLimit(max: 1, window: "10m", by: CLIENT_IP, identityArgs: ["other"])',
      'by: CLIENT_IP takes no identityArgs',
    ],
    [
      'identityArgs by USER',
      '@rateLimit(max: 1, window: "10m", by: USER, identityArgs: ["other"])',
      'by: USER takes no identityArgs',
    ],
  ])('%s', (_what, directive, message) => {
    expect(() => schemaWith(directive)).toThrow(`@rateLimit on go: ${message}`);
  });

  test.each([
    ['a missing max', '@rateLimit(window: "10m", by: CLIENT_IP)'],
    ['a missing window', '@rateLimit(max: 1, by: CLIENT_IP)'],
    ['a missing key', '@rateLimit(max: 1, window: "10m")'],
    ['an unknown key', '@rateLimit(max: 1, window: "10m", by: MOON)'],
    ['a max that is no whole number', '@rateLimit(max: 1.5, window: "10m", by: CLIENT_IP)'],
    ['a max as text', '@rateLimit(max: "5", window: "10m", by: CLIENT_IP)'],
  ])('%s', (_what, directive) => {
    expect(() => schemaWith(directive)).toThrow(GraphQLError);
  });

  test('an identity argument that the field does not have, which would switch the rule off', () => {
    expect(() => schemaWith('@rateLimit(max: 1, window: "10m", by: ARGUMENTS, identityArgs: ["input.too"])')).toThrow(
      '@rateLimit on go',
    );
  });
});

describe('the rules of a field', () => {
  test('are counted with their windows in milliseconds', async () => {
    const windows = { '30s': 30_000, '10m': 600_000, '24h': 86_400_000, '7d': 604_800_000 };
    for (const [window, ms] of Object.entries(windows)) {
      await call(schemaWith(`@rateLimit(max: 3, window: "${window}", by: CLIENT_IP)`));
      expect(store.calls.at(-1)?.rules).toEqual([rule(3, ms)]);
    }
  });

  test('that share what they count by are one write, in the order in which they are written', async () => {
    const schema = schemaWith(`
      @rateLimit(max: 20, window: "10m", by: CLIENT_IP)
      @rateLimit(max: 5, window: "10m", by: CLIENT_IP_AND_ARGUMENTS, identityArgs: ["input.to"])
      @rateLimit(max: 10, window: "10m", by: ARGUMENTS, identityArgs: ["input.to"])
      @rateLimit(max: 20, window: "24h", by: ARGUMENTS, identityArgs: ["input.to"])`);
    await call(schema, '(input: { to: "+12025550123" })');
    expect(store.calls).toEqual([
      { bucket: 'go\nCLIENT_IP\n192.0.2.1', client: '192.0.2.1', rules: [rule(20, 600_000)] },
      {
        bucket: 'go\nARGUMENTS\ninput.to\n+12025550123',
        client: '192.0.2.1',
        rules: [rule(5, 600_000, true), rule(10, 600_000), rule(20, 86_400_000)],
      },
    ]);
    expect(resolved).toBe(1);
  });

  test('stop at the first refusal, before the resolver, with the time to wait rounded up', async () => {
    const schema = schemaWith(`
      @rateLimit(max: 20, window: "10m", by: CLIENT_IP)
      @rateLimit(max: 5, window: "10m", by: ARGUMENTS, identityArgs: ["other"])`);
    store.refuses = () => ({ retryAt: 101_001, now: 100_000 });
    const { errors } = await call(schema, '(other: "+12025550123")');
    expect(errors?.[0]?.originalError).toBeInstanceOf(AppError);
    expect(errors?.[0]?.originalError).toMatchObject({ code: 'RATE_LIMITED', facts: { retryAfterSeconds: 2 } });
    expect(store.calls).toHaveLength(1);
    expect(resolved).toBe(0);
  });

  test('know one destination in five spellings, and two addresses as one each', async () => {
    const schema = schemaWith('@rateLimit(max: 5, window: "10m", by: ARGUMENTS, identityArgs: ["input.to"])');
    for (const to of ['+12025550123', '+1 202 555 0123', '+1-202-555-0123', '+1 (202) 555.0123', ' +1.2025550123 '])
      await call(schema, `(input: { to: "${to}" })`);
    expect(new Set(store.calls.map(({ bucket }) => bucket)).size).toBe(1);
    for (const to of ['A@Example.com', 'a@example.com', 'b@example.com'])
      await call(schema, `(input: { to: "${to}" })`);
    expect(new Set(store.calls.map(({ bucket }) => bucket)).size).toBe(3);
  });

  test('skip a value that is missing, null, or no destination at all, which the field refuses by itself', async () => {
    const schema = schemaWith('@rateLimit(max: 5, window: "10m", by: ARGUMENTS, identityArgs: ["input.email"])');
    for (const args of ['', '(input: null)', '(input: {})', '(input: { email: null })', '(input: { email: "nobody" })'])
      await call(schema, args);
    expect(store.calls).toEqual([]);
    expect(resolved).toBe(5);
  });

  test('take tokens and tickets as they are, and skip what is longer than any of ours', async () => {
    const schema = schemaWith(`
      @rateLimit(max: 5, window: "10m", by: ARGUMENTS, identityArgs: ["refreshToken"])
      @rateLimit(max: 5, window: "10m", by: ARGUMENTS, identityArgs: ["input.loginTicket"])`);
    await call(schema, '(refreshToken: " aB-_ ", input: { loginTicket: "+1 202 555 0123" })');
    expect(store.calls.map(({ bucket }) => bucket.split('\n').at(-1))).toEqual([' aB-_ ', '+1 202 555 0123']);
    await call(schema, `(refreshToken: "${'x'.repeat(512)}", input: { loginTicket: "${'x'.repeat(513)}" })`);
    await call(schema, '(refreshToken: "", input: {})');
    expect(store.calls).toHaveLength(3);
  });

  test('by USER skip those who have not signed in', async () => {
    await call(schemaWith('@rateLimit(max: 5, window: "10m", by: USER)'));
    expect(store.calls).toEqual([]);
  });

  test('count every alias of an operation', async () => {
    const schema = schemaWith('@rateLimit(max: 5, window: "10m", by: CLIENT_IP)');
    await call(schema, ' a: go b: go');
    expect(store.calls).toHaveLength(3);
  });
});

test.each([
  [20, '1', 20],
  [20, '0.01', 1],
  [20, '0.5', 10],
  [5, '0.5', 3],
  [5, '1.5', 8],
  [5, '1000', 5_000],
  [20, '1.1', 22],
  [100, '1.1', 110],
])('a max of %d scaled by %s is %d: rounded up, and no more', async (max, scale, scaled) => {
  await call(schemaWith(`@rateLimit(max: ${max}, window: "10m", by: CLIENT_IP)`, Number(scale)));
  expect(store.calls[0]?.rules).toEqual([rule(scaled, 600_000)]);
});

test('a refusal holds whatever the process clock says, with the largest and the smallest max', async () => {
  store.refuses = () => ({ retryAt: 1, now: 0 });
  for (const max of [1, 5, 100_000]) {
    const { errors } = await call(schemaWith(`@rateLimit(max: ${max}, window: "1s", by: CLIENT_IP)`));
    expect(errors).toHaveLength(1);
  }
  expect(resolved).toBe(0);
});
