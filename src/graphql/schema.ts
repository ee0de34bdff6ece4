import { specifiedDirectives, type GraphQLSchema } from 'graphql';
import { GraphQLDateTime } from 'graphql-scalars';
import { buildSchema, type ClassType } from 'type-graphql';
import type { RateLimitStore } from '../limits/rate-limit.ts';
import { enforceRateLimits, type Hooks } from './directives/rate-limit.ts';
import { rateLimitDirective } from './directives/rules.ts';
import { RESOLVERS, type Rooms } from './resolvers.ts';

/**
 * The schema as declared, without enforcement: what `schema.graphql` shows.
 * @param rooms what the resolvers call; without them the schema can be printed, and no operation can run
 */
export async function declareSchema(rooms?: Rooms): Promise<GraphQLSchema> {
  const instances = new Map<ClassType, object>();
  if (rooms) for (const Resolver of RESOLVERS) instances.set(Resolver, new Resolver(rooms));
  return buildSchema({
    resolvers: RESOLVERS,
    container: { get: (resolver: ClassType) => instances.get(resolver)! },
    directives: [...specifiedDirectives, rateLimitDirective],
    scalarsMap: [{ type: Date, scalar: GraphQLDateTime }],
    validate: false,
  });
}

/** The schema that the server runs: every `@rateLimit` enforced. */
export async function createSchema(
  rooms: Rooms,
  limits: RateLimitStore,
  scale: number,
  hooks: Hooks,
): Promise<GraphQLSchema> {
  return enforceRateLimits(await declareSchema(rooms), limits, scale, hooks);
}
