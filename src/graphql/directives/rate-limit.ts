import { mapSchema, MapperKind } from '@graphql-tools/utils';
import { defaultFieldResolver, type GraphQLFieldConfig, type GraphQLResolveInfo, type GraphQLSchema } from 'graphql';
import rateLimitPackage from 'graphql-rate-limit';
import { secondsUntil } from '../../clock.ts';
import { AppError } from '../../errors.ts';
import type { Bucket, RateLimitStore, Refusal } from '../../limits/rate-limit.ts';
import type { RequestContext } from '../context.ts';
import { argumentReader } from './identity.ts';
import { groupsOf, type Group } from './rules.ts';

const { getGraphQLRateLimiter } = rateLimitPackage;

type Field = GraphQLFieldConfig<unknown, RequestContext>;
type Arguments = Record<string, unknown>;

/**
 * Enforces every `@rateLimit` of a schema. The rules of a field run in the order in which they are written; a refusal
 * stops the rest and the resolver.
 * @param scale multiplies every max, rounded up (RATE_LIMIT_SCALE)
 * @param onRefused told of each refusal: the field, and what the bucket counts by
 * @throws Error when a directive's arguments are not valid: a limit that means nothing must not look like one
 */
export function enforceRateLimits(
  schema: GraphQLSchema,
  store: RateLimitStore,
  scale: number,
  onRefused: (field: string, by: string) => void = () => undefined,
): GraphQLSchema {
  return mapSchema(schema, {
    [MapperKind.OBJECT_FIELD]: (field: Field, fieldName) => {
      const countersOfField = countersOf(field, fieldName, scale);
      if (countersOfField.length === 0) return field;
      const limiter = createLimiter(store);
      const resolve = field.resolve ?? defaultFieldResolver;
      return {
        ...field,
        resolve: async (source, args: Arguments, context: RequestContext, info) => {
          const counted = await Promise.all(countersOfField.map((counter) => counter(args, context)));
          const asked = counted.filter((bucket) => bucket !== null);
          const refusal = await limiter(asked, context, info);
          if (!refusal) return resolve(source, args, context, info);
          onRefused(fieldName, asked[refusal.index]!.by);
          const retryAfterSeconds = secondsUntil(refusal.retryAt, refusal.now);
          throw new AppError('RATE_LIMITED', { facts: { retryAfterSeconds } });
        },
      };
    },
  });
}

interface CountedBucket extends Bucket {
  readonly by: Group['by'];
}
/** The bucket of a call; null where the call has nothing to be counted by. */
type Counter = (args: Arguments, context: RequestContext) => Promise<CountedBucket | null>;

function countersOf(field: Field, fieldName: string, scale: number): Counter[] {
  try {
    return groupsOf(field, scale).map((group) => counterOf(group, field, fieldName));
  } catch (error) {
    throw new Error(`@rateLimit on ${fieldName}: ${(error as Error).message}`, { cause: error });
  }
}

function counterOf({ by, identityArgs, rules }: Group, field: Field, fieldName: string): Counter {
  const readers = identityArgs.map((path) => argumentReader(field, path));
  const identityOf = async (args: Arguments, context: RequestContext): Promise<string | null> => {
    if (by === 'CLIENT_IP') return context.client.ip;
    if (by === 'USER') return (await context.viewer())?.user.id ?? null;
    const values = readers.map((read) => read(args));
    return values.includes(null) ? null : values.join('\n');
  };
  return async (args, context) => {
    const identity = await identityOf(args, context);
    return identity === null ? null : { by, name: [fieldName, by, ...identityArgs, identity].join('\n'), rules };
  };
}

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
function createLimiter(store: RateLimitStore) {
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
