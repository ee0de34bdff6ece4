import { beforeEach, describe, expect, test } from '@jest/globals';
import { buildSchema, graphql, type GraphQLSchema } from 'graphql';
import { AppError, type ErrorCode } from '../../src/errors.ts';
import { RequestContext } from '../../src/graphql/context.ts';
import { enforceRateLimits } from '../../src/graphql/directives/rate-limit.ts';
import { ProviderFailure } from '../../src/otp/provider.ts';
import type { Bucket, BucketRule, RateLimitStore, Refusal } from '../../src/limits/rate-limit.ts';

const DECLARED = `
  enum RateLimitCounts { CALLS MESSAGES WRONG_SECRETS }
  enum RateLimitKey { CLIENT_IP ARGUMENTS CLIENT_IP_AND_ARGUMENTS USER }
  directive @rateLimit(max: Int!, window: String!, by: RateLimitKey!, identityArgs: [String!], counts: RateLimitCounts) repeatable on FIELD_DEFINITION
  input In { to: String, email: String, loginTicket: String, recoveryCode: String, constructor: String }
`;

interface Noted {
  readonly bucket: string;
  readonly client: string;
  readonly rules: readonly BucketRule[];
}

/** Written down by the store instead of counted; it refuses what a test tells it to, after as long as a test tells it to. */
class NotingStore implements RateLimitStore {
  /** What each call was counted by. */
  readonly calls: Noted[][] = [];
  refuses: (bucket: string) => { retryAt: number; now: number } | null = () => null;
  decided: Promise<void> = Promise.resolve();
  async reserve(client: string, buckets: readonly Bucket[]): Promise<Refusal | null> {
    this.calls.push(buckets.map(({ name, rules }) => ({ bucket: name, client, rules })));
    await this.decided;
    const refusals = buckets.map(({ name }, index) => ({ index, refusal: this.refuses(name) }));
    const first = refusals.find(({ refusal }) => refusal !== null);
    return first ? { index: first.index, ...first.refusal! } : null;
  }
  /** What was given back. */
  readonly back: string[] = [];
  async giveBack(_client: string, buckets: readonly Bucket[]): Promise<void> {
    this.back.push(...buckets.map(({ name }) => name));
  }
  /** The names of all buckets that were counted in. */
  get buckets(): string[] {
    return this.calls.flat().map(({ bucket }) => bucket);
  }
}

let store: NotingStore;
let resolved: number;
let givingBack: Promise<void>;
/** What the field does before it asks to be counted, and after. */
let refuses: () => void;
let ends: () => unknown;
beforeEach(() => {
  givingBack = Promise.resolve();
  [refuses, ends] = [() => undefined, () => undefined];
  store = new NotingStore();
  resolved = 0;
});

/** A schema of one field with these directives; type-graphql hands them over unchecked, as `assumeValid` does here. */
function schemaWith(
  directives: string,
  scale = 1,
  onRefused: (field: string, by: string) => void = () => undefined,
): GraphQLSchema {
  const args = 'input: In, to: ID, other: String, phone: Int, email: [String], refreshToken: String';
  const text = `${DECLARED} type Query { go(${args}): Int ${directives} }`;
  const inBackground = (work: Promise<void>) => void (givingBack = work);
  const schema = buildSchema(text, { assumeValid: true, assumeValidSDL: true });
  return enforceRateLimits(schema, store, scale, { onRefused, inBackground, isKnown: () => Promise.resolve(false) });
}

async function call(schema: GraphQLSchema, args = '', clientIp = '192.0.2.1') {
  const findSession = () => Promise.resolve(null);
  const contextValue = new RequestContext({
    requestId: 'r',
    client: { ip: clientIp, userAgent: null },
    deviceToken: null,
    authorization: undefined,
    findSession,
  });
  const go = async (_args: unknown, context: RequestContext) => {
    refuses();
    await context.admit();
    resolved += 1;
    return ends() ?? resolved;
  };
  const rootValue = { go };
  return graphql({ schema, source: `{ go${args} }`, contextValue, rootValue });
}

