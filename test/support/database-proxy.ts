import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** One command on its way from the driver to the database. */
export interface Exchange {
  /** Hands it to the database. @returns the database's answer, which the driver has not got yet */
  forward(): Promise<Buffer>;
  /** Hands an answer to the driver. */
  answer(answer: Buffer): void;
  /** Breaks the driver's connection. The command can be handed on all the same, as one that was long under way. */
  hangUp(): void;
}

/** What becomes of a command. */
export type Fate = (exchange: Exchange) => Promise<void> | void;

export interface DatabaseProxy {
  /** The address of a database through this proxy, for a driver that repeats nothing by itself. */
  uriOf(uri: string): string;
  /** Decides what becomes of the next commands of this name, in turn. */
  intercept(command: 'insert' | 'update', ...fates: Fate[]): void;
  /** Takes back what was decided of commands that did not come. */
  spare(command: 'insert' | 'update'): void;
  /** Lets nothing pass any more, and breaks no connection: a network that is gone. */
  goDark(): void;
  /** Ends that. */
  restore(): void;
  close(): Promise<void>;
}

/** The command lands, and its answer is lost. */
export const answerLost: Fate = async (exchange) => {
  await exchange.forward();
  exchange.hangUp();
};
/** The command never arrives. */
export const commandLost: Fate = (exchange) => exchange.hangUp();

/** Stands between a driver and the mongod at this port, to lose what a test wants to be lost. */
export async function databaseProxy(port: number): Promise<DatabaseProxy> {
  const fates = new Map<string, Fate[]>();
  const sockets = new Set<Socket>();
  let isDark = false;

  const server = createServer((client) => {
    const database = connect({ port, host: '127.0.0.1' });
    for (const socket of [client, database]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
    }
    const awaited = new Map<number, (answer: Buffer) => void>();
    let isHungUp = false;
    client.on('close', () => !isHungUp && database.destroy());
    database.on('close', () => client.destroy());
    onMessage(database, (answer) => {
      const taken = awaited.get(answer.readInt32LE(8));
      if (taken) taken(answer);
      else if (!isDark) client.write(answer);
    });
    onMessage(client, (command) => {
      if (isDark) return;
      const fate = fates.get(nameOf(command))?.shift();
      if (!fate) return void database.write(command);
      void fate({
        forward: () =>
          new Promise((resolve) => {
            awaited.set(command.readInt32LE(4), resolve);
            database.write(command);
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

  return {
    uriOf: (uri) => {
      const { pathname } = new URL(uri);
      const { port: own } = server.address() as AddressInfo;
      return `mongodb://127.0.0.1:${own}${pathname}?directConnection=true&retryWrites=false`;
    },
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
}

/** Messages of MongoDB's wire protocol: each begins with its length. */
function onMessage(socket: Socket, take: (message: Buffer) => void): void {
  let rest = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= rest.readInt32LE(0)) {
      const message = rest.subarray(0, rest.readInt32LE(0));
      rest = rest.subarray(message.length);
      take(message);
    }
  });
}

const OP_MSG = 2013;
/** Before the first field's name: header, flags, kind of section, length of the document, type of the field. */
const NAME_AT = 16 + 4 + 1 + 4 + 1;

/** A command's name is that of its first field. */
function nameOf(message: Buffer): string {
  if (message.readInt32LE(12) !== OP_MSG) return '';
  return message.toString('utf8', NAME_AT, message.indexOf(0, NAME_AT));
}
