import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Approval, Challenge, Destination } from '../../src/otp/challenge.ts';
import type { DestinationWrite, StoredDestination } from '../../src/otp/ports.ts';
import { aChallenge, APPROVED, holding, NOTHING, PENDING, SLOT, START } from '../otp/examples.ts';
import { mongoStore, type StoreUnderTest } from '../support/stores.ts';

let under: StoreUnderTest;
let id: string;
beforeAll(async () => {
  under = await mongoStore();
});
afterAll(() => under.close());
beforeEach(() => {
  id = randomUUID();
});

const documents = () => under.connection.db!.collection<{ _id: string }>('challenges');
const writeOf = (destination: Destination, writeId = 'write-1'): DestinationWrite => ({
  destination,
  writeId,
  purgeAt: START + 1,
});
const insert = (destination: Destination, at = id) => under.store.insert(at, writeOf(destination));
const write = (before: StoredDestination, destination: Destination, writeId = 'write-2') =>
  under.store.write(id, before as NonNullable<Awaited<ReturnType<typeof insert>>>, writeOf(destination, writeId));
const load = () => under.store.load(id);

/** Nothing in these is empty or usual, and every text is one that MongoDB would take for an operator or a field. */
const CHALLENGE: Challenge = {
  id: '$id',
  codeId: '$code',
  channel: 'WHATSAPP',
  status: 'exhausted',
  attempts: ['$a', '$$ROOT'],
  sends: 3,
  sentBy: '$slots.VERIFICATION',
  askedBy: ['$b', '$c'],
  deliverable: false,
  deliveringSince: START + 2,
  failure: '$failure',
  expiresAt: START + 3,
  resendAfter: START + 4,
  sentAt: START + 5,
  provider: '$provider',
  providerRef: '$ref',
  codeMac: '$mac',
  userId: '$user',
  authVersion: 4,
  isAskedByKnown: true,
  follows: true,
  checks: [{ codeMac: '$check', requesterId: '$d', askedAt: START + 6 }],
};
const APPROVAL: Approval = {
  challengeId: '$id',
  codeMac: '$slots.VERIFICATION.challenge.codeMac',
  approvedBy: '$e',
  tokenHash: '$_id',
  userId: '$$NOW',
  authVersion: 5,
  askedBy: ['$i', '$e'],
  isAskedByKnown: true,
  expiresAt: START + 7,
  attempts: ['$f'],
  refusals: 2,
  claim: { id: '$claim', until: START + 8 },
};
const FULL: Destination = {
  slots: {
    VERIFICATION: { challenge: CHALLENGE, approval: APPROVAL },
    'LOGIN-a_b-c': { challenge: CHALLENGE, approval: null },
    TRANSACTION: { challenge: null, approval: APPROVAL },
  },
  budget: {
    attempts: [{ by: '$g', at: START + 9 }],
    strangers: { wrong: 4, at: START + 10 },
    known: { wrong: 2, at: START + 13 },
  },
  messages: [
    { family: '$h', at: START + 11 },
    { family: 'LOGIN-', at: START + 12 },
  ],
  clients: [{ id: '$j', at: START + 14 }],
};
const EXAMPLES: [string, Destination][] = [
  ['nothing', NOTHING],
  ['a pending challenge', PENDING],
  ['an approval', APPROVED],
  ['everything, all of it beginning with a dollar sign', FULL],
];