const rule = (max: number, windowMs: number, perClient = false, refundable = false): BucketRule => ({
  max,
  windowMs,
  perClient,
  refundable,
});

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
    [
      'no counts by ARGUMENTS',
      '@rateLimit(max: 1, window: "10m", by: ARGUMENTS, identityArgs: ["input.to"])',
      'by: ARGUMENTS needs counts',
    ],
    [
      'counts by CLIENT_IP',
      '@rateLimit(max: 1, window: "10m", by: CLIENT_IP, counts: CALLS)',
      'by: CLIENT_IP takes no counts',
    ],
    [
      'a bucket that counts two kinds of calls',
      `@rateLimit(max: 1, window: "10m", by: ARGUMENTS, identityArgs: ["input.to"], counts: CALLS)
       @rateLimit(max: 1, window: "24h", by: ARGUMENTS, identityArgs: ["input.to"], counts: MESSAGES)`,
      'counts CALLS and MESSAGES share one bucket',
    ],
  ])('%s', (_what, directive, message) => {
    expect(() => schemaWith(directive)).toThrow(`@rateLimit on go: ${message}`);
  });

  test.each([
    ['a missing max', '@rateLimit(window: "10m", by: CLIENT_IP)', 'Argument "max" of required type'],
    ['a missing window', '@rateLimit(max: 1, by: CLIENT_IP)', 'Argument "window" of required type'],
    ['a missing key', '@rateLimit(max: 1, window: "10m")', 'Argument "by" of required type'],
    ['an unknown key', '@rateLimit(max: 1, window: "10m", by: MOON)', 'Argument "by" has invalid value MOON'],
    [
      'a max that is no whole number',
      '@rateLimit(max: 1.5, window: "10m", by: CLIENT_IP)',
      'Argument "max" has invalid',
    ],
    ['a max as text', '@rateLimit(max: "5", window: "10m", by: CLIENT_IP)', 'Argument "max" has invalid value "5"'],
  ])('%s', (_what, directive, message) => {
    expect(() => schemaWith(directive)).toThrow(`@rateLimit on go: ${message}`);
  });

  test.each([
    ['that the field does not have', 'input.too', 'the field has no argument "input.too"'],
    ['below a text', 'other.to', 'the field has no argument "other.to"'],
    ['without a name', '', 'the field has no argument ""'],
    ['of a kind that nobody named', 'other', 'nobody has said what kind of value "other" is'],
    [
      'of a kind that nobody named, in an input',
      'input.recoveryCode',
      'nobody has said what kind of value "input.recoveryCode"',
    ],
    ['called as something that every object has', 'input.constructor', 'nobody has said what kind of value'],
    ['that is an input', 'input', '"input" is no text'],
    ['that is a number', 'phone', '"phone" is no text'],
    ['that is a list', 'email', '"email" is no text'],
  ])('an identity argument %s, which would limit nothing', (_what, path, message) => {
    for (const [key, counts] of Object.entries({ ARGUMENTS: ', counts: CALLS', CLIENT_IP_AND_ARGUMENTS: '' }))
      expect(() =>
        schemaWith(`@rateLimit(max: 1, window: "10m", by: ${key}, identityArgs: ["refreshToken", "${path}"]${counts})`),
      ).toThrow(`@rateLimit on go: ${message}`);
  });
});

