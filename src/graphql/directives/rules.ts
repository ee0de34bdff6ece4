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

/** What calls by ARGUMENTS must have done to count: others share their bucket, so that the owner must not pay for strangers. */
export type Counts = 'CALLS' | 'MESSAGES' | 'WRONG_SECRETS';

const RateLimitCountsType = new GraphQLEnumType({
  name: 'RateLimitCounts',
  description: 'Which calls a rate limit by ARGUMENTS counts. The others are given back when they end.',
  values: {
    CALLS: { description: 'Every call whose input is valid: for arguments that only one client knows.' },
    MESSAGES: { description: 'Calls that handed over a message, or would have, were there an account.' },
    WRONG_SECRETS: { description: 'Calls whose password or code was compared and wrong, or would have been.' },
  },
});

/** `@rateLimit` (DESIGN section 6). */
export const rateLimitDirective = new GraphQLDirective({
  name: 'rateLimit',
  description:
    'At most `max` calls of this field within any `window`, counted per `by`; more are refused with RATE_LIMITED. Of a limit by ARGUMENTS over 24 hours or more, one client IP address has a quarter.',
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
    counts: { type: RateLimitCountsType, description: 'Needed by ARGUMENTS, and for nothing else.' },
  },
});

interface Rule extends BucketRule {
  readonly by: RateLimitKey;
  readonly identityArgs: readonly string[];
  readonly counts: Counts | null;
}

/** Rules that share a bucket: one document, one write. */
export interface Group {
  readonly by: 'CLIENT_IP' | 'ARGUMENTS' | 'USER';
  readonly identityArgs: readonly string[];
  /** Null for buckets that are one client's or one user's own. */
  readonly counts: Counts | null;
  readonly rules: readonly BucketRule[];
  /** The same without the quarter that is for strangers. */
  readonly ownRules: readonly BucketRule[];
}

/** From this window on, no client has more than its part of a bucket that others share. */
const LONG_MS = 86_400_000;
const PARTS = 4;

/**
 * The rules of a field in the order in which they are written, those together that share a bucket.
 * @param scale multiplies every max, rounded up
 * @throws Error when a directive's arguments are not valid: a limit that means nothing must not look like one
 */
export function groupsOf(field: GraphQLFieldConfig<unknown, RequestContext>, scale: number): Group[] {
  const groups: Group[] = [];
  const directives = field.astNode?.directives ?? [];
  for (const node of directives.filter((directive) => directive.name.value === rateLimitDirective.name)) {
    const { by, identityArgs, counts, ...rule } = ruleOf(node, scale);
    const rules = by === 'ARGUMENTS' ? withQuarter(rule) : [rule];
    const key = by === 'CLIENT_IP_AND_ARGUMENTS' ? 'ARGUMENTS' : by;
    const index = groups.findIndex((group) => group.by === key && group.identityArgs.join() === identityArgs.join());
    const same = groups[index];
    if (!same) groups.push({ by: key, identityArgs, counts, rules, ownRules: [rule] });
    else
      groups[index] = {
        ...same,
        counts: commonOf(same.counts, counts),
        rules: [...same.rules, ...rules],
        ownRules: [...same.ownRules, rule],
      };
  }
  return groups;
}

/** A bucket by ARGUMENTS has one kind of call that it counts. */
function commonOf(one: Counts | null, other: Counts | null): Counts | null {
  if (one !== null && other !== null && one !== other) throw new Error(`counts ${one} and ${other} share one bucket`);
  return one ?? other;
}

function withQuarter(rule: BucketRule): BucketRule[] {
  if (rule.windowMs < LONG_MS) return [rule];
  return [rule, { ...rule, max: Math.max(1, Math.floor(rule.max / PARTS)), perClient: true }];
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
    counts = null,
  } = getArgumentValues(rateLimitDirective, node) as Written & Record<string, unknown>;
  if (max < 1) throw new Error('max must be at least 1');
  const needsArgs = by === 'ARGUMENTS' || by === 'CLIENT_IP_AND_ARGUMENTS';
  if (needsArgs !== identityArgs.length > 0)
    throw new Error(`by: ${by} ${needsArgs ? 'needs' : 'takes no'} identityArgs`);
  if ((by === 'ARGUMENTS') !== (counts !== null))
    throw new Error(`by: ${by} ${by === 'ARGUMENTS' ? 'needs' : 'takes no'} counts`);
  const windowMs = windowToMs(window);
  if (windowMs === null) throw new Error(`window "${window}" is not a number and a unit like "10m"`);
  const refundable = counts !== null && counts !== 'CALLS';
  const perClient = by === 'CLIENT_IP_AND_ARGUMENTS';
  return { by, identityArgs, counts, max: scaled(max, scale), windowMs, perClient, refundable };
}

interface Written {
  readonly max: number;
  readonly window: string;
  readonly by: RateLimitKey;
  readonly identityArgs?: readonly string[];
  readonly counts?: Counts;
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
