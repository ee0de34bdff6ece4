import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import mongoose from 'mongoose';

const { deserialize } = mongoose.mongo.BSON;
const HEADER_BYTES = 16;
const OP_MSG = 2013;
/** Header, flags and the kind of the first section come before a command's document (MongoDB wire protocol, OP_MSG). */
const DOCUMENT_AT = HEADER_BYTES + 4 + 1;

/** What happens to a command: it goes through, its answer is lost, or it is lost itself. */
export type Fate = 'passes' | 'loses its answer' | 'is lost';

export interface MongoProxy {
  readonly uri: string;
  /** Decides on each command; may take its time, in which the command waits. */
  onCommand: (command: Record<string, unknown>) => Fate | Promise<Fate>;
  close(): Promise<void>;
}

/** A network between a client and a mongod that loses what a test wants lost. What is lost takes its connection with it. */
export async function startMongoProxy(mongodUri: string): Promise<MongoProxy> {
  const target = new URL(mongodUri);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    for (const socket of [client, upstream]) sockets.add(socket);
    join(client, upstream, (command) => proxy.onCommand(command));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const uri = new URL(mongodUri);
  uri.port = String((server.address() as AddressInfo).port);
  // The replica set's own word for itself would lead past the proxy; the driver's second try would hide that one was lost.
  uri.search = '?directConnection=true&retryWrites=false';
  const proxy: MongoProxy = {
    uri: uri.toString(),
    onCommand: () => 'passes',
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}

function join(client: Socket, upstream: Socket, fateOf: (command: Record<string, unknown>) => Fate | Promise<Fate>) {
  const hangUp = () => {
    client.destroy();
    upstream.destroy();
  };
  for (const socket of [client, upstream]) socket.on('error', hangUp).on('close', hangUp);
  const unanswered = new Set<number>();
  let queue = Promise.resolve();
  onMessage(client, (message) => {
    queue = queue.then(async () => {
      const fate =
        message.readInt32LE(12) === OP_MSG ? await fateOf(deserialize(message.subarray(DOCUMENT_AT))) : 'passes';
      if (fate === 'is lost') return hangUp();
      if (fate === 'loses its answer') unanswered.add(message.readInt32LE(4));
      upstream.write(message);
    });
  });
  onMessage(upstream, (message) => {
    if (unanswered.has(message.readInt32LE(8))) hangUp();
    else client.write(message);
  });
}

/** Calls for each whole message of the wire protocol; the first four bytes tell its length. */
function onMessage(socket: Socket, take: (message: Buffer) => void): void {
  let received = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    while (received.length >= HEADER_BYTES && received.length >= received.readInt32LE(0)) {
      const length = received.readInt32LE(0);
      take(received.subarray(0, length));
      received = received.subarray(length);
    }
  });
}
