import {
  DirectiveLocation,
  getArgumentValues,
  GraphQLDirective,
  GraphQLEnumType,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLString,
  type DirectiveNode,
  type GraphQLFieldConfig,
} from 'graphql';
import type { BucketRule } from '../../limits/rate-limit.ts';
import type { RequestContext } from '../context.ts';

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

interface Rule extends BucketRule {
  readonly by: RateLimitKey;
  readonly identityArgs: readonly string[];
}

/** Rules that share a bucket: one document, one write. */
export interface Group {
  readonly by: 'CLIENT_IP' | 'ARGUMENTS' | 'USER';
  readonly identityArgs: readonly string[];
  readonly rules: BucketRule[];
}

/**
 * The rules of a field in the order in which they are written, those together that share a bucket.
 * @param scale multiplies every max, rounded up
 * @throws Error when a directive's arguments are not valid: a limit that means nothing must not look like one
 */
export function groupsOf(field: GraphQLFieldConfig<unknown, RequestContext>, scale: number): Group[] {
  const groups: Group[] = [];
  const directives = field.astNode?.directives ?? [];
  for (const node of directives.filter((directive) => directive.name.value === rateLimitDirective.name)) {
    const { by, identityArgs, ...rule } = ruleOf(node, scale);
    const key = by === 'CLIENT_IP_AND_ARGUMENTS' ? 'ARGUMENTS' : by;
    const same = groups.find((group) => group.by === key && group.identityArgs.join() === identityArgs.join());
    if (same) same.rules.push(rule);
    else groups.push({ by: key, identityArgs, rules: [rule] });
  }
  return groups;
}

function ruleOf(node: DirectiveNode, scale: number): Rule {
  const declared = new Set(rateLimitDirective.args.map((arg) => arg.name));
  const unknown = node.arguments?.find((arg) => !declared.has(arg.name.value));
  if (unknown) throw new Error(`there is no argument "${unknown.name.value}"`);
  const {
    max,
    window,
    by,
    identityArgs = [],
  } = getArgumentValues(rateLimitDirective, node) as Written & Record<string, unknown>;
  if (max < 1) throw new Error('max must be at least 1');
  const needsArgs = by === 'ARGUMENTS' || by === 'CLIENT_IP_AND_ARGUMENTS';
  if (needsArgs !== identityArgs.length > 0)
    throw new Error(`by: ${by} ${needsArgs ? 'needs' : 'takes no'} identityArgs`);
  const windowMs = windowToMs(window);
  if (windowMs === null) throw new Error(`window "${window}" is not a number and a unit like "10m"`);
  return { by, identityArgs, max: scaled(max, scale), windowMs, perClient: by === 'CLIENT_IP_AND_ARGUMENTS' };
}

interface Written {
  readonly max: number;
  readonly window: string;
  readonly by: RateLimitKey;
  readonly identityArgs?: readonly string[];
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
