import { specifiedDirectives, type GraphQLSchema } from 'graphql';
import { GraphQLDateTime } from 'graphql-scalars';
import { buildSchema, type ClassType, type NonEmptyArray } from 'type-graphql';
import { AccountResolver } from './account.resolver.ts';
import { ChangesResolver } from './changes.resolver.ts';
import { enforceRateLimits, rateLimitDirective } from './directives/rate-limit.ts';
import { type RateLimitStore } from '../limits/rate-limit.ts';
import { ErrorsResolver } from './errors.resolver.ts';
import { FactorResolver } from './factor.resolver.ts';
import { LoginResolver } from './login.resolver.ts';
import { OtpResolver } from './otp.resolver.ts';
import { RecoveryResolver } from './recovery.resolver.ts';
import { ResetLinkResolver } from './reset-link.resolver.ts';
import { SessionResolver } from './session.resolver.ts';
import { TransactionResolver } from './transaction.resolver.ts';

/** The resolvers, one per room, built by whoever composes the server. */
export interface Resolvers {
  readonly otp: OtpResolver;
  readonly account: AccountResolver;
  readonly login: LoginResolver;
  readonly factor: FactorResolver;
  readonly changes: ChangesResolver;
  readonly recovery: RecoveryResolver;
  readonly resetLink: ResetLinkResolver;
  readonly session: SessionResolver;
  readonly transaction: TransactionResolver;
  readonly errors: ErrorsResolver;
}

/** The schema as declared, without enforcement: what `schema.graphql` shows. */
export async function declareSchema(resolvers?: Resolvers): Promise<GraphQLSchema> {
  const instances = new Map<ClassType, object | undefined>([
    [OtpResolver, resolvers?.otp],
    [AccountResolver, resolvers?.account],
    [LoginResolver, resolvers?.login],
    [SessionResolver, resolvers?.session],
    [FactorResolver, resolvers?.factor],
    [ChangesResolver, resolvers?.changes],
    [RecoveryResolver, resolvers?.recovery],
    [ResetLinkResolver, resolvers?.resetLink],
    [TransactionResolver, resolvers?.transaction],
    [ErrorsResolver, resolvers?.errors],
  ]);
  return buildSchema({
    resolvers: [...instances.keys()] as unknown as NonEmptyArray<ClassType>,
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
