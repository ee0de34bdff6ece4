import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import mongoose from 'mongoose';
import { Client, operation } from '../load/client.ts';
import { RECORDED_DATABASE } from './record.ts';
import type { Recording } from './recording.ts';
import { startServer } from '../target/server-process.ts';
import type { OperationName, Prepare, Target } from '../load/target.ts';
import type { Workbench } from '../target/workbench.ts';

/** More calls than one process answers in a second, for those that use up what they find. */
const CALLS_PER_SECOND = 2_500;
/** Calls of the warm-up come before. */
const SPARE_CALLS = 500;

/** Starts the floor of Mongo: a bare handler that repeats the recorded commands of an operation. */
export async function startMongoFloor(
  workbench: Workbench,
  recordings: ReadonlyMap<OperationName, Recording>,
): Promise<Target> {
  const folder = workbench.folder('floor');
  const file = join(folder, 'recordings.json');
  writeFileSync(file, mongoose.mongo.BSON.EJSON.stringify(Object.fromEntries(recordings), { relaxed: false }));
  const { url, pid } = await startServer(workbench, {
    script: fileURLToPath(new URL('./floor.ts', import.meta.url)),
    folder,
    environment: {
      NODE_ENV: 'production',
      MONGODB_URI: workbench.uri('floor'),
      RECORDED_URI: workbench.uri(RECORDED_DATABASE),
      RECORDINGS: file,
    },
  });
  const client = new Client(url);
  workbench.onEnd(() => client.close());
  const prepare =
    (name: OperationName): Prepare =>
    async ({ seconds }) => {
      const most = Math.ceil(seconds * CALLS_PER_SECOND) + SPARE_CALLS;
      const { status, text } = await client.send({ path: `/${name}/${most}`, body: {} });
      if (status !== 200) throw new Error(`the floor of ${name} could not be made: ${text}`);
      let left = Number(text);
      return { next: () => (left-- > 0 ? { path: `/${name}`, body: {} } : null) };
    };
  const operations = new Map([...recordings.keys()].map((name) => [name, prepare(name)]));
  return { id: 'floor', name: 'floor: the same commands', pid, client, operations };
}

/** Starts the floor of Apollo: a query of a field that does nothing. */
export async function startApolloFloor(workbench: Workbench): Promise<Target> {
  const { url, pid } = await startServer(workbench, {
    script: fileURLToPath(new URL('./floor-apollo.ts', import.meta.url)),
    folder: workbench.folder('floor-apollo'),
    environment: { NODE_ENV: 'production' },
  });
  const client = new Client(url);
  workbench.onEnd(() => client.close());
  const operations = new Map<OperationName, Prepare>([
    ['nothing', async () => ({ next: () => operation('{ nothing }') })],
  ]);
  return { id: 'apollo', name: 'floor: Apollo, empty resolver', pid, client, operations };
}
