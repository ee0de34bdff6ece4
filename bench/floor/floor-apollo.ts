// A process of its own, started by floors.ts: Apollo on Fastify, as the server has it, with one field that does nothing.
import { ApolloServer } from '@apollo/server';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import fastify from 'fastify';

const apollo = new ApolloServer({
  typeDefs: 'type Query { nothing: Boolean }',
  resolvers: { Query: { nothing: () => null } },
});
await apollo.start();
const app = fastify();
app.get('/readyz', () => 'ready');
app.post('/graphql', fastifyApolloHandler(apollo));
await app.listen({ port: Number(process.env['PORT']), host: '127.0.0.1' });
process.once('SIGTERM', () => process.exit(0));
