import { mapSchema, MapperKind } from '@graphql-tools/utils';
import {
  defaultFieldResolver,
  DirectiveLocation,
  getArgumentValues,
  GraphQLDirective,
  GraphQLEnumType,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  getNullableType,
  GraphQLString,
  isInputObjectType,
  isType,
  type DirectiveNode,
  type GraphQLFieldConfig,
  type GraphQLResolveInfo,
  type GraphQLSchema,
} from 'graphql';
import rateLimitPackage from 'graphql-rate-limit';
import { secondsUntil } from '../../clock.ts';
import { AppError } from '../../errors.ts';
import type { BucketRule, RateLimitStore } from '../../limits/rate-limit.ts';
import type { RequestContext } from '../context.ts';
import { identityOf } from './identity.ts';

const { getGraphQLRateLimiter } = rateLimitPackage;

type RateLimitKey = 'CLIENT_IP' | 'ARGUMENTS' | 'CLIENT_IP_AND_ARGUMENTS' | 'USER';

const RateLimitKeyType = new GraphQLEnumType({
  name: 'RateLimitKey',
  description: 'Whose calls a rate limit counts together.',
  values: {
    CLIENT_IP: { description: 'Calls from one client IP address (IPv6: one /64).' },
    ARGUMENTS: { description: 'Calls with the same values of `identityArgs`, from anywhere.' },
    CLIENT_IP_AND_ARGUMENTS: {
      description: 'Calls from one client IP address with the same values of `identityArgs`.',
    },
    USER: { description: "Calls of the session's user." },
  },
});

/** `@rateLimit` (DESIGN section 6). */
export const rateLimitDirective = new GraphQLDirective({
  name: 'rateLimit',
  description:
    'At most `max` calls of this field within any `window`, counted per `by`; more are refused with RATE_LIMITED.',
  isRepeatable: true,
  locations: [DirectiveLocation.FIELD_DEFINITION],
  args: {
    max: { type: new GraphQLNonNull(GraphQLInt), description: 'Calls allowed, at least 1.' },
    window: { type: new GraphQLNonNull(GraphQLString), description: 'A number and a unit: "30s", "10m", "24h", "7d".' },
    by: { type: new GraphQLNonNull(RateLimitKeyType), description: 'What the calls are counted by.' },
    identityArgs: {
      type: new GraphQLList(new GraphQLNonNull(GraphQLString)),
      description: 'Paths of the arguments that are counted by, for example "input.to".',
    },
  },
});

interface Rule {
  readonly max: number;
  readonly window: string;
  readonly by: RateLimitKey;
  readonly identityArgs: readonly string[];
}

/** Rules that share a bucket: one document, one write. */
interface Group {
  readonly by: 'CLIENT_IP' | 'ARGUMENTS' | 'USER';
  readonly identityArgs: readonly string[];
  readonly rules: (Rule & BucketRule)[];
}

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
    [MapperKind.OBJECT_FIELD]: (field: GraphQLFieldConfig<unknown, RequestContext>, fieldName) => {
      const groups = groupsOf(field, fieldName, scale);
      if (groups.length === 0) return field;
      const resolve = field.resolve ?? defaultFieldResolver;
      return {
        ...field,
        resolve: async (source, args: Record<string, unknown>, context: RequestContext, info) => {
          for (const group of groups)
            await enforce(group, store, args, context, info).catch((error: unknown) => {
              if (error instanceof AppError && error.code === 'RATE_LIMITED') onRefused(fieldName, group.by);
              throw error;
            });
          return resolve(source, args, context, info);
        },
      };
    },
  });
}

