import { setImmediate } from 'node:timers/promises';
import { mapSchema, MapperKind } from '@graphql-tools/utils';
import {
  defaultFieldResolver,
  type GraphQLFieldConfig,
  type GraphQLFieldResolver,
  type GraphQLResolveInfo,
  type GraphQLSchema,
} from 'graphql';
import rateLimitPackage from 'graphql-rate-limit';
import { secondsUntil } from '../../clock.ts';
import { AppError } from '../../errors.ts';
import { widerNetworks } from '../../limits/networks.ts';
import type { Bucket, RateLimitStore, Refusal } from '../../limits/rate-limit.ts';
import type { RequestContext } from '../context.ts';
import { argumentReader } from './identity.ts';
import { isCounted, outcomeOf, valueOf } from './outcome.ts';
import { groupsOf, type Group } from './rules.ts';

const { getGraphQLRateLimiter } = rateLimitPackage;

type Field = GraphQLFieldConfig<unknown, RequestContext>;
type Arguments = Record<string, unknown>;

/** What enforcing limits tells, and what it leaves for later. */
export interface Hooks {
  /** Told of each refusal: the field, and what the bucket counts by. */
  readonly onRefused: (field: string, by: string) => void;
  /** Lets work go on after the answer; whether it fails is nobody's business. */
  readonly inBackground: (work: Promise<void>) => void;
  /** Whether a client has proven itself at a destination, so that strangers must not use up what it may do there. */
  readonly isKnown: (context: RequestContext, destination: string) => Promise<boolean>;
}

/**
 * Enforces every `@rateLimit` of a schema, all rules of a field in one command (ADR 34). A refusal stops the resolver.
 *
 * A field without a limit by ARGUMENTS counts first. One that has such a limit, whose bucket others share, counts when its
 * resolver asks for it (`RequestContext.admit`), and gives back what the limit does not count (ADR 43).
 * @param scale multiplies every max, rounded up (RATE_LIMIT_SCALE)
 * @throws Error when a directive's arguments are not valid: a limit that means nothing must not look like one
 */
export function enforceRateLimits(
  schema: GraphQLSchema,
  store: RateLimitStore,
  scale: number,
  hooks: Hooks,
): GraphQLSchema {
  return mapSchema(schema, {
    [MapperKind.OBJECT_FIELD]: (field: Field, fieldName) => {
      const counters = countersOf(field, fieldName, scale);
      if (counters.length === 0) return field;
      const count = createCounting(fieldName, createLimiter(store), hooks);
      const resolve = field.resolve ?? defaultFieldResolver;
      if (counters.some(({ by }) => by === 'ARGUMENTS'))
        return { ...field, resolve: sharedResolver({ fieldName, resolve, counters, count, store, hooks }) };
      return {
        ...field,
        resolve: async (source, args: Arguments, context: RequestContext, info) => {
          await count(counters, args, context, info);
          return resolve(source, args, context, info);
        },
      };
    },
  });
}

interface CountedBucket extends Bucket, Pick<Group, 'by' | 'counts'> {
  /** Where strangers share it: the destination that it is about, and the rules of a client that is known there. */
  readonly shared?: { readonly destination: string; readonly ownRules: Bucket['rules'] };
}
interface Counter {
  readonly by: Group['by'];
  /** The buckets of a call: one, with an IPv6 client also those of the networks around it; none without an identity. */
  readonly bucketsOf: (args: Arguments, context: RequestContext) => Promise<CountedBucket[]>;
}

/** Counts a call in the buckets of these counters. @returns them @throws AppError RATE_LIMITED */
type Counting = (
  counters: readonly Counter[],
  args: Arguments,
  context: RequestContext,
  info: GraphQLResolveInfo,
) => Promise<CountedBucket[]>;

function createCounting(fieldName: string, limiter: Limiter, { onRefused, isKnown }: Hooks): Counting {
  return async (counters, args, context, info) => {
    let left = (await Promise.all(counters.map(({ bucketsOf }) => bucketsOf(args, context)))).flat();
    const counted: CountedBucket[] = [];
    for (;;) {
      const refusal = await limiter(left, context, info);
      if (!refusal) return [...counted, ...left];
      const full = left[refusal.index]!;
      if (full.shared && (await isKnown(context, full.shared.destination))) {
        counted.push(...left.slice(0, refusal.index));
        left = [ownOf(full, full.shared.ownRules, context), ...left.slice(refusal.index + 1)];
        continue;
      }
      onRefused(fieldName, full.by);
      const retryAfterSeconds = secondsUntil(refusal.retryAt, refusal.now);
      throw new AppError('RATE_LIMITED', { facts: { retryAfterSeconds } });
    }
  };
}

/** In the place of a full bucket that strangers share: that of one client which is known at the destination. */
function ownOf({ by, counts, name }: CountedBucket, rules: Bucket['rules'], context: RequestContext): CountedBucket {
  return { by, counts, name: `${name}\nknown\n${context.deviceToken ?? context.client.ip}`, rules };
}

