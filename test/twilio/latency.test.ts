// Invariant 8: how long a decoy takes tells nothing. The attack: time a call for a number of one's own, at a server with
// little to do, then try the number in question. A decoy that took exactly as long was told from a call that went to Twilio.
import { expect, test } from '@jest/globals';
import { decoyMs } from '../../src/twilio/latency.ts';

const NOW = 1_000_000;
const calls = (count: number, ms: number, agoMs: number) =>
  Array.from({ length: count }, () => ({ ms, at: NOW - agoMs }));
const drawn = (from: Parameters<typeof decoyMs>[0]) => Array.from({ length: 2_000 }, () => decoyMs(from, NOW));

test('a decoy takes about as long as a recent call, not as long as a call of before', () => {
  for (const ms of drawn([...calls(20, 5_000, 61_000), ...calls(8, 300, 1_000)])) {
    expect(ms).toBeGreaterThanOrEqual(270);
    expect(ms).toBeLessThanOrEqual(330);
  }
});

test('the call that somebody has timed is not found again: decoys spread around it, and seldom repeat it', () => {
  const times = drawn(calls(1, 300, 1_000));
  expect(new Set(times).size).toBeGreaterThan(100);
  // Within a millisecond of the call are seven of the 201 times.
  expect(times.filter((ms) => Math.abs(ms - 300) < 1).length).toBeLessThan(200);
});

test('of few recent calls a stranger may have made each: earlier ones count then', () => {
  const times = drawn([...calls(20, 1_000, 61_000), ...calls(2, 300, 1_000)]);
  expect(times.filter((ms) => ms > 500).length).toBeGreaterThan(1_000);
});

test('before any call it takes what Twilio usually takes', () => {
  for (const ms of drawn([])) {
    expect(ms).toBeGreaterThan(150);
    expect(ms).toBeLessThan(450);
  }
});
