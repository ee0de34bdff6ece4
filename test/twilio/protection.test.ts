import { afterEach, expect, jest, test } from '@jest/globals';
import { ProviderFailure } from '../../src/otp/provider.ts';
import { Protection } from '../../src/twilio/protection.ts';

const failure = (error: unknown) => {
  if (!(error instanceof ProviderFailure)) throw error;
  return { code: error.code, reach: error.reach, retryAfterSeconds: error.facts.retryAfterSeconds };
};
const silent = new ProviderFailure('SERVICE_UNAVAILABLE', 'unknown', { reason: 'silent', isOutage: true });
const down = () => Promise.reject(silent);
const nothing = () => Promise.resolve();
/** What a call would have asked: a decoy does so only where the state of Twilio is in doubt. */
const unasked = () => Promise.reject(new Error('asked'));

afterEach(() => void jest.useRealTimers());

test('40 calls run at once, 100 wait, and the rest is OVERLOADED before anything left', async () => {
  const protection = new Protection(Date.now, () => undefined);
  let running = 0;
  let most = 0;
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const call = async () => {
    running += 1;
    most = Math.max(most, running);
    await ended;
    running -= 1;
  };
  const outcomes = Array.from({ length: 145 }, () => protection.run(call).then(() => 'done', failure));
  const refused = await Promise.all(outcomes.slice(140));
  expect(refused).toEqual(Array(5).fill({ code: 'OVERLOADED', reach: 'none', retryAfterSeconds: 1 }));
  expect(running).toBe(40);
  end();
  expect(await Promise.all(outcomes.slice(0, 140))).toEqual(Array(140).fill('done'));
  expect(most).toBe(40);
});

test('five failures in a row open it, a success in between does not', async () => {
  const states: string[] = [];
  const protection = new Protection(Date.now, (state) => states.push(state));
  const fail = () => protection.run(down).catch(failure);
  for (let count = 0; count < 4; count++) await fail();
  await protection.run(() => Promise.resolve());
  for (let count = 0; count < 4; count++) await fail();
  expect(states).toEqual([]);
  await protection.pretend(nothing, unasked);
  await fail();
  expect(states).toEqual(['open']);
});

test('while it is open nothing runs, and those who only pretend fail alike', async () => {
  const protection = new Protection(
    () => 0,
    () => undefined,
  );
  for (let count = 0; count < 5; count++) await protection.run(down).catch(failure);
  let ran = false;
  const real = await protection.run(() => Promise.resolve(void (ran = true))).catch(failure);
  const pretended = await protection.pretend(nothing, unasked).catch(failure);
  expect(ran).toBe(false);
  expect(real).toEqual({ code: 'SERVICE_UNAVAILABLE', reach: 'none', retryAfterSeconds: 5 });
  expect(pretended).toEqual(real);
});

test('those who pretend take the places of calls, and are refused where calls are', async () => {
  const protection = new Protection(Date.now, () => undefined);
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const waiting = Array.from({ length: 140 }, () => protection.pretend(() => ended, unasked));
  const refused = { code: 'OVERLOADED', reach: 'none', retryAfterSeconds: 1 };
  expect(await protection.run(nothing).catch(failure)).toEqual(refused);
  expect(await protection.pretend(nothing, unasked).catch(failure)).toEqual(refused);
  end();
  await Promise.all(waiting);
});

test('those who pretend say nothing of the health of Twilio: they do not end a row of failures', async () => {
  const states: string[] = [];
  const protection = new Protection(Date.now, (state) => states.push(state));
  for (let count = 0; count < 5; count++) {
    await protection.pretend(nothing, unasked);
    await protection.run(down).catch(failure);
  }
  expect(states).toEqual(['open']);
});

test('one who waits while it opens fails as the calls do', async () => {
  const protection = new Protection(Date.now, () => undefined);
  const opened = async () => {
    for (let count = 0; count < 5; count++) await protection.run(down).catch(failure);
  };
  expect(await protection.pretend(opened, unasked).catch(failure)).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
});

test('when its time is over, whoever pretends asks after Twilio, and all see the answer', async () => {
  jest.useFakeTimers();
  const states: string[] = [];
  const protection = new Protection(Date.now, (state) => states.push(state));
  for (let count = 0; count < 5; count++) await protection.run(down).catch(failure);
  jest.advanceTimersByTime(5_001);
  expect(await protection.pretend(nothing, down).catch(failure)).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  expect(await protection.run(nothing).catch(failure)).toMatchObject({ reach: 'none' });
  jest.advanceTimersByTime(5_001);
  await protection.pretend(nothing, nothing);
  await protection.run(nothing);
  expect(states).toEqual(['open', 'open', 'closed']);
});
