import type { mongo } from 'mongoose';
import {
  NO_GUESSES,
  type Approval,
  type Challenge,
  type ChallengePolicy,
  type Guesses,
  type Slot,
} from '../otp/challenge.ts';
import type { ChallengeStore, SendResult, SlotKey, TryResult } from '../otp/ports.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import type { DeliveryEnd, SendAsk, SendOutcome } from '../otp/sending.ts';
import type { Settlement, TokenAsk, TryAsk } from '../otp/trying.ts';
import { sendPipeline, settleSendPipeline } from './send-pipeline.ts';
import { forgivePipeline, guessPipeline, settleTryPipeline, tokenPipeline, tryPipeline } from './try-pipeline.ts';
import { sessionOf } from './connection.ts';
import { isDuplicateKey, unavailableWhenDown } from './failures.ts';

/** One document per destination: its slots, and the wrong codes over all of them. Nothing in it tells the destination or a code. */
interface DestinationDocument extends mongo.Document {
  _id: string;
  slots?: Record<string, { challenge?: Challenge; approval?: Approval }>;
  guesses?: Guesses;
  /** What the last write decided, for its caller. */
  decision?: { outcome: string; superseded?: { ref: string | null }[]; catchesUp?: boolean; retryAt?: number | null };
  purgeAt?: Date;
}

/** Challenges in MongoDB. Every verb is one command, decided by the server (docs/adr/0005-one-document-per-destination.md). */
export class MongoChallengeStore implements ChallengeStore {
  readonly #documents: mongo.Collection<DestinationDocument>;

  constructor(db: mongo.Db) {
    this.#documents = db.collection<DestinationDocument>('challenges');
  }

  /** Creates the indexes; called at start. */
  async prepare(): Promise<void> {
    await this.#documents.createIndex({ purgeAt: 1 }, { expireAfterSeconds: 0 });
  }

  async send(key: SlotKey, ask: SendAsk, policy: ChallengePolicy): Promise<SendResult> {
    const document = await this.#decideAnew(key, sendPipeline(key.name, ask, policy));
    const { outcome, superseded = [], catchesUp = false, retryAt = null } = decisionOf(document);
    const { challenge } = slotOf(document!, key);
    const guesses = document!.guesses ?? NO_GUESSES;
    return { outcome: outcome as SendOutcome, challenge, guesses, superseded, catchesUp, retryAt };
  }

  async settleSend(key: SlotKey, challengeId: string, end: DeliveryEnd, now: number): Promise<void> {
    const path = `${slotPath(key)}.challenge`;
    const same = { _id: key.destinationId, [`${path}.id`]: challengeId };
    await unavailableWhenDown(() => this.#documents.updateOne(same, settleSendPipeline(slotPath(key), end, now)));
  }

  async find(key: SlotKey): Promise<Challenge | null> {
    const document = await unavailableWhenDown(() => this.#documents.findOne({ _id: key.destinationId }));
    return document ? slotOf(document, key).challenge : null;
  }

  async locate(destinationIds: readonly string[], challengeId: string): Promise<{ key: SlotKey; slot: Slot } | null> {
    const documents = await unavailableWhenDown(() =>
      this.#documents.find({ _id: { $in: [...destinationIds] } }, { projection: { slots: 1 } }).toArray(),
    );
    for (const document of documents)
      for (const name of Object.keys(document.slots ?? {})) {
        const key = { destinationId: document._id, name };
        const slot = slotOf(document, key);
        if (slot.challenge?.id === challengeId || slot.approval?.challengeId === challengeId) return { key, slot };
      }
    return null;
  }

  async tryCode(key: SlotKey, ask: TryAsk, policy: ChallengePolicy): Promise<TryResult> {
    const document = await this.#decide(key, tryPipeline(slotPath(key), ask, policy), false);
    if (!document) return { outcome: 'ABSENT', challenge: null, approval: null, guesses: NO_GUESSES };
    const guesses = document.guesses ?? NO_GUESSES;
    return { outcome: decisionOf(document).outcome as TryResult['outcome'], ...slotOf(document, key), guesses };
  }

  async settleTry(key: SlotKey, settlement: Settlement) {
    const document = await this.#decide(key, settleTryPipeline(slotPath(key), settlement), false);
    if (!document) return { outcome: 'ABSENT' as const, approval: null };
    return { outcome: decisionOf(document).outcome as TryResult['outcome'], approval: slotOf(document, key).approval };
  }

  async takeToken(key: SlotKey, ask: TokenAsk) {
    const document = await this.#decide(key, tokenPipeline(slotPath(key), ask), false);
    if (!document) return { outcome: 'ABSENT' as const, approval: null };
    return {
      outcome: decisionOf(document).outcome as 'APPROVED' | 'BUSY' | 'ABSENT',
      approval: slotOf(document, key).approval,
    };
  }

  async release(key: SlotKey, claimId: string, maxRefusals: number | null): Promise<void> {
    const path = `${slotPath(key)}.approval`;
    const refusals = { $add: [`$${path}.refusals`, maxRefusals === null ? 0 : 1] };
    const given = { $mergeObjects: [`$${path}`, { claim: null, refusals }] };
    const after = maxRefusals === null ? given : { $cond: [{ $gte: [refusals, maxRefusals] }, null, given] };
    await unavailableWhenDown(() =>
      this.#documents.updateOne({ _id: key.destinationId, [`${path}.claim.id`]: claimId }, [
        { $set: { [path]: after } },
      ]),
    );
  }