describe('the rules of a field', () => {
  test('are counted with their windows in milliseconds', async () => {
    const windows = { '30s': 30_000, '10m': 600_000, '24h': 86_400_000, '7d': 604_800_000 };
    for (const [window, ms] of Object.entries(windows)) {
      await call(schemaWith(`@rateLimit(max: 3, window: "${window}", by: CLIENT_IP)`));
      expect(store.calls.at(-1)?.[0]?.rules).toEqual([rule(3, ms)]);
    }
  });

  test('are one write, in the order in which they are written; those that share what they count by are one bucket', async () => {
    const schema = schemaWith(`
      @rateLimit(max: 20, window: "10m", by: CLIENT_IP)
      @rateLimit(max: 5, window: "10m", by: CLIENT_IP_AND_ARGUMENTS, identityArgs: ["input.to"])
      @rateLimit(max: 10, window: "10m", by: ARGUMENTS, identityArgs: ["input.to"], counts: WRONG_SECRETS)
      @rateLimit(max: 20, window: "24h", by: ARGUMENTS, identityArgs: ["input.to"], counts: WRONG_SECRETS)`);
    await call(schema, '(input: { to: "+12025550123" })');
    const client = '192.0.2.1';
    expect(store.calls).toEqual([
      [
        { bucket: 'go\nCLIENT_IP\n192.0.2.1', client, rules: [rule(20, 600_000)] },
        {
          bucket: 'go\nARGUMENTS\ninput.to\n+12025550123',
          client,
          rules: [
            rule(5, 600_000, true),
            rule(10, 600_000, false, true),
            rule(20, 86_400_000, false, true),
            rule(5, 86_400_000, true, true),
          ],
        },
      ],
    ]);
    expect(resolved).toBe(1);
  });

  test('stop at a refusal, before the resolver, with the time to wait rounded up and the bucket that refused told', async () => {
    const refused: [string, string][] = [];
    const schema = schemaWith(
      `@rateLimit(max: 20, window: "10m", by: USER)
       @rateLimit(max: 20, window: "10m", by: CLIENT_IP)
       @rateLimit(max: 5, window: "10m", by: ARGUMENTS, identityArgs: ["input.to"], counts: WRONG_SECRETS)`,
      1,
      (field, by) => refused.push([field, by]),
    );
    store.refuses = (bucket) => (bucket.includes('ARGUMENTS') ? { retryAt: 101_001, now: 100_000 } : null);
    const { errors } = await call(schema, '(input: { to: "+12025550123" })');
    expect(errors?.[0]?.originalError).toBeInstanceOf(AppError);
    expect(errors?.[0]?.originalError).toMatchObject({ code: 'RATE_LIMITED', facts: { retryAfterSeconds: 2 } });
    expect([refused, resolved]).toEqual([[['go', 'ARGUMENTS']], 0]);
    store.refuses = () => ({ retryAt: 1, now: 0 });
    await call(schema, '(input: { to: "+12025550123" })');
    expect(refused.at(-1)).toEqual(['go', 'CLIENT_IP']);
  });

  test('give each of many calls at once its own answer', async () => {
    const schema = schemaWith('@rateLimit(max: 5, window: "10m", by: CLIENT_IP)');
    const ips = Array.from({ length: 60 }, (_, index) => `192.0.2.${index}`);
    // Every second call is refused, each with a wait of its own; all are decided while all are in flight.
    store.refuses = (bucket) => {
      const wait = ips.findIndex((ip) => bucket.endsWith(`\n${ip}`));
      return wait % 2 === 0 ? null : { retryAt: wait * 1_000, now: 0 };
    };
    let decide: () => void = () => undefined;
    store.decided = new Promise((resolve) => (decide = resolve));
    const answers = ips.map((ip) => call(schema, '', ip));
    setImmediate(decide);
    const told = (await Promise.all(answers)).map(({ errors }) =>
      errors ? (errors[0]!.originalError as AppError).facts.retryAfterSeconds : null,
    );
    expect(told).toEqual(ips.map((_ip, index) => (index % 2 === 0 ? null : index)));
    expect(resolved).toBe(30);
  });

  test('know one destination in five spellings, and two addresses as one each', async () => {
    const schema = schemaWith(
      '@rateLimit(max: 5, window: "10m", by: ARGUMENTS, identityArgs: ["input.to"], counts: WRONG_SECRETS)',
    );
    for (const to of ['+12025550123', '+1 202 555 0123', '+1-202-555-0123', '+1 (202) 555.0123', ' +1.2025550123 '])
      await call(schema, `(input: { to: "${to}" })`);
    expect(new Set(store.buckets).size).toBe(1);
    for (const to of ['A@Example.com', 'a@example.com', 'b@example.com'])
      await call(schema, `(input: { to: "${to}" })`);
    expect(new Set(store.buckets).size).toBe(3);
  });

  test('skip a value that is missing, null, or no destination at all, which the field refuses by itself', async () => {
    const schema = schemaWith(
      '@rateLimit(max: 5, window: "10m", by: ARGUMENTS, identityArgs: ["input.email"], counts: WRONG_SECRETS)',
    );
    for (const args of ['', '(input: null)', '(input: {})', '(input: { email: null })', '(input: { email: "nobody" })'])
      await call(schema, args);
    expect(store.buckets).toEqual([]);
    expect(resolved).toBe(5);
  });

  test('take tokens and tickets as they are, and skip what is longer than any of ours', async () => {
    const schema = schemaWith(`
      @rateLimit(max: 5, window: "10m", by: ARGUMENTS, identityArgs: ["refreshToken"], counts: WRONG_SECRETS)
      @rateLimit(max: 5, window: "10m", by: ARGUMENTS, identityArgs: ["input.loginTicket"], counts: WRONG_SECRETS)`);
    await call(schema, '(refreshToken: " aB-_ ", input: { loginTicket: "+1 202 555 0123" })');
    expect(store.buckets.map((bucket) => bucket.split('\n').at(-1))).toEqual([' aB-_ ', '+1 202 555 0123']);
    await call(schema, `(refreshToken: "${'x'.repeat(512)}", input: { loginTicket: "${'x'.repeat(513)}" })`);
    await call(schema, '(refreshToken: "", input: {})');
    expect(store.buckets).toHaveLength(3);
  });

  test('by USER skip those who have not signed in', async () => {
    await call(schemaWith('@rateLimit(max: 5, window: "10m", by: USER)'));
    expect(store.buckets).toEqual([]);
    expect(resolved).toBe(1);
  });

  test('count every alias of an operation', async () => {
    const schema = schemaWith('@rateLimit(max: 5, window: "10m", by: CLIENT_IP)');
    await call(schema, ' a: go b: go');
    expect(store.buckets).toHaveLength(3);
  });
});

