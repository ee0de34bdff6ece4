import { buildSubgraphSchema } from '@apollo/subgraph';
import { getResolversFromSchema, printSchemaWithDirectives, type IResolvers } from '@graphql-tools/utils';
import { parse, type GraphQLSchema } from 'graphql';
import { badInput } from '../../errors.ts';
import { toUserType } from '../account.resolver.ts';
import type { UserType } from '../account.types.ts';
import type { RequestContext } from '../context.ts';

/** More than a router asks for in one operation; each costs an object of the answer, and none a read. */
const MAX_REPRESENTATIONS = 1_000;

/**
 * What a subgraph says beside its schema: the version of the language, the oldest that has all of this, and the key of
 * accounts. The enums are for readers of `@rateLimit`, which a router does not know, so its schema need not show them.
 */
const FEDERATION = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@inaccessible"])
  extend type User @key(fields: "id")
  extend enum RateLimitKey @inaccessible
  extend enum RateLimitCounts @inaccessible
`;

/**
 * The same schema as a subgraph that a federation router can join: with `_service` and `_entities`.
 * @param schema the one that the server runs: its resolvers are taken as they are, limits included
 */
export function toSubgraph(schema: GraphQLSchema): GraphQLSchema {
  const resolvers = getResolversFromSchema(schema) as IResolvers<unknown, RequestContext> & { Query: object };
  return buildSubgraphSchema({
    typeDefs: parse(printSchemaWithDirectives(schema) + FEDERATION),
    resolvers: { ...resolvers, Query: { ...resolvers.Query, _entities: entities } } as never,
  });
}

/**
 * Answers each reference to the session's own user, and null to any other: there is no way to tell an account of somebody
 * else from none. The session is read once, however many references there are.
 *
 * In place of the package's resolver, for which a reference of an unknown type is a defect of the server.
 * @throws AppError BAD_USER_INPUT, UNAUTHENTICATED (there is a token, and it is not good)
 */
async function entities(
  _root: unknown,
  { representations }: { representations: readonly unknown[] },
  context: RequestContext,
): Promise<(UserEntity | null)[]> {
  if (representations.length > MAX_REPRESENTATIONS)
    throw badInput('representations', `has more than ${MAX_REPRESENTATIONS} entries`);
  const ids = representations.map(userId);
  const viewer = await context.viewerIfSignedIn();
  const own: UserEntity | null = viewer && { __typename: 'User', ...toUserType(viewer.user) };
  return ids.map((id) => (own?.id === id ? own : null));
}

type UserEntity = UserType & { readonly __typename: 'User' };

/** @throws AppError BAD_USER_INPUT for what is no reference to a user */
function userId(representation: unknown): unknown {
  const { __typename, id } = (representation ?? {}) as Record<string, unknown>;
  if (__typename !== 'User') throw badInput('representations', 'may name entities of type User only');
  return id;
}
