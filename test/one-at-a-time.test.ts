import { expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { AppError } from '../src/errors.ts';
import { OneAtATime } from '../src/one-at-a-time.ts';

test('the calls for one key run one after another, in the order in which they came; those for others do not wait', async () => {
  const queues = new OneAtATime();
  const events: string[] = [];
  const call = (key: string, name: string) =>
    queues.run(key, async () => {
      events.push(`${name} begins`);
      await sleep(5);
      events.push(`${name} ends`);
      return name;
    });
  expect(await Promise.all([call('a', '1'), call('a', '2'), call('b', '3')])).toEqual(['1', '2', '3']);
  expect(events.filter((event) => !event.startsWith('3'))).toEqual(['1 begins', '1 ends', '2 begins', '2 ends']);
  expect(events.indexOf('3 begins')).toBeLessThan(events.indexOf('1 ends'));
});

test('a call that fails does not keep the next one from running', async () => {
  const queues = new OneAtATime();
  const failed = queues.run('a', () => Promise.reject(new Error('no')));
  const next = queues.run('a', () => Promise.resolve('done'));
  await expect(failed).rejects.toThrow('no');
  expect(await next).toBe('done');
});

test('those who wait behind a call that found the database down are told so at once, and those who come later are not', async () => {
  const queues = new OneAtATime();
  const down = new AppError('SERVICE_UNAVAILABLE');
  let ran = 0;
  const work = async () => (ran += 1);
  const first = queues.run('a', () => sleep(5).then(() => Promise.reject(down)));
  const told = await Promise.allSettled([first, queues.run('a', work), queues.run('a', work)]);
  expect(told).toEqual(Array(3).fill({ status: 'rejected', reason: down }));
  expect(ran).toBe(0);
  expect(await queues.run('a', async () => 'up again')).toBe('up again');
});

test('nothing is kept of a key that fell silent', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const heapMb = () => (collect(), process.memoryUsage().heapUsed / 2 ** 20);
  const queues = new OneAtATime();
  const use = (key: string) => Promise.all([queues.run(key, async () => key), queues.run(key, async () => key)]);
  await use('warm');
  const before = heapMb();
  for (let index = 0; index < 20_000; index += 1) await use(`key-${index}`);
  // Kept, they would take some 25 MB.
  expect(heapMb() - before).toBeLessThan(8);
  await use('still alive');
});
