import { expect, test } from '@jest/globals';
import { ProviderFailure } from '../../src/otp/provider.ts';
import { Protection } from '../../src/twilio/protection.ts';

const failure = (error: unknown) => {
  if (!(error instanceof ProviderFailure)) throw error;
  return { code: error.code, reach: error.reach, retryAfterSeconds: error.facts.retryAfterSeconds };
};
const down = () => Promise.reject(new ProviderFailure('SERVICE_UNAVAILABLE', 'unknown', { reason: 'silent' }));

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
  expect(() => protection.throwWhileOpen()).not.toThrow();
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
  let pretended: unknown;
  try {
    protection.throwWhileOpen();
  } catch (error) {
    pretended = failure(error);
  }
  expect(ran).toBe(false);
  expect(real).toEqual({ code: 'SERVICE_UNAVAILABLE', reach: 'none', retryAfterSeconds: 5 });
  expect(pretended).toEqual(real);
});
