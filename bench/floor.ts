// A process of its own, forked by bench.ts: the two floors that the server is compared with.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { ApolloServer } from '@apollo/server';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import fastify from 'fastify';
import mongoose, { type mongo } from 'mongoose';
import type { Command } from './commands.ts';

/** What bench.ts tells this process first. */
export interface FloorSettings {
  readonly mongodbUri: string;
  /** The commands of each operation, by its name. */
  readonly commands: Readonly<Record<string, readonly Command[]>>;
}

/** What this process answers when it is ready. */
export interface FloorUrls {
  /** POST `/<operation>` repeats its commands; GET `/usage` tells this process's CPU and memory. */
  readonly mongo: string;
  /** Apollo on Fastify, as the server has it, with one field that does nothing: `{ nothing }`. */
  readonly apollo: string;
}

process.once('message', (settings: FloorSettings) => void start(settings));
process.once('disconnect', () => process.exit(0));

async function start({ mongodbUri, commands }: FloorSettings): Promise<void> {
  const options = { maxPoolSize: 50, w: 'majority', journal: true, autoIndex: false } as const;
  const connection = await mongoose.createConnection(mongodbUri, options).asPromise();
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const name = request.url!.slice(1);
    if (name === 'usage') return void response.end(JSON.stringify(usage()));
    for await (const _part of request);
    await repeat(connection, commands[name]!);
    response.setHeader('content-type', 'application/json').end('{"data":{}}');
  };
  const bare = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) => bare.listen(0, '127.0.0.1', resolve));
  const { port } = bare.address() as { port: number };
  const urls: FloorUrls = { mongo: `http://127.0.0.1:${port}`, apollo: await startApollo() };
  process.send!(urls);
}

function usage() {
  const { user, system } = process.cpuUsage();
  return { cpuSeconds: (user + system) / 1e6, memoryBytes: process.memoryUsage.rss() };
}

async function startApollo(): Promise<string> {
  const apollo = new ApolloServer({
    typeDefs: 'type Query { nothing: Boolean }',
    resolvers: { Query: { nothing: () => null } },
  });
  await apollo.start();
  const app = fastify();
  app.post('/graphql', fastifyApolloHandler(apollo));
  return app.listen({ port: 0, host: '127.0.0.1' });
}

async function repeat(connection: mongoose.Connection, commands: readonly Command[]): Promise<void> {
  const first = commands.findIndex(({ inTransaction }) => inTransaction);
  const inside = commands.filter(({ inTransaction }) => inTransaction);
  const [before, after] =
    first < 0 ? [commands, []] : [commands.slice(0, first), commands.slice(first + inside.length)];
  for (const { kind } of before) await send(connection, kind);
  if (inside.length > 0) {
    const session = await connection.startSession();
    session.startTransaction({ readConcern: { level: 'snapshot' }, writeConcern: { w: 'majority', journal: true } });
    for (const { kind } of inside) await send(connection, kind, session);
    await session.commitTransaction();
    await session.endSession();
  }
  for (const { kind } of after) await send(connection, kind);
}

/** A command of this kind on a document by its id, as most of the server's are. */
async function send(connection: mongoose.Connection, kind: string, session?: mongo.ClientSession): Promise<void> {
  const floor = connection.collection('floor');
  const [query, update] = [{ _id: new mongoose.Types.ObjectId() }, { $inc: { count: 1 } }];
  const options = session ? { session } : {};
  if (kind === 'findAndModify') await floor.findOneAndUpdate(query, update, { upsert: true, ...options });
  else if (kind === 'update') await floor.updateOne(query, update, { upsert: true, ...options });
  else if (kind === 'insert') await floor.insertOne(query, options);
  else if (kind === 'remove') await floor.deleteOne(query, options);
  else if (kind === 'aggregate') await floor.aggregate([{ $match: query }], options).toArray();
  else if (kind === 'find') await floor.findOne(query, options);
  else throw new Error(`the floor does not know the command ${kind}`);
}
