import { describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../src/errors.ts';
import { OneAtATime } from '../src/one-at-a-time.ts';
import { privateField } from './support/private-field.ts';

const DOWN = new AppError('SERVICE_UNAVAILABLE');

/** Work that ends when it is told to. */
function work<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((...settle) => ([resolve, reject] = settle));
  let hasBegun = false;
  const run = () => {
    hasBegun = true;
    return promise;
  };
  return { run, resolve, reject, hasBegun: () => hasBegun };
}

describe('calls for one key', () => {
  test('run one after another, in the order in which they came', async () => {
    const queues = new OneAtATime();
    const [first, second] = [work<string>(), work<string>()];
    const ended: string[] = [];
    const calls = [first, second].map(({ run }) => queues.run('key', run).then((name) => ended.push(name)));
    await sleep(5);
    expect([first.hasBegun(), second.hasBegun()]).toEqual([true, false]);
    second.resolve('second');
    first.resolve('first');
    await Promise.all(calls);
    expect(ended).toEqual(['first', 'second']);
  });

  test('hold up no other key', async () => {
    const queues = new OneAtATime();
    const slow = work<string>();
    const holding = queues.run('one', slow.run);
    expect(await queues.run('other', () => Promise.resolve('done'))).toBe('done');
    slow.resolve('slow');
    await holding;
  });

  test('that fail, even before they have begun to wait, are told so and hold up nobody', async () => {
    const queues = new OneAtATime();
    const failures = [
      () => Promise.reject(new Error('failed')),
      () => {
        throw new Error('failed');
      },
    ];
    const calls = failures.map((fail) => queues.run('key', fail));
    const next = queues.run('key', () => Promise.resolve('done'));
    for (const call of calls) await expect(call).rejects.toThrow('failed');
    expect(await next).toBe('done');
  });
});

describe('a call that finds the database down', () => {
  test('spares those that wait behind it the same wait', async () => {
    const queues = new OneAtATime();
    const first = work<never>();
    const begun: string[] = [];
    const behind = ['second', 'third'].map((name) => () => Promise.resolve(begun.push(name)));
    const calls = [first.run, ...behind].map((run) => queues.run<unknown>('key', run));
    await sleep(5);
    first.reject(DOWN);
    expect(await Promise.allSettled(calls)).toEqual(calls.map(() => ({ status: 'rejected', reason: DOWN })));
    expect(begun).toEqual([]);
  });

  test('spares it neither those that come later nor those of another key', async () => {
    const queues = new OneAtATime();
    const first = work<never>();
    const failing = queues.run('key', first.run);
    const other = work<string>();
    const behindOther = [queues.run('other', other.run), queues.run('other', () => Promise.resolve('behind'))];
    await sleep(5);
    first.reject(DOWN);
    await expect(failing).rejects.toBe(DOWN);
    const later = queues.run('key', () => Promise.resolve('later'));
    other.resolve('other');
    expect(await Promise.all([later, ...behindOther])).toEqual(['later', 'other', 'behind']);
  });

  test('spares it not even one that comes while those before it are still being told', async () => {
    const queues = new OneAtATime();
    const first = work<never>();
    const told = queues.run('key', first.run);
    const behind = Array.from({ length: 5 }, () => queues.run('key', () => Promise.resolve('behind')));
    const after = told.catch(() => queues.run('key', () => Promise.resolve('after')));
    await sleep(5);
    first.reject(DOWN);
    expect(await Promise.allSettled(behind)).toEqual(behind.map(() => ({ status: 'rejected', reason: DOWN })));
    expect(await after).toBe('after');
  });

  test('is the only kind of failure that others share', async () => {
    const queues = new OneAtATime();
    const refused = new AppError('OTP_EXPIRED');
    const calls = [queues.run('key', () => Promise.reject(refused)), queues.run('key', () => Promise.resolve('done'))];
    expect(await Promise.allSettled(calls)).toMatchObject([{ reason: refused }, { value: 'done' }]);
  });
});

test('keeps nothing of keys that are quiet, whatever became of their calls', async () => {
  const queues = new OneAtATime();
  const keys = Array.from({ length: 300 }, (_, index) => `key-${index % 100}`);
  const outcomes = [
    () => sleep(1),
    () => Promise.reject(new Error('failed')),
    () => Promise.reject(DOWN),
    () => {
      throw new Error('failed');
    },
  ];
  const calls = keys.map((key, index) => queues.run(key, outcomes[index % outcomes.length]!));
  expect(await privateField(queues, '#queues')).toBe('Map(100)');
  await Promise.allSettled(calls);
  expect(await privateField(queues, '#queues')).toBe('Map(0)');
});
