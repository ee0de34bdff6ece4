// A rolling upgrade: processes of the release before serve the same sessions at the same time. They decide on refresh
// tokens by one aggregation update, which moves no version and writes `refresh` and `heldAt` besides, and they give a second
// use within 10 s a sibling instead of the same successor. Their documents and their writes are spelled out here, since
// their code is gone.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import mongoose from 'mongoose';
import { randomBytes } from 'node:crypto';
import { AppError } from '../../src/errors.ts';
import { hashToken } from '../../src/opaque-token.ts';
import { maskIp } from '../../src/session/mask-ip.ts';
import type { RetiredToken } from '../../src/session/ports.ts';
import { MAX_VALID_TOKENS } from '../../src/session/refresh-rules.ts';
import { startMongoProxy, type Fate, type MongoProxy } from '../support/mongo-proxy.ts';
import { FakeClock } from '../support/server.ts';
import { sharedMongodUri } from '../support/shared-mongod.ts';
import { openProcess, REFRESH_TOKENS, REFRESH_TTL_SECONDS, type Process } from './process.ts';

const CLIENT = { ip: '203.0.113.7', userAgent: 'phone' };
const OTHER = { ip: '198.51.100.1', userAgent: 'phone' };

/** What the release before keeps of a session. */
interface OldDocument {
  _id: string;
  userId: mongoose.mongo.ObjectId;
  amr: string[];
  authenticatedAt: Date;
  userAgent: string | null;
  maskedIp: string;
  createdAt: Date;
  lastUsedAt: Date;
  expiresAt: Date;
  tokens?: string[];
  retired?: OldRetiredToken[];
  refresh?: 'rotated' | 'sibling' | 'repeated' | 'reused';
  heldAt?: Date;
}

type OldRetiredToken = RetiredToken & { readonly siblingGiven?: boolean };

let proxy: MongoProxy;
let ours: Process;
const clock = new FakeClock();
let userId: string;
let sessionId: string;
/** Tokens of the session, of which the document holds what the test says. */
let tokens: string[];
beforeAll(async () => {
  proxy = await startMongoProxy(sharedMongodUri(`otpql_${randomBytes(6).toString('hex')}`));
  ours = await openProcess(proxy.uri, clock);
});
afterAll(async () => {
  await ours.connection.db!.dropDatabase();
  await ours.connection.close();
  await proxy.close();
});
beforeEach(async () => {
  proxy.onCommand = () => 'passes';
  ours.reused.length = 0;
  ({ id: userId } = await ours.newUser());
  sessionId = randomBytes(16).toString('base64url');
  tokens = Array.from({ length: 4 }, () => REFRESH_TOKENS.make(sessionId).token);
});

const documents = () => ours.connection.db!.collection<OldDocument>('sessions');
const stored = () => documents().findOne({ _id: sessionId });
const hash = (index: number) => hashToken(tokens[index]!);
const retired = (index: number, changed: Partial<OldRetiredToken> = {}): OldRetiredToken => ({
  hash: hash(index),
  at: new Date(clock.now()),
  by: REFRESH_TOKENS.clientIds(sessionId, CLIENT)[0],
  ...changed,
});
/** What the release before writes. */
const retiredThere = (index: number, changed: Partial<OldRetiredToken> = {}) =>
  retired(index, { siblingGiven: false, ...changed });
const seeded = (record: OldRetiredToken) => ({ ...record, seed: expect.stringMatching(/^[\w-]{22}$/) });
const lives = () => ({
  userAgent: CLIENT.userAgent,
  maskedIp: maskIp(CLIENT.ip),
  lastUsedAt: new Date(clock.now()),
  expiresAt: new Date(clock.now() + REFRESH_TTL_SECONDS * 1000),
});
const opened = (): OldDocument => ({
  _id: sessionId,
  userId: new mongoose.mongo.ObjectId(userId),
  amr: ['otp'],
  authenticatedAt: new Date(clock.now()),
  createdAt: new Date(clock.now()),
  ...lives(),
  tokens: [hash(0)],
  retired: [],
});
const insert = (changed: Partial<OldDocument> & { version?: number; writeId?: string } = {}) =>
  documents().insertOne({ ...opened(), ...changed });