  async consume(key: SlotKey, claimId: string, now: number, unit: UnitOfWork): Promise<boolean> {
    const path = `${slotPath(key)}.approval`;
    const held = { _id: key.destinationId, [`${path}.claim.id`]: claimId, [`${path}.expiresAt`]: { $gt: now } };
    const result = await this.#documents.updateOne(held, { $set: { [path]: null } }, { session: sessionOf(unit) });
    return result.modifiedCount === 1;
  }

  async guess(subjectId: string, by: string, now: number): Promise<{ allowed: boolean; guesses: Guesses }> {
    const document = await this.#decideAnew({ destinationId: subjectId }, guessPipeline(by, now));
    return { allowed: decisionOf(document).outcome !== 'CLOSED', guesses: document!.guesses ?? NO_GUESSES };
  }

  async forgiveGuess(subjectId: string, by: string, at: number): Promise<void> {
    await unavailableWhenDown(() => this.#documents.updateOne({ _id: subjectId }, forgivePipeline(by, at)));
  }

  /** The same where there may be no document yet. Of two upserts the second finds the first's document when it tries again. */
  #decideAnew(key: Pick<SlotKey, 'destinationId'>, pipeline: mongo.Document[]): Promise<DestinationDocument | null> {
    const update = () => this.#decide(key, pipeline, true);
    return update().catch((error: unknown) => {
      if (isDuplicateKey(error)) return update();
      throw error;
    });
  }

  async revoke(key: SlotKey, userId: string, unit: UnitOfWork): Promise<void> {
    const [challenge, approval] = [`${slotPath(key)}.challenge`, `${slotPath(key)}.approval`];
    const session = sessionOf(unit);
    const ended = { [`${challenge}.status`]: 'canceled', [`${challenge}.userId`]: null };
    const pending = { _id: key.destinationId, [`${challenge}.userId`]: userId, [`${challenge}.status`]: 'pending' };
    await this.#documents.updateOne(pending, { $set: ended }, { session });
    const approved = { _id: key.destinationId, [`${approval}.userId`]: userId };
    await this.#documents.updateOne(approved, { $set: { [approval]: null } }, { session });
  }

  #decide(
    key: Pick<SlotKey, 'destinationId'>,
    pipeline: mongo.Document[],
    upsert: boolean,
  ): Promise<DestinationDocument | null> {
    return unavailableWhenDown(() =>
      this.#documents.findOneAndUpdate({ _id: key.destinationId }, pipeline, { upsert, returnDocument: 'after' }),
    );
  }
}

function slotPath(key: SlotKey): string {
  return `slots.${key.name}`;
}

function slotOf(document: DestinationDocument, key: SlotKey): Slot {
  const slot = document.slots?.[key.name];
  return { challenge: slot?.challenge ?? null, approval: slot?.approval ?? null };
}

function decisionOf(document: DestinationDocument | null): NonNullable<DestinationDocument['decision']> {
  if (!document?.decision) throw new Error('a write left no decision');
  return document.decision;
}
