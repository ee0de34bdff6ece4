import { setTimeout as sleep } from 'node:timers/promises';
import type { mongo } from 'mongoose';
import type { Lab } from './lab.ts';

/** Deliveries are settled after their answer. */
const SETTLE_MS = 300;

/** A command to MongoDB, as far as the floor repeats it. */
export interface Command {
  readonly kind: string;
  readonly inTransaction: boolean;
}

interface Profiled {
  readonly op: string;
  readonly command: Record<string, unknown>;
  readonly readConcern?: { readonly level?: string };
}

/** The commands that one call leads to, in order, as MongoDB's own profiler saw them. */
export async function commandsOf({ db }: Lab, call: () => Promise<unknown>): Promise<Command[]> {
  await db.command({ profile: 2 });
  await call();
  await sleep(SETTLE_MS);
  await db.command({ profile: 0 });
  const profile: mongo.Collection<Profiled> = db.collection('system.profile');
  const seen = await profile.find({ appName: 'otpql' }).sort({ $natural: 1 }).toArray();
  await profile.drop();
  return seen.map(({ op, command, readConcern }) => ({
    kind: op === 'command' || op === 'query' ? Object.keys(command)[0]! : op,
    // Only our transactions read a snapshot.
    inTransaction: readConcern?.level === 'snapshot',
  }));
}