/** The hash of the token that is given, or the code of the refusal. */
const refresh = (index: number, client = CLIENT) =>
  ours.refreshing.refresh(tokens[index]!, client).then(
    ({ tokens: { refreshToken } }) => hashToken(refreshToken),
    (error: unknown) => (error instanceof AppError ? error.code : Promise.reject(error as Error)),
  );

describe('a session of the release before', () => {
  test('is refreshed as it was opened', async () => {
    await insert();
    const next = await refresh(0);
    expect(await stored()).toMatchObject({ tokens: [next], retired: [seeded(retired(0))], ...lives() });
  });

  test('is refreshed as it was left by a refresh and by an action that held it', async () => {
    await insert({ tokens: [hash(1)], retired: [retiredThere(0)], refresh: 'rotated', heldAt: new Date() });
    const [next, sibling] = [await refresh(1), await refresh(0)];
    const records = { tokens: [next, sibling], retired: [seeded(retiredThere(0)), seeded(retired(1))] };
    expect(await stored()).toMatchObject(records);
    // What was retired there has one more successor, and from then on the same.
    expect(await refresh(0)).toBe(sibling);
    expect(await stored()).toMatchObject(records);
  });

  test.each([
    ['by another client', {}, OTHER],
    ['too late', { at: new Date(0) }, CLIENT],
  ])('whose retired token comes back %s is over', async (_how, changed, client) => {
    await insert({ tokens: [hash(1)], retired: [retiredThere(0, changed)], refresh: 'sibling' });
    expect(await refresh(0, client)).toBe('UNAUTHENTICATED');
    expect(await stored()).toMatchObject({ tokens: [], expiresAt: new Date(0) });
    expect(ours.reused).toEqual([sessionId]);
  });

  test('is over where it was ended by a token that came back', async () => {
    await insert({ tokens: [], retired: [], refresh: 'reused', expiresAt: new Date(0) });
    expect(await refresh(0)).toBe('UNAUTHENTICATED');
    expect(ours.reused).toEqual([]);
  });

  test('that has no records of tokens is over once a token of it is used', async () => {
    const { tokens: _tokens, retired: _retired, ...bare } = opened();
    await documents().insertOne(bare);
    expect(await refresh(0)).toBe('UNAUTHENTICATED');
    expect(await stored()).toMatchObject({ tokens: [], retired: [], expiresAt: new Date(0) });
  });
});

test('a session of this release is one that the release before understands: the same fields, and a seed that it leaves', async () => {
  const { refreshToken } = await ours.open(userId, CLIENT);
  sessionId = REFRESH_TOKENS.read(refreshToken)!.sessionId;
  expect(await stored()).toEqual({ ...opened(), tokens: [hashToken(refreshToken)] });
  tokens = [refreshToken];
  const next = await refresh(0);
  expect(await stored()).toEqual({
    ...opened(),
    tokens: [next],
    retired: [seeded(retired(0))],
    // These two it neither reads nor writes.
    version: 1,
    writeId: next,
  });
  await ours.units.run((unit) => ours.sessions.hold({ id: sessionId }, unit));
  expect(Object.keys((await stored())!).sort()).toEqual([...Object.keys(opened()), 'version', 'writeId'].sort());
});