describe('a destination', () => {
  test('is absent until it is inserted, and then found as it is', async () => {
    expect(await load()).toBeNull();
    const inserted = await insert(PENDING);
    expect(inserted).toMatchObject({ destination: PENDING, version: 1, writeIds: ['write-1'] });
    expect(await load()).toEqual(inserted);
  });

  test('is inserted once', async () => {
    await insert(PENDING);
    expect(await insert(APPROVED)).toBeNull();
    expect((await load())?.destination).toEqual(PENDING);
  });

  test('is inserted once by 20 at a time', async () => {
    const inserted = await Promise.all(Array.from({ length: 20 }, () => insert(PENDING)));
    expect(inserted.filter((one) => one !== null)).toHaveLength(1);
  });

  test.each(EXAMPLES)('comes back as it went, with %s', async (_what, destination) => {
    const inserted = await insert(destination);
    expect((await load())?.destination).toEqual(destination);
    const written = await write(inserted!, destination);
    expect((await load())?.destination).toEqual(destination);
    expect(await load()).toEqual(written);
  });

  test.each(EXAMPLES)(
    'can be written from what was read and from what was written, with %s',
    async (_what, example) => {
      const inserted = await insert(example);
      const second = await write(inserted!, example, 'write-2');
      const third = await write(second!, example, 'write-3');
      const fourth = await write((await load())!, example, 'write-4');
      expect([second?.version, third?.version, fourth?.version]).toEqual([2, 3, 4]);
    },
  );

  test('is one of many, of which the others stay', async () => {
    const other = randomUUID();
    await insert(APPROVED, other);
    const inserted = await insert(PENDING);
    await write(inserted!, NOTHING);
    expect((await under.store.load(other))?.destination).toEqual(APPROVED);
  });
});

describe('a write', () => {
  test('lands where nobody has written meanwhile, and nowhere else', async () => {
    const inserted = await insert(PENDING);
    expect(await write(inserted!, APPROVED)).toMatchObject({ destination: APPROVED, version: 2 });
    expect(await write(inserted!, NOTHING, 'late')).toBeNull();
    expect(await load()).toMatchObject({ destination: APPROVED, version: 2, writeIds: ['write-2', 'write-1'] });
  });

  test('lands once of 20 at a time', async () => {
    const inserted = await insert(PENDING);
    const written = await Promise.all(
      Array.from({ length: 20 }, (_, index) => write(inserted!, APPROVED, `w${index}`)),
    );
    expect(written.filter((one) => one !== null)).toHaveLength(1);
    expect((await load())?.version).toBe(2);
  });

  test('lands nowhere when the destination is gone, and does not make it again', async () => {
    const inserted = await insert(PENDING);
    await documents().deleteOne({ _id: id });
    expect(await write(inserted!, APPROVED)).toBeNull();
    expect(await load()).toBeNull();
  });

  test('of the very same contents lands all the same: its version moves', async () => {
    const inserted = await insert(PENDING);
    await write(inserted!, PENDING);
    expect(await write(inserted!, PENDING, 'late')).toBeNull();
  });

  test('takes away a slot that is no longer there', async () => {
    const inserted = await insert(FULL);
    await write(inserted!, { ...FULL, slots: { TRANSACTION: FULL.slots['TRANSACTION']! } });
    expect(Object.keys((await load())!.destination.slots)).toEqual(['TRANSACTION']);
  });

  test('is known by its id until four others have followed', async () => {
    let stored: StoredDestination = (await insert(PENDING))!;
    for (const writeId of ['write-2', 'write-3', 'write-4', 'write-5'])
      stored = (await write(stored, PENDING, writeId))!;
    expect(stored.writeIds).toEqual(['write-5', 'write-4', 'write-3', 'write-2']);
    expect((await load())?.writeIds).toEqual(stored.writeIds);
  });

  test('says from when on the destination may be forgotten, and an index sees to it', async () => {
    const inserted = await insert(PENDING);
    expect(await documents().findOne({ _id: id })).toMatchObject({ purgeAt: new Date(START + 1) });
    const later = { ...writeOf(PENDING), purgeAt: START + 2 };
    await under.store.write(id, inserted!, later);
    expect(await documents().findOne({ _id: id })).toMatchObject({ purgeAt: new Date(START + 2) });
    await under.store.prepare();
    expect(await documents().indexes()).toContainEqual(
      expect.objectContaining({ key: { purgeAt: 1 }, expireAfterSeconds: 0 }),
    );
  });
});

