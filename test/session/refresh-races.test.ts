// A refresh reads, decides, and writes if nothing came between. Whatever comes between, and whether or not the answer to
// the write arrives, a use comes to what the rules say of one order of things, and happens once.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { AppError } from '../../src/errors.ts';
import { hashToken } from '../../src/opaque-token.ts';
import { startMongoProxy, type Fate, type MongoProxy } from '../support/mongo-proxy.ts';
import { FakeClock } from '../support/server.ts';
import { sharedMongodUri } from '../support/shared-mongod.ts';
import { volley } from '../attack/volley.ts';
import { openProcess, REFRESH_TOKENS, type Process } from './process.ts';

const CLIENT = { ip: '203.0.113.7', userAgent: 'phone' };
const OTHER = { ip: '198.51.100.1', userAgent: 'phone' };
type Between = () => Promise<unknown>;

let proxy: MongoProxy;
/** The process behind the proxy, and one beside it. */
let near: Process;
let beside: Process;
/** What happens to the next writes to sessions by the process behind the proxy; others pass. */
let fates: (Fate | Between)[] = [];
let userId: string;
let sessionId: string;
let refreshToken: string;
beforeAll(async () => {
  const uri = sharedMongodUri(`otpql_${randomBytes(6).toString('hex')}`);
  const clock = new FakeClock();
  proxy = await startMongoProxy(uri);
  [near, beside] = [await openProcess(proxy.uri, clock), await openProcess(uri, clock)];
  proxy.onCommand = async ({ update }) => {
    const fate = update === 'sessions' ? (fates.shift() ?? 'passes') : 'passes';
    if (typeof fate === 'string') return fate;
    await fate();
    return 'passes';
  };
});
afterAll(async () => {
  await beside.connection.db!.dropDatabase();
  await Promise.all([near.connection.close(), beside.connection.close()]);
  await proxy.close();
});
beforeEach(async () => {
  fates = [];
  for (const process of [near, beside]) process.reused.length = 0;
  ({ id: userId } = await beside.newUser());
  ({ refreshToken } = await beside.open(userId, CLIENT));
  ({ sessionId } = REFRESH_TOKENS.read(refreshToken)!);
});

const refresh = (by: Process, token = refreshToken, client = CLIENT) =>
  by.refreshing.refresh(token, client).then(
    ({ tokens }) => tokens.refreshToken,
    (error: unknown) => (error instanceof AppError ? error.code : Promise.reject(error as Error)),
  );
const stored = () =>
  beside.connection.db!.collection<{ _id: string; tokens: string[] }>('sessions').findOne({ _id: sessionId });
const hold = (on = beside) => on.units.run((unit) => on.sessions.hold({ id: sessionId }, unit));
const isToken = (answer: string) => REFRESH_TOKENS.read(answer) !== null;

describe('a use whose write', () => {
  test('landed, but whose answer was lost, is the one use that it was', async () => {
    fates = ['loses its answer'];
    const next = await refresh(near);
    expect(isToken(next)).toBe(true);
    expect(await stored()).toMatchObject({ tokens: [hashToken(next)], version: 1 });
    expect(near.reused).toEqual([]);
    expect(isToken(await refresh(near, next))).toBe(true);
  });

  test('was lost is made again', async () => {
    fates = ['is lost'];
    const next = await refresh(near);
    expect(await stored()).toMatchObject({ tokens: [hashToken(next)], version: 1 });
  });

  test('landed before that of another use, but whose answer was lost, is known by its token', async () => {
    let retried = '';
    // The read after the lost answer comes when the other use has been written.
    proxy.onCommand = intercept(async () => (retried = await refresh(beside)));
    fates = ['loses its answer'];
    const next = await refresh(near);
    expect(retried).toBe(next);
    expect((await stored())!.tokens).toEqual([hashToken(next)]);
    expect(near.reused).toEqual([]);
  });

  test('ended the session, but whose answer was lost, is told of once', async () => {
    await refresh(near);
    fates = ['loses its answer'];
    expect(await refresh(near, refreshToken, OTHER)).toBe('UNAUTHENTICATED');
    expect(near.reused).toEqual([sessionId]);
    expect(await stored()).toMatchObject({ tokens: [], retired: [], expiresAt: new Date(0) });
  });

  test('landed, but whose session was ended before it could be asked for, gives nothing', async () => {
    proxy.onCommand = intercept(() => beside.sessions.end(userId, sessionId));
    fates = ['loses its answer'];
    expect(await refresh(near)).toBe('UNAUTHENTICATED');
    expect(await stored()).toBeNull();
    expect(near.reused).toEqual([]);
  });

  /** Runs something before the read that follows the first lost answer. */
  function intercept(before: Between): MongoProxy['onCommand'] {
    const usual = proxy.onCommand;
    let isLost = false;
    return async (command) => {
      const fate = await usual(command);
      if (isLost && command['aggregate'] === 'sessions') {
        proxy.onCommand = usual;
        await before();
      }
      isLost ||= fate === 'loses its answer';
      return fate;
    };
  }
});

