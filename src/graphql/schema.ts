import { specifiedDirectives, type GraphQLSchema } from 'graphql';
import { GraphQLDateTime } from 'graphql-scalars';
import { buildSchema, type ClassType } from 'type-graphql';
import { AccountResolver } from './account.resolver.ts';
import { enforceRateLimits, rateLimitDirective, type RateLimitStore } from './directives/rate-limit.ts';
import { ErrorsResolver } from './errors.resolver.ts';
import { OtpResolver } from './otp.resolver.ts';
import { ResetLinkResolver } from './reset-link.resolver.ts';

/** The resolvers, one per room, built by whoever composes the server. */
export interface Resolvers {
  readonly otp: OtpResolver;
  readonly account: AccountResolver;
  readonly resetLink: ResetLinkResolver;
  readonly errors: ErrorsResolver;
}

/** The schema as declared, without enforcement: what `schema.graphql` shows. */
export async function declareSchema(resolvers?: Resolvers): Promise<GraphQLSchema> {
  const instances = new Map<unknown, object | undefined>([
    [OtpResolver, resolvers?.otp],
    [AccountResolver, resolvers?.account],
    [ResetLinkResolver, resolvers?.resetLink],
    [ErrorsResolver, resolvers?.errors],
  ]);
  return buildSchema({
    resolvers: [OtpResolver, AccountResolver, ResetLinkResolver, ErrorsResolver],
    container: { get: (resolver: ClassType) => instances.get(resolver) as object },
    directives: [...specifiedDirectives, rateLimitDirective],
    scalarsMap: [{ type: Date, scalar: GraphQLDateTime }],
    validate: false,
  });
}

/** The schema that the server runs: every `@rateLimit` enforced. */
export async function createSchema(
  resolvers: Resolvers,
  limits: RateLimitStore,
  scale: number,
  onRefused?: (field: string, by: string) => void,
): Promise<GraphQLSchema> {
  return enforceRateLimits(await declareSchema(resolvers), limits, scale, onRefused);
}
