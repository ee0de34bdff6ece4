import type { mongo } from 'mongoose';
import type { AttemptBudget } from '../otp/attempt-budget.ts';
import type { Approval, Challenge, Destination, SentMessage, Slot } from '../otp/challenge.ts';
import type { DestinationStore, DestinationWrite, StoredDestination } from '../otp/ports.ts';
import type { KnownClient } from '../otp/known-client.ts';
import { familyOf } from '../otp/slot.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import { sessionOf } from './connection.ts';
import { isDuplicateKey, unavailableWhenDown } from './failures.ts';

/** Ids of the last writes that a document keeps: one whose answer was lost is known even after a few others. */
const KEPT_WRITE_IDS = 4;

/** One document per destination. Nothing in it tells the destination or a code. Fields that came later may be missing. */
interface DestinationDocument extends mongo.Document {
  _id: string;
  slots?: Record<string, { challenge?: StoredChallenge | null; approval?: StoredApproval | null }>;
  guesses?: StoredBudget;
  messages?: SentMessage[];
  clients?: KnownClient[];
  version?: number;
  writeIds?: string[];
  purgeAt?: Date;
}
/** The row of strangers has the names that the only row once had. */
interface StoredBudget {
  wrong?: { by: string; at: number }[];
  streak?: number;
  streakAt?: number;
  knownStreak?: number;
  knownStreakAt?: number;
}
type AddedToChallenges = 'codeId' | 'askedBy' | 'isAskedByKnown' | 'authVersion' | 'checks' | 'follows';
type StoredChallenge = Omit<Challenge, 'attempts' | AddedToChallenges> &
  Partial<Pick<Challenge, AddedToChallenges>> & { tries: string[] };
type AddedToApprovals = 'approvedBy' | 'askedBy' | 'isAskedByKnown' | 'authVersion';
type StoredApproval = Omit<Approval, 'attempts' | AddedToApprovals> &
  Partial<Pick<Approval, AddedToApprovals>> & { tries: string[] };

/** What was loaded, with the document itself. */
interface Loaded extends StoredDestination {
  readonly document: DestinationDocument;
}

/**
 * Destinations in MongoDB (docs/adr/0005-one-document-per-destination.md). A write needs the version that was loaded and,
 * since processes of an earlier release do not move it, the very contents too.
 */
export class MongoDestinationStore implements DestinationStore {
  readonly #documents: mongo.Collection<DestinationDocument>;

  constructor(db: mongo.Db) {
    this.#documents = db.collection<DestinationDocument>('challenges');
  }

  /** Creates the indexes; called at start. */
  async prepare(): Promise<void> {
    await this.#documents.createIndex({ purgeAt: 1 }, { expireAfterSeconds: 0 });
  }

  async load(id: string, unit?: UnitOfWork): Promise<Loaded | null> {
    const document = await this.#run(unit, (options) => this.#documents.findOne({ _id: id }, options));
    return document && loaded(document);
  }

  async insert(id: string, write: DestinationWrite, unit?: UnitOfWork): Promise<Loaded | null> {
    const document = { _id: id, ...documentOf(write, null) };
    try {
      await this.#run(unit, (options) => this.#documents.insertOne(document, options));
      return loaded(document);
    } catch (error) {
      if (isDuplicateKey(error)) return null;
      throw error;
    }
  }

  async write(id: string, before: Loaded, write: DestinationWrite, unit?: UnitOfWork): Promise<Loaded | null> {
    const { slots, guesses, version } = before.document;
    const same = { _id: id, version: version ?? null, slots: slots ?? null, guesses: guesses ?? null };
    const after = documentOf(write, before);
    const update = { $set: after, ...('decision' in before.document && { $unset: { decision: '' } }) };
    const { matchedCount } = await this.#run(unit, (options) =>
      this.#documents.updateOne(same as mongo.Filter<DestinationDocument>, update, options),
    );
    return matchedCount === 1 ? loaded({ _id: id, ...after }) : null;
  }

  /** Outside a unit of work a database that does not answer becomes the public error; within one its runner says so. */
  #run<T>(unit: UnitOfWork | undefined, operation: (options: { session?: mongo.ClientSession }) => Promise<T>) {
    return unit ? operation({ session: sessionOf(unit) }) : unavailableWhenDown(() => operation({}));
  }
}

