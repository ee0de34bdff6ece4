import mongoose, { type mongo } from 'mongoose';
import { template, type Identities } from './identities.ts';
import { isCommit, type Group, type Recording, type Step } from './recording.ts';

/** What of the server's commands a repetition needs. */
interface Command {
  readonly filter: Filter;
  readonly query: Filter;
  readonly update: Change;
  readonly updates: readonly {
    readonly q: Filter;
    readonly u: Change;
    readonly multi?: boolean;
    readonly upsert?: boolean;
  }[];
  readonly deletes: readonly { readonly q: Filter; readonly limit: number }[];
  readonly documents: mongo.Document[];
  readonly pipeline: mongo.Document[];
  readonly projection?: mongo.Document;
  readonly fields?: mongo.Document;
  readonly sort?: Record<string, 1 | -1>;
  readonly limit?: number;
  readonly singleBatch?: boolean;
  readonly upsert?: boolean;
  readonly new?: boolean;
  readonly remove?: boolean;
}
type Filter = mongo.Filter<mongo.Document>;
type Change = mongo.UpdateFilter<mongo.Document> | mongo.Document[];

interface Options {
  readonly session?: mongo.ClientSession;
  readonly writeConcern?: mongo.WriteConcernSettings;
}
type Run = (collection: mongo.Collection, command: Command, options: Options) => Promise<unknown>;

/** How the server's commands are said to the driver. */
const COMMANDS: Readonly<Record<string, Run>> = {
  find: (collection, { filter, ...command }, options) =>
    collection.find(filter, { ...given(command, 'projection', 'sort', 'limit', 'singleBatch'), ...options }).toArray(),
  aggregate: (collection, { pipeline }, options) => collection.aggregate(pipeline, options).toArray(),
  insert: (collection, { documents }, options) =>
    documents.length === 1 ? collection.insertOne(documents[0]!, options) : collection.insertMany(documents, options),
  update: async (collection, { updates }, options) => {
    for (const { q, u, multi, ...rest } of updates) {
      const how = { ...given(rest, 'upsert'), ...options };
      if (isReplacement(u)) await collection.replaceOne(q, u, how);
      else await (multi ? collection.updateMany(q, u, how) : collection.updateOne(q, u, how));
    }
  },
  delete: async (collection, { deletes }, options) => {
    for (const { q, limit } of deletes)
      await (limit === 1 ? collection.deleteOne(q, options) : collection.deleteMany(q, options));
  },
  findAndModify: (collection, { query, update, remove, fields, ...command }, options) => {
    const returnDocument = command.new ? 'after' : 'before';
    const how = { ...given(command, 'upsert', 'sort'), ...(fields && { projection: fields }), ...options };
    if (remove) return collection.findOneAndDelete(query, how);
    return isReplacement(update)
      ? collection.findOneAndReplace(query, update, { ...how, returnDocument })
      : collection.findOneAndUpdate(query, update, { ...how, returnDocument });
  },
};

/** Those of these options that the command has. */
function given<T extends object, K extends keyof T>(command: T, ...names: K[]): Pick<T, K> {
  return Object.fromEntries(names.filter((name) => name in command).map((name) => [name, command[name]])) as Pick<T, K>;
}

/** The commands that a recording has and a replay could not repeat. */
export function unknownCommands({ beforeAnswer, afterAnswer }: Recording): string[] {
  const steps = [...beforeAnswer, ...afterAnswer].flat().filter(({ command }) => !isCommit(command));
  return steps.map(({ command }) => Object.keys(command)[0]!).filter((name) => !(name in COMMANDS));
}

/** Makes the commands of some groups in their order, with these values in them. */
export type Replay = (fresh: Identities) => Promise<void>;

/**
 * Gets commands ready to be made again and again, on documents of their own.
 * @param groups of a recording
 * @param identities the values that are others each time
 */
export function replayOf(client: mongo.MongoClient, groups: readonly Group[], identities: Identities): Replay {
  const performed = groups.map((group) => group.map((step) => performing(client.db(), step, identities)));
  const once: Replay = async (fresh) => {
    let session: mongo.ClientSession | undefined;
    try {
      for (const [index, group] of performed.entries()) {
        if (groups[index]![0]!.inTransaction && !session) {
          session = client.startSession();
          session.startTransaction({ readConcern: { level: 'snapshot' }, writeConcern: DURABLE });
        }
        await Promise.all(group.map((perform) => perform(fresh, session)));
        if (!session?.inTransaction()) {
          await session?.endSession();
          session = undefined;
        }
      }
    } finally {
      await session?.endSession();
    }
  };
  return async (fresh) => {
    for (;;)
      try {
        return await once(fresh);
      } catch (error) {
        // Two calls with the same values met in a transaction. The server tries again too.
        const { MongoError } = mongoose.mongo;
        if (!(error instanceof MongoError && error.hasErrorLabel('TransientTransactionError'))) throw error;
      }
  };
}

const DURABLE = { w: 'majority', journal: true } as const;

function performing(db: mongo.Db, { command, inTransaction }: Step, identities: Identities) {
  if (isCommit(command))
    return (_fresh: Identities, session: mongo.ClientSession | undefined) => session!.commitTransaction();
  const [name, collectionName] = Object.entries(command)[0] as [string, string];
  const { writeConcern } = command as { writeConcern?: mongo.WriteConcernSettings };
  const [collection, make] = [db.collection(collectionName), template(command, identities)];
  return (fresh: Identities, session: mongo.ClientSession | undefined) => {
    const options = inTransaction ? { session: session! } : writeConcern ? { writeConcern } : {};
    return COMMANDS[name]!(collection, make(fresh) as Command, options);
  };
}

/** A document in place of the old one, and neither operators nor a pipeline. */
function isReplacement(change: Change): change is mongo.Document {
  return !Array.isArray(change) && !Object.keys(change).some((key) => key.startsWith('$'));
}
