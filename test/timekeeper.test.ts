// All instances go by the database's clock: each corrects its machine's by what it measured, at start and every minute.
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { measureOffset, Timekeeper } from '../src/timekeeper.ts';

const START = Date.UTC(2026, 0, 15, 12);
const MINUTE_MS = 60_000;

/** The two clocks, as a test sets them. `trip` is how long a question and its answer take on the machine's clock. */
class Clocks {
  machineMs = START;
  databaseMs = START;
  trips: [number, number][] = [];
  isDown = false;

  readonly machine = () => this.machineMs;
  readonly database = async () => {
    if (this.isDown) throw new Error('unreachable');
    const [there, back] = this.trips.shift() ?? [0, 0];
    this.pass(there);
    const told = this.databaseMs;
    this.pass(back);
    return told;
  };

  pass(ms: number): void {
    this.machineMs += ms;
    this.databaseMs += ms;
  }
}

describe('the offset of a machine', () => {
  test.each([
    ['behind', -7_000, 7_000],
    ['ahead', 7_000, -7_000],
    ['right', 0, 0],
  ])('that is %s is measured without the time of the way there and back', async (_how, skewMs, offsetMs) => {
    const clocks = new Clocks();
    clocks.machineMs += skewMs;
    clocks.trips = Array.from({ length: 5 }, () => [40, 40]);
    expect(await measureOffset(clocks)).toBe(offsetMs);
  });

  test('is taken from the shortest of the ways, whose half is all that it can be wrong by', async () => {
    const clocks = new Clocks();
    clocks.trips = [
      [900, 0],
      [0, 500],
      [3, 1],
      [800, 800],
      [0, 70],
    ];
    expect(await measureOffset(clocks)).toBe(1);
  });
});

describe('a timekeeper', () => {
  let clocks: Clocks;
  let keeper: Timekeeper;
  let ahead: number[];
  let failures: number;
  beforeEach(async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance', 'Date'] });
    clocks = new Clocks();
    ahead = [];
    failures = 0;
  });
  afterEach(() => {
    keeper.stop();
    jest.useRealTimers();
  });

  const start = async () => {
    const told = { onCompared: (ms: number) => void ahead.push(ms), onFailed: () => void (failures += 1) };
    keeper = await Timekeeper.start({ machine: clocks.machine, database: clocks.database, ...told });
  };
  /** A minute by both clocks, at whose end they are compared. */
  const minute = async () => {
    clocks.pass(MINUTE_MS);
    await jest.advanceTimersByTimeAsync(MINUTE_MS);
  };

  test("tells the database's time from its start on, and says how far the machine is ahead", async () => {
    clocks.machineMs += 20_000;
    await start();
    expect([keeper.now(), ahead, keeper.apartMs()]).toEqual([START, [20_000], 20_000]);
    clocks.pass(1_234);
    expect(keeper.now()).toBe(START + 1_234);
  });

  test('compares again every minute, and goes by what it finds', async () => {
    await start();
    clocks.machineMs -= 25_000;
    await minute();
    expect([keeper.now(), ahead]).toEqual([clocks.databaseMs, [-0, -25_000]]);
    clocks.machineMs += 40_000;
    await minute();
    expect([keeper.apartMs(), ahead.at(-1)]).toEqual([15_000, 15_000]);
  });

  test('keeps the last offset while the database cannot be asked, and goes on asking', async () => {
    clocks.machineMs += 9_000;
    await start();
    clocks.isDown = true;
    await minute();
    await minute();
    expect([keeper.now(), failures, ahead]).toEqual([clocks.databaseMs, 2, [9_000]]);
    clocks.isDown = false;
    clocks.machineMs += 1_000;
    await minute();
    expect([keeper.now(), ahead]).toEqual([clocks.databaseMs, [9_000, 10_000]]);
  });

  test('does not start while the database cannot be asked', async () => {
    await start();
    clocks.isDown = true;
    await expect(
      Timekeeper.start({
        ...clocks,
        machine: clocks.machine,
        database: clocks.database,
        onCompared: () => {},
        onFailed: () => {},
      }),
    ).rejects.toThrow('unreachable');
  });

  test('never tells a time before one that it has told: it stands still, is far off while it does, and goes on', async () => {
    await start();
    // Somebody sets the machine's clock an hour ahead, and it is noticed within a minute.
    clocks.machineMs += 3_600_000;
    const wrong = keeper.now();
    expect(wrong).toBe(START + 3_600_000);
    await minute();
    expect([keeper.now(), keeper.apartMs()]).toEqual([wrong, 3_600_000]);
    clocks.machineMs -= 3_600_000;
    await minute();
    expect([keeper.now(), keeper.apartMs()]).toEqual([wrong, 3_600_000 - 2 * MINUTE_MS]);
    clocks.pass(3_600_000 - 2 * MINUTE_MS + 5);
    expect([keeper.now(), keeper.apartMs()]).toEqual([wrong + 5, 0]);
  });

  test('that was stopped compares no more', async () => {
    await start();
    keeper.stop();
    await minute();
    expect(ahead).toHaveLength(1);
  });
});
