// Invariant 3: who has proven itself at a destination is known there for 90 days, by its device token, else by its address.
import { describe, expect, test } from '@jest/globals';
import { attemptsLeft } from '../../src/otp/challenge.ts';
import { callerAt, nameOf, PROOF_LIFE_MS, withClient } from '../../src/otp/known-client.ts';
import { beside, DEFAULT_POLICY, named, START } from './examples.ts';

const device = named('home', { deviceId: 'device' });
const known = (...ids: string[]) => ids.map((id) => ({ id, at: START }));

describe('a caller', () => {
  test('is proven by its device or by its address', () => {
    expect(callerAt(known('device'), device, START).isKnown).toBe(true);
    expect(callerAt(known('home'), device, START).isKnown).toBe(true);
    expect(callerAt(known('other'), device, START).isKnown).toBe(false);
  });

  test.each(beside(true, false))('is so for 90 days: %d ms from their end: %s', (ms, isKnown) => {
    expect(callerAt(known('device'), device, START + PROOF_LIFE_MS + ms).isKnown).toBe(isKnown);
  });

  test('counts by its known device, so that its neighbours at one address use up nothing of its', () => {
    const owner = callerAt(known('device'), device, START);
    const neighbour = callerAt(known('device'), named('home'), START);
    expect([nameOf(owner), nameOf(neighbour)]).toEqual(['device', 'home']);
    const attempts = ['home', 'home', 'home'];
    const of = { attempts, askedBy: ['home'], isAskedByKnown: true };
    expect(attemptsLeft(of, owner, DEFAULT_POLICY)).toBe(2);
    expect(attemptsLeft(of, neighbour, DEFAULT_POLICY)).toBe(0);
  });

  test('with a session counts as its user too', () => {
    const signedIn = named('user', { addressId: 'home', deviceId: 'device' });
    expect(nameOf(callerAt(known('device'), signedIn, START))).toBe('user device');
    expect(nameOf(callerAt([], signedIn, START))).toBe('user home');
  });
});

describe('the clients of a destination', () => {
  test('are the last eight', () => {
    const many = known('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
    expect(withClient(many, ['i'], START).map(({ id }) => id)).toEqual(['b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']);
  });

  test('are not written anew for a proof of the same day, and go to the end with the next', () => {
    const two = known('a', 'b');
    expect(withClient(two, ['a'], START + 86_399_999)).toBe(two);
    expect(withClient(two, ['a'], START + 86_400_000)).toEqual([
      { id: 'b', at: START },
      { id: 'a', at: START + 86_400_000 },
    ]);
  });
});
