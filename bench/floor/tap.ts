import { connect, createServer, type Socket } from 'node:net';
import mongoose, { type mongo } from 'mongoose';

/** How long an answer of MongoDB is kept back while commands are recorded: see `recording.ts`. */
const HOLD_MS = 25;
const OP_MSG = 2013;

/** A command that went through, and when it was sent and its answer passed on (milliseconds of `performance.now`). */
export interface Tapped {
  readonly command: mongo.Document;
  readonly sentAt: number;
  readonly repliedAt: number;
}

/** Stands between a server and MongoDB and reads along. */
export interface Tap {
  readonly port: number;
  /** The commands that go through while `during` runs, in the order in which they were sent. */
  record(during: () => Promise<unknown>): Promise<Tapped[]>;
  close(): Promise<void>;
}

/**
 * Opens a tap: clients connect to its port, with `directConnection=true`, or they would find the way past it.
 * @param mongodPort where MongoDB listens on 127.0.0.1
 */
export async function openTap(mongodPort: number): Promise<Tap> {
  let record: Tapped[] | null = null;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(mongodPort, '127.0.0.1');
    const sent = new Map<number, { command: mongo.Document; sentAt: number }>();
    const forward = (frame: Buffer) => {
      const command = record && commandIn(frame);
      if (command) sent.set(frame.readInt32LE(4), { command, sentAt: performance.now() });
      upstream.write(frame);
    };
    const back = (frame: Buffer) => {
      const answered = sent.get(frame.readInt32LE(8));
      if (!answered || !record) return void client.write(frame);
      sent.delete(frame.readInt32LE(8));
      const recorded = record;
      setTimeout(() => {
        recorded.push({ ...answered, repliedAt: performance.now() });
        client.write(frame);
      }, HOLD_MS);
    };
    pass(client, upstream, forward);
    pass(upstream, client, back);
    sockets.add(client).add(upstream);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    record: async (during) => {
      const recorded: Tapped[] = (record = []);
      await during();
      record = null;
      return recorded.toSorted((a, b) => a.sentAt - b.sentAt);
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Cuts what arrives into the messages of MongoDB's wire protocol; each begins with its length. */
function pass(from: Socket, to: Socket, message: (frame: Buffer) => void): void {
  let pending: Buffer = Buffer.alloc(0);
  from.on('data', (part: Buffer) => {
    pending = Buffer.concat([pending, part]);
    while (pending.length >= 4 && pending.length >= pending.readInt32LE(0)) {
      const length = pending.readInt32LE(0);
      message(pending.subarray(0, length));
      pending = pending.subarray(length);
    }
  });
  from.on('error', () => to.destroy()).on('close', () => to.destroy());
}

/** The command in an OP_MSG: a document, and sequences of documents that belong to one of its fields. */
function commandIn(frame: Buffer): mongo.Document | null {
  if (frame.readInt32LE(12) !== OP_MSG) return null;
  const hasChecksum = (frame.readUInt32LE(16) & 1) === 1;
  const end = frame.length - (hasChecksum ? 4 : 0);
  let command: mongo.Document = {};
  for (let at = 20; at < end;) {
    const [kind, size] = [frame[at]!, frame.readInt32LE(at + 1)];
    const section = frame.subarray(at + 1, at + 1 + size);
    command = kind === 0 ? { ...command, ...deserialize(section) } : { ...command, ...sequenceIn(section) };
    at += 1 + size;
  }
  return command;
}

function sequenceIn(section: Buffer): mongo.Document {
  const nameEnd = section.indexOf(0, 4);
  const documents: mongo.Document[] = [];
  for (let at = nameEnd + 1; at < section.length; at += section.readInt32LE(at))
    documents.push(deserialize(section.subarray(at, at + section.readInt32LE(at))));
  return { [section.toString('utf8', 4, nameEnd)]: documents };
}

function deserialize(bytes: Buffer): mongo.Document {
  return mongoose.mongo.BSON.deserialize(bytes);
}