describe('within a unit of work', () => {
  test('what is inserted and written is there for itself at once, and for others when it commits', async () => {
    await under.units.run(async (unit) => {
      const inserted = await under.store.insert(id, writeOf(PENDING), unit);
      expect((await under.store.load(id, unit))?.destination).toEqual(PENDING);
      await under.store.write(id, inserted!, writeOf(APPROVED, 'write-2'), unit);
      expect((await under.store.load(id, unit))?.destination).toEqual(APPROVED);
      expect(await load()).toBeNull();
    });
    expect(await load()).toMatchObject({ destination: APPROVED, version: 2 });
  });

  test('nothing of it stays when it fails', async () => {
    const failed = under.units.run(async (unit) => {
      await under.store.insert(id, writeOf(PENDING), unit);
      throw new Error('the action failed');
    });
    await expect(failed).rejects.toThrow('the action failed');
    expect(await load()).toBeNull();
  });

  test('a write that others have overtaken lands nowhere', async () => {
    const inserted = await insert(PENDING);
    await write(inserted!, APPROVED);
    const late = under.units.run((unit) => under.store.write(id, inserted!, writeOf(NOTHING, 'late'), unit));
    expect(await late).toBeNull();
    expect((await load())?.destination).toEqual(APPROVED);
  });
});

// Processes of the previous release read and write the same documents during an upgrade: these are the names they know.
describe('the document', () => {
  const raw = () => documents().findOne({ _id: id }) as Promise<Record<string, unknown> | null>;
  const { attempts: tries, ...challenge } = CHALLENGE;
  const { attempts: approvalTries, ...approval } = APPROVAL;

  test('has the names that the previous release reads, and some more', async () => {
    await insert(FULL);
    const storedChallenge = { ...challenge, tries };
    const storedApproval = { ...approval, tries: approvalTries };
    expect(await raw()).toStrictEqual({
      _id: id,
      slots: {
        VERIFICATION: { challenge: storedChallenge, approval: storedApproval },
        'LOGIN-a_b-c': { challenge: storedChallenge, approval: null },
        TRANSACTION: { challenge: null, approval: storedApproval },
      },
      guesses: {
        wrong: [{ by: '$g', at: START + 9 }],
        streak: 4,
        streakAt: START + 10,
        knownStreak: 2,
        knownStreakAt: START + 13,
      },
      messages: FULL.messages,
      clients: FULL.clients,
      version: 1,
      writeIds: ['write-1'],
      purgeAt: new Date(START + 1),
    });
  });

  test.each([
    ['slots.VERIFICATION.challenge', 'string', ['id', 'channel', 'status', 'sentBy', 'failure', 'provider']],
    ['slots.VERIFICATION.challenge', 'string', ['providerRef', 'codeMac', 'userId']],
    ['slots.VERIFICATION.challenge', 'number', ['sends', 'deliveringSince', 'expiresAt', 'resendAfter', 'sentAt']],
    ['slots.VERIFICATION.challenge', 'array', ['tries']],
    ['slots.VERIFICATION.challenge', 'bool', ['deliverable']],
    ['slots.VERIFICATION.approval', 'string', ['challengeId', 'codeMac', 'tokenHash', 'userId', 'claim.id']],
    ['slots.VERIFICATION.approval', 'number', ['expiresAt', 'refusals', 'claim.until']],
    ['slots.VERIFICATION.approval', 'array', ['tries']],
    ['guesses', 'number', ['streak', 'streakAt', 'wrong.at']],
    ['guesses', 'string', ['wrong.by']],
  ])('has in %s as %s, which the pipelines of that release compare: %j', async (path, type, names) => {
    await insert(FULL);
    for (const name of names)
      expect([name, await documents().countDocuments({ _id: id, [`${path}.${name}`]: { $type: type } })]).toEqual([
        name,
        1,
      ]);
  });

  test('has null for what is not there, as that release expects', async () => {
    await insert(holding({ challenge: aChallenge() }));
    const stored = (await raw())!['slots'] as Record<string, { challenge: Record<string, unknown> }>;
    for (const name of ['deliveringSince', 'failure', 'providerRef', 'userId'])
      expect(stored[SLOT]!.challenge).toHaveProperty(name, null);
    expect(stored[SLOT]).toHaveProperty('approval', null);
  });
});
