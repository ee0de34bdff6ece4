// A process of its own, started by floors.ts: a bare node:http handler that makes the same commands of the same MongoDB as
// the server, and nothing else.
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import mongoose, { type mongo } from 'mongoose';
import { freshValues, template, type Identities } from './identities.ts';
import { identitiesOfRecording, type Recording } from './recording.ts';
import { replayOf } from './replay.ts';

/** Documents that are only read serve many calls. */
const READERS = 300;

const { PORT, MONGODB_URI, RECORDED_URI, RECORDINGS } = process.env as Record<string, string>;
// As the server connects.
const client = new mongoose.mongo.MongoClient(MONGODB_URI!, { maxPoolSize: 50, w: 'majority', journal: true });

const recorded = mongoose.mongo.BSON.EJSON.parse(readFileSync(RECORDINGS!, 'utf8')) as Record<string, Recording>;
const operations = new Map(Object.entries(recorded).map(([name, recording]) => [name, operationOf(recording)]));

await copyIndexes();
const server = createServer((request, response) => {
  const answered = answer(request).then(({ json, afterwards }) => {
    response.setHeader('content-type', 'application/json').end(json);
    return afterwards?.();
  });
  answered.catch((error: unknown) => {
    console.error(error);
    if (!response.writableEnded) response.writeHead(500).end(String(error));
  });
});
// Longer than other targets take between two measurements of this one.
server.keepAliveTimeout = 120_000;
server.listen(Number(PORT), '127.0.0.1');
process.once('SIGTERM', () => process.exit(0));

/** `/readyz`; `/<operation>/<count>` makes what so many calls will find; `/<operation>` is one of them. */
async function answer(request: IncomingMessage): Promise<{ json: string; afterwards?: () => Promise<void> }> {
  const [, name = '', count] = request.url!.split('/');
  const operation = operations.get(name);
  for await (const _part of request);
  if (!operation) return { json: '"ready"' };
  if (count) {
    await operation.prepare(Number(count));
    return { json: count };
  }
  const fresh = operation.next();
  await operation.beforeAnswer(fresh);
  return { json: '{"data":{}}', afterwards: () => operation.afterAnswer(fresh) };
}

function operationOf(recording: Recording) {
  const identities = identitiesOfRecording(recording);
  const { found, beforeAnswer, afterAnswer } = recording;
  const steps = [...beforeAnswer, ...afterAnswer].flat();
  const onlyReads = steps.every(({ command }) => 'find' in command || 'aggregate' in command);
  const documents = found.map(({ collection, document }) => ({ collection, make: template(document, identities) }));
  /** The values of the next calls, whose documents are there. */
  let ready: Identities[] = [];
  let turn = 0;
  return {
    prepare: async (calls: number): Promise<void> => {
      turn = 0;
      if (documents.length === 0) return;
      ready = Array.from({ length: onlyReads ? READERS : calls }, () => freshValues(identities));
      for (const { collection, make } of documents)
        await client
          .db()
          .collection(collection)
          .insertMany(ready.map(make) as mongo.Document[], { ordered: false });
    },
    next: (): Identities => (documents.length === 0 ? freshValues(identities) : ready[turn++ % ready.length]!),
    beforeAnswer: replayOf(client, beforeAnswer, identities),
    afterAnswer: replayOf(client, afterAnswer, identities),
  };
}

/** The server's indexes cost what they cost; only none is unique, since repeated documents are alike in part. */
async function copyIndexes(): Promise<void> {
  const server = await new mongoose.mongo.MongoClient(RECORDED_URI!).connect();
  for (const collection of await server.db().collections()) {
    const indexes = (await collection.listIndexes().toArray()) as (mongo.IndexDescriptionInfo & { v: number })[];
    const own = client.db().collection(collection.collectionName);
    for (const { key, name, unique: _unique, v: _version, ...options } of indexes)
      if (name !== '_id_') await own.createIndex(key, { name, ...options });
  }
  await server.close();
}
