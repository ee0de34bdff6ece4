import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mongoose from 'mongoose';
import { startMongod, type RunningMongod } from '../../scripts/mongod/mongod.mjs';

const folder = mkdtempSync(join(tmpdir(), 'otpql-mongod-test-'));
const options = { dbPath: join(folder, 'data'), log: () => {} };
let mongod: RunningMongod;

beforeAll(async () => {
  mongod = await startMongod(options);
  await withNotes((notes) => notes.insertOne({ text: 'kept' }));
});

afterAll(async () => {
  await mongod.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('it is a replica set on loopback, so that transactions work', async () => {
  expect(mongod.uri).toBe(`mongodb://127.0.0.1:${mongod.port}/otpql?replicaSet=otpql`);
  const client = await new mongoose.mongo.MongoClient(mongod.uri).connect();
  await client.withSession((session) =>
    session.withTransaction(() => client.db().collection('notes').insertOne({ text: 'in a transaction' }, { session })),
  );
  await client.close();
});

test('a second start on the same data says in one line who holds it and what to do', async () => {
  const message = `${options.dbPath} is in use by another otpql or mongod: stop that one, or set DATA_DIR to another folder for this one.`;
  await expect(startMongod(options)).rejects.toThrow(message);
  expect(await texts()).toContain('kept');
});

test('a clean stop leaves no process, and the next start has the same port and data', async () => {
  const { port, pid } = mongod;
  await mongod.stop();
  expect(isAlive(pid)).toBe(false);
  mongod = await startMongod(options);
  expect(mongod.port).toBe(port);
  expect(await texts()).toContain('kept');
});

test('after kill -9 it starts again with what was acknowledged', async () => {
  const { port, pid } = mongod;
  await withNotes((notes) => notes.insertOne({ text: 'just before' }, { writeConcern: { w: 'majority' } }));
  await mongod.kill();
  expect(isAlive(pid)).toBe(false);
  mongod = await startMongod(options);
  expect(mongod.port).toBe(port);
  expect(await texts()).toContain('just before');
});

test('when its port is taken it becomes primary on another one, and remembers that', async () => {
  const { port } = mongod;
  await mongod.stop();
  const stranger = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => stranger.listen(port, '127.0.0.1', resolve));
  try {
    mongod = await startMongod(options);
  } finally {
    await new Promise((resolve) => stranger.close(resolve));
  }
  expect(mongod.port).not.toBe(port);
  expect(await texts()).toContain('kept');
  expect(readFileSync(`${options.dbPath}.port`, 'utf8').trim()).toBe(String(mongod.port));
});

async function withNotes<T>(use: (notes: mongoose.mongo.Collection) => Promise<T>): Promise<T> {
  const client = await new mongoose.mongo.MongoClient(mongod.uri).connect();
  try {
    return await use(client.db().collection('notes'));
  } finally {
    await client.close();
  }
}

function texts(): Promise<unknown[]> {
  return withNotes(async (notes) => (await notes.find().toArray()).map((note) => note['text']));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
