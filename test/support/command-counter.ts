import { setTimeout as sleep } from 'node:timers/promises';
import mongoose, { type mongo } from 'mongoose';
import type { TestServer } from './server.ts';

/** What the driver's own upkeep sends: no part of any request. */
const UPKEEP = new Set(['hello', 'ismaster', 'ping', 'endSessions', 'buildInfo', 'saslStart', 'saslContinue']);

/** Between two commands of work in the background it is shorter. */
const QUIET_MS = 100;

export interface SentCommand {
  readonly name: string;
  readonly collection: string | null;
  readonly inTransaction: boolean;
  /** True for commitTransaction and abortTransaction. */
  readonly endsTransaction: boolean;
}

export interface CommandCounter {
  /** The commands that the server under test sent since this was last asked, in the order in which they were sent. */
  take(): SentCommand[];
  /** Waits until the server has ended what goes on after its answers: clients that signed in are remembered then. Forgets it. */
  quiet(): Promise<void>;
  /** Stops listening. */
  close(): void;
}

/**
 * Counts what the server under test asks of MongoDB, through the driver's command monitoring. The test's own
 * connection (`server.db`) is another client and is not counted.
 */
export function countCommands(server: Pick<TestServer, 'db'>): CommandCounter {
  const client = clientOf(server);
  let commands: SentCommand[] = [];
  const listen = (event: mongo.CommandStartedEvent) => {
    if (!UPKEEP.has(event.commandName)) commands.push(toSentCommand(event));
  };
  client.on('commandStarted', listen);
  const take = () => {
    const taken = commands;
    commands = [];
    return taken;
  };
  return {
    take,
    quiet: async () => {
      do {
        take();
        await sleep(QUIET_MS);
      } while (commands.length > 0);
    },
    close: () => void client.off('commandStarted', listen),
  };
}

function clientOf(server: Pick<TestServer, 'db'>): mongo.MongoClient {
  const found = mongoose.connections.filter(
    (connection) =>
      connection.readyState === mongoose.ConnectionStates.connected &&
      connection.name === server.db.databaseName &&
      connection.getClient().options.monitorCommands,
  );
  if (found.length !== 1) throw new Error(`expected one monitored connection of the server, found ${found.length}`);
  return found[0]!.getClient();
}

function toSentCommand({ commandName: name, command }: mongo.CommandStartedEvent): SentCommand {
  const document = command as Record<string, unknown>;
  const target = document[name];
  return {
    name,
    collection: typeof target === 'string' ? target : null,
    inTransaction: document['autocommit'] === false,
    endsTransaction: name === 'commitTransaction' || name === 'abortTransaction',
  };
}