async function enforce(
  group: Group,
  store: RateLimitStore,
  args: Record<string, unknown>,
  context: RequestContext,
  info: GraphQLResolveInfo,
): Promise<void> {
  const identity = await identityOf(group, args, context);
  if (identity === null) return;
  const bucket = [info.fieldName, group.by, ...group.identityArgs, identity].join('\n');
  const { max, window } = group.rules[0]!;
  let refusal: { retryAt: number; now: number } | null = null;
  const limiter = getGraphQLRateLimiter({
    identifyContext: () => bucket,
    formatError: () => 'refused',
    store: {
      // The package reads, compares, then writes, which lets parallel calls pass. Our store has decided already when it
      // answers, and gives the package as many stamps of the present as make it reach the same verdict.
      getForIdentity: async () => {
        refusal = await store.reserve(bucket, context.client.ip, group.rules);
        return refusal ? Array.from({ length: max }, () => Date.now()) : [];
      },
      setForIdentity: () => undefined,
    },
  });
  const refused = await limiter({ parent: undefined, args, context, info }, { max, window });
  if (refused) throw rateLimited(refusal);
}

function rateLimited(refusal: { retryAt: number; now: number } | null): AppError {
  const retryAfterSeconds = refusal ? secondsUntil(refusal.retryAt, refusal.now) : 1;
  return new AppError('RATE_LIMITED', { facts: { retryAfterSeconds } });
}

function groupsOf(field: GraphQLFieldConfig<unknown, RequestContext>, fieldName: string, scale: number): Group[] {
  const groups: Group[] = [];
  const directives = field.astNode?.directives ?? [];
  for (const node of directives.filter((directive) => directive.name.value === rateLimitDirective.name)) {
    const rule = ruleOf(node, fieldName, scale);
    for (const path of rule.identityArgs)
      if (!hasArgument(field, path)) throw new Error(`@rateLimit on ${fieldName}: the field has no argument "${path}"`);
    const by = rule.by === 'CLIENT_IP_AND_ARGUMENTS' ? 'ARGUMENTS' : rule.by;
    const same = groups.find((group) => group.by === by && group.identityArgs.join() === rule.identityArgs.join());
    if (same) same.rules.push(rule);
    else groups.push({ by, identityArgs: rule.identityArgs, rules: [rule] });
  }
  return groups;
}

/** A path that leads nowhere would switch its rule off. */
function hasArgument(field: GraphQLFieldConfig<unknown, RequestContext>, path: string): boolean {
  const [first = '', ...rest] = path.split('.');
  let type: unknown = field.args?.[first]?.type;
  for (const name of rest) {
    const input = isType(type) ? getNullableType(type) : null;
    type = isInputObjectType(input) ? input.getFields()[name]?.type : undefined;
  }
  return type !== undefined;
}

function ruleOf(node: DirectiveNode, fieldName: string, scale: number): Rule & BucketRule {
  const wrong = (what: string) => new Error(`@rateLimit on ${fieldName}: ${what}`);
  const declared = new Set(rateLimitDirective.args.map((arg) => arg.name));
  const unknown = node.arguments?.find((arg) => !declared.has(arg.name.value));
  if (unknown) throw wrong(`there is no argument "${unknown.name.value}"`);
  const values = getArgumentValues(rateLimitDirective, node) as Omit<Rule, 'identityArgs'> & {
    identityArgs?: string[];
  };
  const identityArgs = values.identityArgs ?? [];
  if (values.max < 1) throw wrong('max must be at least 1');
  const needsArgs = values.by === 'ARGUMENTS' || values.by === 'CLIENT_IP_AND_ARGUMENTS';
  if (needsArgs !== identityArgs.length > 0)
    throw wrong(`by: ${values.by} ${needsArgs ? 'needs' : 'takes no'} identityArgs`);
  const windowMs = windowToMs(values.window);
  if (windowMs === null) throw wrong(`window "${values.window}" is not a number and a unit like "10m"`);
  const perClient = values.by === 'CLIENT_IP_AND_ARGUMENTS';
  return { ...values, identityArgs, max: scaled(values.max, scale), windowMs, perClient };
}

/** Rounded up, but not for the last bit of a floating-point product: 100 times 1.1 is 110. */
function scaled(max: number, scale: number): number {
  return Math.ceil(Number((max * scale).toPrecision(12)));
}

function windowToMs(window: string): number | null {
  const [, count, unit] = /^([1-9]\d{0,5})(s|m|h|d)$/.exec(window) ?? [];
  const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
  return count && unit ? Number(count) * unitMs[unit as keyof typeof unitMs] : null;
}
