import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import mongoose from 'mongoose';

const { deserialize } = mongoose.mongo.BSON;
const HEADER_BYTES = 16;
const OP_MSG = 2013;
/** Header, flags and the kind of the first section come before a command's document (MongoDB wire protocol, OP_MSG). */
const DOCUMENT_AT = HEADER_BYTES + 4 + 1;

/** One command on its way from the driver to the database. */
export interface Exchange {
  /** Hands it to the database. @returns the database's answer, which the driver has not got yet */
  forward(): Promise<Buffer>;
  /** Hands an answer to the driver. */
  answer(answer: Buffer): void;
  /** Breaks the driver's connection. The command can be handed on all the same, as one that was long under way. */
  hangUp(): void;
}

/** What happens to a command: it goes through, its answer is lost, or it is lost itself. */
export type Fate = 'passes' | 'loses its answer' | 'is lost';
/** Does something else with a command. */
export type Handler = (exchange: Exchange) => Promise<void> | void;

export interface MongoProxy {
  /** The database through this proxy. */
  readonly uri: string;
  /** Decides on each command; may take its time, in which the command waits. */
  onCommand: (command: Record<string, unknown>) => Fate | Promise<Fate>;
  /** Decides, before that, what becomes of the next commands of this name, in turn. */
  intercept(command: 'insert' | 'update', ...fates: (Fate | Handler)[]): void;
  /** Takes back what was decided of commands that did not come. */
  spare(command: 'insert' | 'update'): void;
  /** Lets nothing pass any more, and breaks no connection: a network that is gone. */
  goDark(): void;
  /** Ends that. */
  restore(): void;
  close(): Promise<void>;
}

/** A network between a client and a mongod that loses what a test wants lost. What is lost takes its connection with it. */
export async function startMongoProxy(mongodUri: string): Promise<MongoProxy> {
  const target = new URL(mongodUri);
  const sockets = new Set<Socket>();
  const fates = new Map<string, (Fate | Handler)[]>();
  let isDark = false;

  const server = createServer((client) => {
    const database = connect(Number(target.port), target.hostname);
    for (const socket of [client, database]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
    }
    let isHungUp = false;
    client.on('close', () => !isHungUp && database.destroy());
    database.on('close', () => client.destroy());

    const awaited = new Map<number, (answer: Buffer) => void>();
    onMessage(database, (answer) => {
      const take = awaited.get(answer.readInt32LE(8));
      if (take) take(answer);
      else if (!isDark) client.write(answer);
    });
    onMessage(client, async (message) => {
      if (isDark) return;
      const command: Record<string, unknown> =
        message.readInt32LE(12) === OP_MSG ? deserialize(message.subarray(DOCUMENT_AT)) : {};
      // A command's name is that of its first field.
      const fate = fates.get(Object.keys(command)[0] ?? '')?.shift() ?? (await proxy.onCommand(command));
      if (fate === 'passes') return void database.write(message);
      await handlerOf(fate)({
        forward: () =>
          new Promise((resolve) => {
            awaited.set(message.readInt32LE(4), resolve);
            database.write(message);
          }),
        answer: (answer) => void client.write(answer),
        hangUp: () => {
          isHungUp = true;
          client.destroy();
        },
      });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const breakAll = () => sockets.forEach((socket) => socket.destroy());

  const uri = new URL(mongodUri);
  uri.port = String((server.address() as AddressInfo).port);
  // The replica set's own word for itself would lead past the proxy; the driver's second try would hide that one was lost.
  uri.search = '?directConnection=true&retryWrites=false';
  const proxy: MongoProxy = {
    uri: uri.toString(),
    onCommand: () => 'passes',
    intercept: (command, ...next) => void fates.set(command, [...(fates.get(command) ?? []), ...next]),
    spare: (command) => void fates.delete(command),
    goDark: () => {
      isDark = true;
    },
    restore: () => {
      isDark = false;
      breakAll();
    },
    close: async () => {
      server.close();
      breakAll();
      await once(server, 'close');
    },
  };
  return proxy;
}

function handlerOf(fate: Exclude<Fate, 'passes'> | Handler): Handler {
  if (typeof fate !== 'string') return fate;
  return async (exchange) => {
    if (fate === 'loses its answer') await exchange.forward();
    exchange.hangUp();
  };
}

/** Calls for each whole message of the wire protocol; the first four bytes tell its length. */
function onMessage(socket: Socket, take: (message: Buffer) => Promise<void> | void): void {
  let received = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    while (received.length >= HEADER_BYTES && received.length >= received.readInt32LE(0)) {
      const length = received.readInt32LE(0);
      void take(received.subarray(0, length));
      received = received.subarray(length);
    }
  });
}
