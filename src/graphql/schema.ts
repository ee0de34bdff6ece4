import { specifiedDirectives, type GraphQLSchema } from 'graphql';
import { GraphQLDateTime } from 'graphql-scalars';
import { buildSchema, type ClassType } from 'type-graphql';
import { AccountResolver } from './account.resolver.ts';
import { enforceRateLimits, rateLimitDirective, type RateLimitStore } from './directives/rate-limit.ts';
import { ErrorsResolver } from './errors.resolver.ts';
import { OtpResolver } from './otp.resolver.ts';
import { TransactionResolver } from './transaction.resolver.ts';

/** The resolvers, one per room, built by whoever composes the server. */
export interface Resolvers {
  readonly otp: OtpResolver;
  readonly account: AccountResolver;
  readonly transaction: TransactionResolver;
  readonly errors: ErrorsResolver;
}

/** The schema as declared, without enforcement: what `schema.graphql` shows. */
export async function declareSchema(resolvers?: Resolvers): Promise<GraphQLSchema> {
  const instances = new Map<unknown, object | undefined>([
    [OtpResolver, resolvers?.otp],
    [AccountResolver, resolvers?.account],
    [TransactionResolver, resolvers?.transaction],
    [ErrorsResolver, resolvers?.errors],
  ]);
  return buildSchema({
    resolvers: [OtpResolver, AccountResolver, TransactionResolver, ErrorsResolver],
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
): Promise<GraphQLSchema> {
  return enforceRateLimits(await declareSchema(resolvers), limits, scale);
}
