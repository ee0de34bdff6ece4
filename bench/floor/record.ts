import { setTimeout as sleep } from 'node:timers/promises';
import type { mongo } from 'mongoose';
import { root, Stop } from '../../scripts/project.mjs';
import type { Source } from '../load/load.ts';
import { operationsOf, type Otpql } from '../target/operations.ts';
import { startOtpql } from '../target/otpql.ts';
import { recordingOf, type Recording } from './recording.ts';
import { unknownCommands } from './replay.ts';
import { openTap, type Tap } from './tap.ts';
import type { OperationName } from '../load/target.ts';
import type { Workbench } from '../target/workbench.ts';

/** What a call leaves behind its answer is done by then. */
const SETTLE_MS = 500;
const ALONE = { callers: 1, seconds: 1, codes: 2 };

/** The database that the recorded server uses; its indexes are the floor's, too. */
export const RECORDED_DATABASE = 'recorded';

/**
 * Starts the built server once more, behind a tap, and records what one call of each operation makes of MongoDB.
 * @throws Stop when that is something that the floor cannot repeat
 */
export async function recordAll(workbench: Workbench, names: readonly OperationName[]) {
  const tap = await openTap(workbench.mongod.port);
  workbench.onEnd(() => tap.close());
  const mongodbUri = `mongodb://127.0.0.1:${tap.port}/${RECORDED_DATABASE}?directConnection=true`;
  const otpql = await startOtpql(workbench, { database: RECORDED_DATABASE, root, mongodbUri });
  const operations = operationsOf(otpql);
  const recordings = new Map<OperationName, Recording>();
  for (const name of names) {
    const prepare = operations.get(name);
    if (!prepare) continue;
    const recording = await recordOne(otpql, tap, await prepare(ALONE));
    const unknown = unknownCommands(recording);
    if (unknown.length > 0)
      throw new Stop(`${name} sends ${unknown.join(', ')}: teach bench/replay.ts how to repeat it`);
    recordings.set(name, recording);
  }
  await otpql.server.end();
  return recordings;
}

async function recordOne({ client, db }: Otpql, tap: Tap, source: Source): Promise<Recording> {
  const call = async () => {
    const answer = await client.send(source.next(0)!);
    source.answered?.(0, answer);
  };
  // The first one may have more to do, and is not what a load consists of.
  await call();
  await sleep(SETTLE_MS);
  const snapshot = await snapshotOf(db);
  let answeredAt = 0;
  const tapped = await tap.record(async () => {
    await call();
    answeredAt = performance.now();
    await sleep(SETTLE_MS);
  });
  return recordingOf(tapped, answeredAt, snapshot);
}

async function snapshotOf(db: mongo.Db): Promise<Map<string, mongo.Document[]>> {
  const collections = await db.collections();
  const all = collections.map(async (one) => [one.collectionName, await one.find().toArray()] as const);
  return new Map(await Promise.all(all));
}