describe('a limit by ARGUMENTS, whose bucket others share', () => {
  const [own, shared] = ['go\nCLIENT_IP\n192.0.2.1', 'go\nARGUMENTS\ninput.to\n+12025550123'];
  const schemaCounting = (counts: string) =>
    schemaWith(`
      @rateLimit(max: 20, window: "10m", by: CLIENT_IP)
      @rateLimit(max: 9, window: "24h", by: ARGUMENTS, identityArgs: ["input.to"], counts: ${counts})`);
  const callIt = async (schema: GraphQLSchema) => {
    const { errors } = await call(schema, '(input: { to: "+12025550123" })');
    await givingBack;
    return errors?.[0]?.originalError;
  };
  const thrower = (code: ErrorCode) => () => {
    throw new AppError(code);
  };

  test('is not charged for what its field refuses before it asks; the client pays alone', async () => {
    refuses = thrower('BAD_USER_INPUT');
    expect(await callIt(schemaCounting('MESSAGES'))).toMatchObject({ code: 'BAD_USER_INPUT' });
    expect([store.buckets, store.back, resolved]).toEqual([[own], [], 0]);
    store.refuses = () => ({ retryAt: 1, now: 0 });
    expect(await callIt(schemaCounting('MESSAGES'))).toMatchObject({ code: 'RATE_LIMITED' });
  });

  test('is an error of ours where a field is answered without asking', async () => {
    const schema = schemaCounting('CALLS');
    const contextValue = { forCall: () => ({}), client: { ip: '192.0.2.1' } };
    const { errors } = await graphql({ schema, source: '{ go }', contextValue, rootValue: { go: () => 1 } });
    expect(errors?.[0]?.message).toBe('go has a limit by ARGUMENTS and never asked to be counted');
  });

  const WRONG: ErrorCode[] = ['OTP_INVALID', 'INVALID_CREDENTIALS'];
  test.each([
    ['CALLS', 'OTP_EXPIRED', true],
    ...WRONG.map((code) => ['WRONG_SECRETS', code, true] as const),
    ...(['OTP_EXPIRED', 'MAX_ATTEMPTS_REACHED', 'OVERLOADED', 'WEAK_PASSWORD', 'RATE_LIMITED'] as const).map(
      (code) => ['WRONG_SECRETS', code, false] as const,
    ),
    ['MESSAGES', 'RESEND_TOO_SOON', false],
    ['MESSAGES', 'PROVIDER_ERROR', false],
  ] as const)('that counts %s counts a call that ends with %s: %s', async (counts, code, counted) => {
    ends = thrower(code);
    expect(await callIt(schemaCounting(counts))).toMatchObject({ code });
    expect([store.buckets, store.back]).toEqual([[own, shared], counted ? [] : [shared]]);
  });

  test('that counts messages counts one whose answer was lost: it may arrive', async () => {
    ends = () => {
      throw new ProviderFailure('PROVIDER_ERROR', 'unknown', { reason: 'no answer' });
    };
    await callIt(schemaCounting('MESSAGES'));
    expect(store.back).toEqual([]);
  });

  test.each([
    ['CALLS', true],
    ['MESSAGES', true],
    ['WRONG_SECRETS', false],
  ])('that counts %s counts a call that succeeds: %s', async (counts, counted) => {
    expect(await callIt(schemaCounting(counts))).toBeUndefined();
    expect(store.back).toEqual(counted ? [] : [shared]);
  });

  test('over 24 hours leaves one client a quarter, rounded down, and at least one call', async () => {
    for (const [max, quarter] of [
      [30, 7],
      [4, 1],
      [2, 1],
    ] as const) {
      const limit = `@rateLimit(max: ${max}, window: "24h", by: ARGUMENTS, identityArgs: ["input.to"], counts: CALLS)`;
      await callIt(schemaWith(limit));
      expect(store.calls.at(-1)?.[0]?.rules).toEqual([rule(max, 86_400_000), rule(quarter, 86_400_000, true)]);
    }
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
  expect(store.calls[0]?.[0]?.rules).toEqual([rule(scaled, 600_000)]);
});

test('a refusal holds whatever the process clock says, with the largest and the smallest max', async () => {
  store.refuses = () => ({ retryAt: 1, now: 0 });
  for (const max of [1, 5, 100_000]) {
    const { errors } = await call(schemaWith(`@rateLimit(max: ${max}, window: "1s", by: CLIENT_IP)`));
    expect(errors).toHaveLength(1);
  }
  expect(resolved).toBe(0);
});