function loaded(document: DestinationDocument): Loaded {
  const { guesses, version = 0, writeIds = [] } = document;
  const slots = Object.fromEntries(Object.entries(document.slots ?? {}).map(([name, slot]) => [name, slotOf(slot)]));
  const { messages = messagesOf(slots), clients = [] } = document;
  return { destination: { slots, budget: budgetOf(guesses), messages, clients }, version, writeIds, document };
}

function budgetOf({
  wrong = [],
  streak = 0,
  streakAt = 0,
  knownStreak = 0,
  knownStreakAt = 0,
}: StoredBudget = {}): AttemptBudget {
  const known = { wrong: knownStreak, at: knownStreakAt };
  return { attempts: wrong, strangers: { wrong: streak, at: streakAt }, known };
}

/** An earlier release counted the messages of each challenge alone. */
function messagesOf(slots: Destination['slots']): SentMessage[] {
  return Object.entries(slots).flatMap(([name, { challenge }]) =>
    challenge ? Array.from({ length: challenge.sends }, () => ({ family: familyOf(name), at: challenge.sentAt })) : [],
  );
}

function slotOf({
  challenge,
  approval,
}: {
  challenge?: StoredChallenge | null;
  approval?: StoredApproval | null;
}): Slot {
  return {
    challenge: challenge ? challengeOf(challenge) : null,
    approval: approval ? approvalOf(approval) : null,
  };
}

function challengeOf({ tries, ...challenge }: StoredChallenge): Challenge {
  return {
    ...challenge,
    attempts: tries,
    codeId: challenge.codeId ?? challenge.id,
    authVersion: challenge.authVersion ?? null,
    askedBy: challenge.askedBy ?? [challenge.sentBy],
    isAskedByKnown: challenge.isAskedByKnown ?? false,
    checks: challenge.checks ?? [],
    follows: challenge.follows ?? false,
  };
}

function approvalOf({ tries, ...approval }: StoredApproval): Approval {
  const { approvedBy = null, authVersion = null, isAskedByKnown = false } = approval;
  const askedBy = approval.askedBy ?? (approvedBy === null ? [] : [approvedBy]);
  return { ...approval, attempts: tries, approvedBy, authVersion, askedBy, isAskedByKnown };
}

function documentOf({ destination, writeId, purgeAt }: DestinationWrite, before: Loaded | null) {
  const { slots, budget, messages, clients } = destination;
  const { attempts: wrong, strangers, known } = budget;
  return {
    slots: Object.fromEntries(Object.entries(slots).map(([name, slot]) => [name, storedSlot(slot)])),
    guesses: {
      wrong: [...wrong],
      streak: strangers.wrong,
      streakAt: strangers.at,
      knownStreak: known.wrong,
      knownStreakAt: known.at,
    },
    messages: [...messages],
    clients: [...clients],
    version: (before?.version ?? 0) + 1,
    writeIds: [writeId, ...(before?.writeIds ?? [])].slice(0, KEPT_WRITE_IDS),
    purgeAt: new Date(purgeAt),
  };
}

function storedSlot({ challenge, approval }: Slot) {
  return { challenge: challenge && storedChallenge(challenge), approval: approval && storedApproval(approval) };
}

function storedChallenge({ attempts, ...challenge }: Challenge): StoredChallenge {
  return { ...challenge, askedBy: [...challenge.askedBy], tries: [...attempts] };
}

function storedApproval({ attempts, ...approval }: Approval): StoredApproval {
  return { ...approval, tries: [...attempts] };
}