describe('a write of a process of the release before, between the read and the write of ours', () => {
  /** Refreshes with the first token, and runs the other process's write when ours is on its way. */
  async function refreshAround(write: () => Promise<unknown>): Promise<string> {
    proxy.onCommand = async ({ update }): Promise<Fate> => {
      if (update !== 'sessions') return 'passes';
      proxy.onCommand = () => 'passes';
      await write();
      return 'passes';
    };
    return refresh(0);
  }
  const set = (changed: Partial<OldDocument>) => documents().updateOne({ _id: sessionId }, { $set: changed });

  // Whether ours was the first to write to the session, or has written before: then there is a version, which they leave.
  describe.each([
    ['a session that has no version', {}],
    ['a session that has one', { version: 7, writeId: 'an earlier one' }],
  ])('to %s', (_which, versioned) => {
    test('that ended the session by a token that came back is final', async () => {
      await insert(versioned);
      const answer = await refreshAround(() =>
        set({ tokens: [], retired: [], refresh: 'reused', expiresAt: new Date(0) }),
      );
      expect(answer).toBe('UNAUTHENTICATED');
      expect(await stored()).toMatchObject({ tokens: [], retired: [], expiresAt: new Date(0) });
      expect(ours.reused).toEqual([]);
    });

    test('that rotated another token is kept', async () => {
      await insert({ ...versioned, tokens: [hash(0), hash(1)] });
      const rotation = {
        tokens: [hash(0), hash(2)],
        retired: [retiredThere(1)],
        refresh: 'rotated' as const,
        ...lives(),
      };
      const next = await refreshAround(() => set(rotation));
      expect(await stored()).toMatchObject({ tokens: [hash(2), next], retired: [retiredThere(1), seeded(retired(0))] });
    });

    test('that rotated the same token for the same client makes ours a sibling', async () => {
      await insert(versioned);
      const rotation = { tokens: [hash(1)], retired: [retiredThere(0)], refresh: 'rotated' as const, ...lives() };
      const next = await refreshAround(() => set(rotation));
      expect(await stored()).toMatchObject({ tokens: [hash(1), next], retired: [seeded(retiredThere(0))] });
    });

    test('that rotated the same token for another client makes ours the end', async () => {
      await insert(versioned);
      const [by] = REFRESH_TOKENS.clientIds(sessionId, OTHER);
      const rotation = {
        tokens: [hash(1)],
        retired: [retiredThere(0, { by })],
        refresh: 'rotated' as const,
        ...lives(),
      };
      expect(await refreshAround(() => set(rotation))).toBe('UNAUTHENTICATED');
      expect(await stored()).toMatchObject({ tokens: [], expiresAt: new Date(0) });
      expect(ours.reused).toEqual([sessionId]);
    });

    test('that gave a sibling leaves ours its successor', async () => {
      await insert(versioned);
      const first = await refresh(0);
      const given = (await stored())!.retired!.map((record) => ({ ...record, siblingGiven: true }));
      const sibling = { tokens: [first, hash(2)], retired: given, refresh: 'sibling' as const, ...lives() };
      expect(await refreshAround(() => set(sibling))).toBe(first);
      expect(await stored()).toMatchObject({ tokens: [first, hash(2)], retired: given });
    });

    test('that forgot a retired token is seen too: ours is decided anew', async () => {
      await insert({ ...versioned, retired: [retiredThere(1), retiredThere(2)] });
      let reads = 0;
      const next = await refreshAround(async () => {
        proxy.onCommand = ({ aggregate }) => ((reads += aggregate === 'sessions' ? 1 : 0), 'passes');
        await set({ retired: [retiredThere(2)], refresh: 'repeated' });
      });
      expect(reads).toBe(1);
      expect(await stored()).toMatchObject({ tokens: [next], retired: [retiredThere(2), seeded(retired(0))] });
    });

    test('that ended the session by a sign-out is final', async () => {
      await insert(versioned);
      expect(await refreshAround(() => documents().deleteOne({ _id: sessionId }))).toBe('UNAUTHENTICATED');
      expect(await stored()).toBeNull();
    });

    test('that changed no token lets ours land', async () => {
      await insert({ ...versioned, tokens: Array.from({ length: MAX_VALID_TOKENS - 1 }, (_, index) => hash(index)) });
      const next = await refreshAround(() => set({ heldAt: new Date(), refresh: 'repeated' }));
      expect((await stored())!.tokens).toEqual([hash(1), hash(2), hash(3), next]);
    });
  });
});