describe('between the read and the write of a use', () => {
  test('the end of the session wins: it does not come back', async () => {
    fates = [() => beside.sessions.end(userId, sessionId)];
    expect(await refresh(near)).toBe('UNAUTHENTICATED');
    expect(await stored()).toBeNull();
  });

  test('an action that holds the session makes the use decide again', async () => {
    fates = [() => hold()];
    const next = await refresh(near);
    expect(await stored()).toMatchObject({ tokens: [hashToken(next)], version: 2 });
  });

  test('the same token of the same client makes it a retry, of another client the end', async () => {
    let first = '';
    fates = [async () => (first = await refresh(beside))];
    const second = await refresh(near);
    expect(second).toBe(first);
    expect((await stored())!.tokens).toEqual([hashToken(first)]);
    fates = [() => refresh(beside, second, OTHER)];
    expect(await refresh(near, second)).toBe('UNAUTHENTICATED');
    expect(await stored()).toMatchObject({ tokens: [], expiresAt: new Date(0) });
    expect([near.reused, beside.reused]).toEqual([[sessionId], []]);
  });

  test('the end by a token that came back leaves nothing to refresh', async () => {
    const next = await refresh(near);
    fates = [() => refresh(beside, refreshToken, OTHER)];
    expect(await refresh(near, next)).toBe('UNAUTHENTICATED');
    expect(await stored()).toMatchObject({ tokens: [], expiresAt: new Date(0) });
    expect([near.reused, beside.reused]).toEqual([[], [sessionId]]);
  });

  test('writes without end make it give up in time, and say when to try again', async () => {
    fates = Array<Between>(10_000).fill(() => hold());
    const begun = performance.now();
    const refused = near.refreshing.refresh(refreshToken, CLIENT);
    await expect(refused).rejects.toMatchObject({ code: 'OVERLOADED', facts: { retryAfterSeconds: 1 } });
    expect(performance.now() - begun).toBeLessThan(3_000);
    fates = [];
    expect(isToken(await refresh(near))).toBe(true);
  });
});

test('an action that holds the session waits for no use, and meets one that came between with a second try', async () => {
  let tries = 0;
  let next = '';
  await beside.units.run(async (unit) => {
    tries += 1;
    // The snapshot is of now; what is written after it conflicts with this transaction's own write.
    expect(await beside.users.hold({ id: userId, authVersion: 0 }, unit)).toBe(true);
    if (tries === 1) next = await refresh(near);
    await beside.sessions.hold({ id: sessionId }, unit);
  });
  expect(tries).toBe(2);
  expect(await stored()).toMatchObject({ tokens: [hashToken(next)], version: 2 });
});

test('100 uses of one token at once by one client, in two processes, get one and the same token, and the session lives', async () => {
  const answers = await volley(100, (index) => refresh(index % 2 ? near : beside));
  expect(new Set(answers).size).toBe(1);
  expect((await stored())!.tokens).toEqual([hashToken(answers[0]!)]);
  expect(isToken(await refresh(near, answers[0]))).toBe(true);
  expect([...near.reused, ...beside.reused]).toEqual([]);
});

test('of 100 uses of one token at once by 100 clients, one gives a token at most, and the session is over', async () => {
  const answers = await volley(100, (index) =>
    refresh(index % 2 ? near : beside, refreshToken, { ...CLIENT, ip: `198.51.100.${index}` }),
  );
  const given = answers.filter(isToken);
  expect(given.length).toBe(1);
  expect([...near.reused, ...beside.reused]).toEqual([sessionId]);
  expect(await refresh(near, given[0])).toBe('UNAUTHENTICATED');
});