interface SharedField {
  readonly fieldName: string;
  readonly resolve: GraphQLFieldResolver<unknown, RequestContext, Arguments>;
  readonly counters: readonly Counter[];
  readonly count: Counting;
  readonly store: RateLimitStore;
  readonly hooks: Hooks;
}

/** A call that its field refuses before it asks to be counted is counted for its client alone. */
function sharedResolver({ fieldName, resolve, counters, count, store, hooks }: SharedField) {
  const own = counters.filter(({ by }) => by !== 'ARGUMENTS');
  return async (source: unknown, args: Arguments, context: RequestContext, info: GraphQLResolveInfo) => {
    let counting: Promise<CountedBucket[]> | null = null;
    const admit = async () => void (await (counting ??= count(counters, args, context, info)));
    const outcome = await outcomeOf(() => resolve(source, args, context.forCall(admit), info));
    const asked = counting as Promise<CountedBucket[]> | null;
    if (asked === null) {
      if (!('error' in outcome)) throw new Error(`${fieldName} has a limit by ARGUMENTS and never asked to be counted`);
      await count(own, args, context, info);
      return valueOf(outcome);
    }
    const counted = await asked.catch(() => []);
    const undue = counted.filter(({ counts }) => counts !== null && !isCounted(counts, outcome));
    if (undue.length > 0) hooks.inBackground(setImmediate().then(() => store.giveBack(context.client.ip, undue)));
    return valueOf(outcome);
  };
}

function countersOf(field: Field, fieldName: string, scale: number): Counter[] {
  try {
    return groupsOf(field, scale).map((group) => counterOf(group, field, fieldName));
  } catch (error) {
    throw new Error(`@rateLimit on ${fieldName}: ${(error as Error).message}`, { cause: error });
  }
}

function counterOf({ by, identityArgs, counts, rules, ownRules }: Group, field: Field, fieldName: string): Counter {
  const readers = identityArgs.map((path) => argumentReader(field, path));
  const identityOf = async (args: Arguments, context: RequestContext): Promise<string | null> => {
    if (by === 'CLIENT_IP') return context.client.ip;
    if (by === 'USER') return (await context.viewer())?.user.id ?? null;
    const values = readers.map((read) => read(args));
    return values.includes(null) ? null : values.join('\n');
  };
  const bucketOf = (identity: string, factor = 1): CountedBucket => ({
    by,
    counts,
    name: [fieldName, by, ...identityArgs, identity].join('\n'),
    rules: rules.map((rule) => ({ ...rule, max: rule.max * factor })),
  });
  const bucketsOf = async (args: Arguments, context: RequestContext) => {
    const identity = await identityOf(args, context);
    if (identity === null) return [];
    if (counts === 'MESSAGES' || counts === 'WRONG_SECRETS')
      return [{ ...bucketOf(identity), shared: { destination: identity, ownRules } }];
    const wider = by === 'CLIENT_IP' ? widerNetworks(identity) : [];
    return [bucketOf(identity), ...wider.map(({ name, factor }) => bucketOf(name, factor))];
  };
  return { by, bucketsOf };
}

type Limiter = (
  buckets: readonly Bucket[],
  context: RequestContext,
  info: GraphQLResolveInfo,
) => Promise<Refusal | null>;

/** One call on its way through the package, which knows who calls by a text only. */
interface Asked {
  readonly id: string;
  readonly client: string;
  readonly buckets: readonly Bucket[];
  refusal: Refusal | null;
}

/**
 * The verdict is our store's: for the package one stamp that never passes, whatever its clock says, is a call too many, and
 * none is room.
 */
const VERDICT = { max: 1, window: '1h' };

/**
 * The package's limiter for one field. The package reads, compares, then writes, which lets parallel calls pass; our store
 * has counted already when the package asks it for stamps. A refusal is kept with its own call, however many there are.
 */
function createLimiter(store: RateLimitStore): Limiter {
  const inFlight = new Map<string, Asked>();
  let last = 0;
  const limit = getGraphQLRateLimiter({
    identifyContext: ({ id }: Asked) => id,
    formatError: () => 'refused',
    store: {
      getForIdentity: async ({ contextIdentity }) => {
        const asked = inFlight.get(contextIdentity)!;
        asked.refusal = await store.reserve(asked.client, asked.buckets);
        return asked.refusal ? [Infinity] : [];
      },
      setForIdentity: () => undefined,
    },
  });
  return async (buckets: readonly Bucket[], context: RequestContext, info: GraphQLResolveInfo) => {
    last += 1;
    const asked: Asked = { id: String(last), client: context.client.ip, buckets, refusal: null };
    inFlight.set(asked.id, asked);
    try {
      const refused = await limit({ parent: undefined, args: {}, context: asked, info }, VERDICT);
      return refused === undefined ? null : asked.refusal;
    } finally {
      inFlight.delete(asked.id);
    }
  };
}
