// The floor is only one if it makes of MongoDB what the server made of it: whatever goes through the tap must leave the
// same behind when it is made again.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import mongoose, { type mongo } from 'mongoose';
import { freshValues, template } from '../../bench/floor/identities.ts';
import { identitiesOfRecording, recordingOf } from '../../bench/floor/recording.ts';
import { replayOf, unknownCommands } from '../../bench/floor/replay.ts';
import { openTap, type Tap } from '../../bench/floor/tap.ts';
import { sharedMongodUri } from '../support/shared-mongod.ts';

const { MongoClient, ObjectId } = mongoose.mongo;
const name = () => `otpql_${randomBytes(6).toString('hex')}`;

let tap: Tap;
/** What is recorded, through the tap, and what repeats it. */
let tapped: mongo.MongoClient;
let floor: mongo.MongoClient;
beforeAll(async () => {
  tap = await openTap(Number(new URL(sharedMongodUri('any')).port));
  tapped = await new MongoClient(`mongodb://127.0.0.1:${tap.port}/${name()}?directConnection=true`).connect();
  floor = await new MongoClient(sharedMongodUri(name())).connect();
});
afterAll(async () => {
  for (const client of [tapped, floor]) {
    await client.db().dropDatabase();
    await client.close();
  }
  await tap.close();
});

/** Records something, and makes it twice on the floor; all documents of the collection here and there. */
async function twice(work: (things: mongo.Collection, client: mongo.MongoClient) => Promise<unknown>) {
  const collection = name();
  const things = tapped.db().collection(collection);
  await things.insertOne({ _id: new ObjectId(), key: 'the key of the first', count: 1 });
  const snapshot = new Map([[collection, await things.find().toArray()]]);
  const commands = await tap.record(() => work(things, tapped));
  const recording = recordingOf(commands, performance.now(), snapshot);
  expect(unknownCommands(recording)).toEqual([]);
  const identities = identitiesOfRecording(recording);
  const replay = replayOf(floor, recording.beforeAnswer, identities);
  for (let time = 0; time < 2; time += 1) {
    const fresh = freshValues(identities);
    for (const { collection: into, document } of recording.found)
      await floor
        .db()
        .collection(into)
        .insertOne(template(document, identities)(fresh) as mongo.Document);
    await replay(fresh);
  }
  const withoutIds = async (client: mongo.MongoClient) =>
    (await client.db().collection(collection).find().sort({ count: 1 }).toArray()).map(({ count }) => count as number);
  return { recording, recorded: await withoutIds(tapped), repeated: await withoutIds(floor) };
}

test('an insert and an update of what was inserted', async () => {
  const { recorded, repeated } = await twice(async (things) => {
    const _id = new ObjectId();
    await things.insertOne({ _id, count: 5 });
    await things.updateOne({ _id, count: 5 }, { $set: { count: 6 } });
  });
  expect([recorded, repeated]).toEqual([
    [1, 6],
    [6, 6],
  ]);
});

test('changes of a document that was there, if its version is unchanged', async () => {
  const key = 'the key of the first';
  const { recorded, repeated, recording } = await twice(async (things) => {
    await things.findOne({ key });
    await things.replaceOne({ key, count: 1 }, { key, count: 2 });
    await things.findOneAndUpdate({ key, count: 2 }, [{ $set: { count: { $add: ['$count', 1] } } }]);
    await things.findOneAndReplace({ key, count: 3 }, { key, count: 4 });
    await things.updateMany({ key }, { $inc: { count: 10 } });
  });
  expect(recording.beforeAnswer).toHaveLength(5);
  expect([recorded, repeated]).toEqual([[14], [14, 14]]);
});

test('upserts, deletions, several documents at once, and an aggregation', async () => {
  const { recorded, repeated } = await twice(async (things) => {
    const ids = Array.from({ length: 5 }, () => new ObjectId());
    const [one, two, three, four, five] = ids as [mongo.ObjectId, ...mongo.ObjectId[]] & { length: 5 };
    await things.findOneAndUpdate({ _id: one }, { $set: { count: 20 } }, { upsert: true, returnDocument: 'after' });
    await things.updateOne({ _id: two! }, { $set: { count: 30 } }, { upsert: true });
    await things.insertMany([
      { _id: three!, count: 40 },
      { _id: four!, count: 50 },
      { _id: five!, count: 60 },
    ]);
    await things.deleteOne({ _id: three! });
    await things.deleteMany({ _id: four! });
    await things.findOneAndDelete({ _id: five! });
    await things.aggregate([{ $match: { _id: one } }]).toArray();
  });
  expect([recorded, repeated]).toEqual([
    [1, 20, 30],
    [20, 20, 30, 30],
  ]);
});

test('a transaction is one, and commands beside it are not in it', async () => {
  const { recorded, repeated, recording } = await twice(async (things, client) => {
    await things.insertOne({ count: 7 });
    await client.withSession((session) =>
      session.withTransaction(async () => {
        await things.insertOne({ count: 8 }, { session });
        await things.updateOne({ key: 'the key of the first' }, { $set: { count: 9 } }, { session });
      }),
    );
    await things.insertOne({ count: 10 });
  });
  expect(recording.beforeAnswer.flat().map((step) => step.inTransaction)).toEqual([false, true, true, true, false]);
  expect([recorded, repeated]).toEqual([
    [7, 8, 9, 10],
    [7, 7, 8, 8, 9, 9, 10, 10],
  ]);
});

test('commands that are under way together are recorded so, and so are those after an answer', async () => {
  const things = tapped.db().collection(name());
  // Connections are open before, or the second command would wait for one.
  await Promise.all([things.findOne({ count: 1 }), things.findOne({ count: 2 })]);
  let answeredAt = 0;
  const commands = await tap.record(async () => {
    await Promise.all([things.findOne({ count: 1 }), things.findOne({ count: 2 })]);
    const after = things.insertOne({ count: 3 });
    answeredAt = performance.now();
    await after;
  });
  const { beforeAnswer, afterAnswer } = recordingOf(commands, answeredAt, new Map());
  expect(beforeAnswer.map((group) => group.length)).toEqual([2]);
  expect(afterAnswer.flat().map(({ command }) => 'insert' in command)).toEqual([true]);
});

test('a command that cannot be repeated is named', async () => {
  const things = tapped.db().collection(name());
  const commands = await tap.record(() => things.distinct('count'));
  expect(unknownCommands(recordingOf(commands, performance.now(), new Map()))).toEqual(['distinct']);
});
