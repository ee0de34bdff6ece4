import { setTimeout as sleep } from 'node:timers/promises';
import mongoose, { type Connection } from 'mongoose';
import { Keyring } from '../../../src/keyring.ts';
import { MongoDestinationStore } from '../../../src/mongo/destination-store.ts';
import { isDelivering, isPending, slotOf, type Slot } from '../../../src/otp/challenge.ts';
import { slotKey } from '../../../src/otp/slot.ts';
import { freshEmail } from '../codes.ts';
import { OTP_SECRET } from './cluster.ts';
import type { Call, Observer } from './observer.ts';
import { actionAt, askAt, type Codes, type Place, type Proof } from './places.ts';

const keyring = new Keyring(OTP_SECRET);

/** What the owner finds when all is over: the last right answer's token is tried, and the code that is still pending. */
export interface Closing {
  readonly place: Place;
  /** The last call that was told that its code is right, and what its token was good for afterwards. */
  readonly verified: { readonly by: Call; readonly then: Call } | null;
  /** The code that was still pending in the database, and what it was good for. */
  readonly pending: { readonly attempts: number; readonly asked: Call; readonly then: Call } | null;
  /** Sessions that each client opened and that live. */
  readonly sessions: ReadonlyMap<string, number>;
  /** How often the account was changed since it was opened. */
  readonly changes: number;
}

/** Closes the places of a history, one by one. */
export async function closeAll(places: readonly Place[], mongoUri: string, observer: Observer, codes: Codes) {
  const connection = await mongoose.createConnection(mongoUri).asPromise();
  try {
    const closings: Closing[] = [];
    for (const [index, place] of places.entries()) {
      const ip = `203.0.113.${index + 1}`;
      const act = (proof: Proof) => observer.ask(actionAt(place, ip, proof, freshEmail()), index);
      const verified = observer.at(place.name).findLast(({ outcome }) => outcome === 'RIGHT');
      const token = String(verified?.answer?.['verificationToken']);
      const then = verified && (await act({ code: verified.code!, token }));
      // Of a code's attempts some are kept for whoever asked for it: the owner asks again before the code is tried.
      const asked = await observer.ask(askAt(place, ip), index);
      const pending = await pendingAt(connection, place);
      closings.push({
        place,
        verified: verified && then ? { by: verified, then } : null,
        pending: pending && {
          attempts: pending.attempts.length,
          asked,
          then: await act({ code: codes.of(place, pending.codeId) }),
        },
        sessions: await sessionsOf(connection, place),
        changes: await changesOf(connection, place),
      });
    }
    return closings;
  } finally {
    await connection.close();
  }
}

/** The code that is pending, once it has gone out. */
async function pendingAt(connection: Connection, { to: destination, purpose }: Place): Promise<Slot['challenge']> {
  const key = slotKey(keyring, { destination, purpose });
  for (;;) {
    const stored = await new MongoDestinationStore(connection.db!).load(key.destinationId);
    const challenge = stored && slotOf(stored.destination, key.name).challenge;
    if (!isPending(challenge, Date.now())) return null;
    if (!isDelivering(challenge, Date.now())) return challenge;
    // Its code is on its way.
    await sleep(50);
  }
}

async function sessionsOf(connection: Connection, { name }: Place): Promise<ReadonlyMap<string, number>> {
  const counted = await connection
    .collection('sessions')
    .aggregate<{ _id: string; count: number }>([{ $group: { _id: '$userAgent', count: { $sum: 1 } } }])
    .toArray();
  return new Map(counted.filter(({ _id }) => _id.startsWith(name)).map(({ _id, count }) => [_id, count]));
}

async function changesOf(connection: Connection, { to }: Place): Promise<number> {
  const user = await connection.collection('users').findOne({ phone: to });
  return (user?.['authVersion'] as number | undefined) ?? 0;
}
