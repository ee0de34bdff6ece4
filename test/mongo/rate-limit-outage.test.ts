// The limits' command is not one that the driver repeats when a connection breaks, so the store does: once, and no longer
// than a database operation may take.
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Connection } from 'mongoose';
import { Keyring } from '../../src/keyring.ts';
import { openConnection } from '../../src/mongo/connection.ts';
import { MongoRateLimitStore } from '../../src/mongo/rate-limit-store.ts';
import { sharedMongodUri } from '../support/shared-mongod.ts';

type Cut = 'before it is sent' | 'before it is answered';

let proxy: Server;
let cut: Cut = 'before it is sent';
/** How many commands still break their connection. */
let times = 0;
const sockets = new Set<Socket>();
let connection: Connection;
let store: MongoRateLimitStore;

/** Forwards to MongoDB, and breaks a connection on which a command about limits is sent. */
function forward(client: Socket): void {
  const { hostname, port } = new URL(sharedMongodUri('any'));
  const server = connect(Number(port), hostname);
  let breaks = false;
  const end = () => [client, server].forEach((socket) => socket.destroy());
  for (const socket of [client, server]) sockets.add(socket.once('error', end).once('close', end));
  client.on('data', (data) => {
    breaks ||= times > 0 && data.includes('rateLimits');
    if (breaks) times -= 1;
    if (breaks && cut === 'before it is sent') end();
    else server.write(data);
  });
  server.on('data', (data) => (breaks ? end() : client.write(data)));
}

beforeAll(async () => {
  proxy = createServer(forward).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const { port } = proxy.address() as AddressInfo;
  const database = `otpql_${randomBytes(6).toString('hex')}`;
  connection = await openConnection(`mongodb://127.0.0.1:${port}/${database}?directConnection=true`);
  store = new MongoRateLimitStore(connection.db!, new Keyring('secret'), () => 1_000_000);
  await store.prepare();
});
afterEach(async () => {
  times = 0;
  await connection.db!.collection('rateLimits').deleteMany({});
});
afterAll(async () => {
  await connection.db!.dropDatabase();
  await connection.close();
  for (const socket of sockets) socket.destroy();
  proxy.close();
});

const reserve = (max: number) =>
  store.reserve('client', [
    { name: 'bucket', rules: [{ max, windowMs: 60_000, perClient: false, refundable: false }] },
  ]);

test.each<{ when: Cut; counted: number }>([
  { when: 'before it is sent', counted: 1 },
  // What was lost is not known, so it is counted again.
  { when: 'before it is answered', counted: 2 },
])('a connection that breaks $when: the call passes, and is counted $counted times', async ({ when, counted }) => {
  [cut, times] = [when, 1];
  expect(await reserve(5)).toBeNull();
  expect(times).toBe(0);
  const [document] = await connection.db!.collection('rateLimits').find().toArray();
  expect(document?.['calls']).toEqual([{ at: 1_000_000, by: expect.any(String), n: counted, back: 0 }]);
});

test('connections that go on breaking are told as an outage, and nothing passes', async () => {
  [cut, times] = ['before it is sent', Infinity];
  await expect(reserve(5)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE', facts: { retryAfterSeconds: 2 } });
});
