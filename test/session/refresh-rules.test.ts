import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Session, TokenRecords } from '../../src/session/ports.ts';
import {
  decideRefresh,
  MAX_RETIRED_TOKENS,
  MAX_VALID_TOKENS,
  RETRY_MS,
  type RefreshUse,
} from '../../src/session/refresh-rules.ts';

const NOW = Date.UTC(2026, 0, 15, 12);
const LATER = new Date(NOW + 86_400_000);
const client = { userAgent: 'phone', maskedIp: '203.0.113.x' };
type State = TokenRecords & Pick<Session, 'expiresAt' | 'endsAt'>;

/** A successor by the present secret, and one by the secret of before. */
const successorsOf = (tokenHash: string) => (seed: string) => {
  const made = (name: string) => ({ token: `token ${name}`, hash: name });
  return [made(`${tokenHash}/${seed}`), made(`${tokenHash}/${seed}/before`)];
};
const useOf = (tokenHash: string, changed: Partial<RefreshUse> = {}): RefreshUse => ({
  tokenHash,
  seed: 'fresh',
  next: { token: 'token next', hash: 'next' },
  successors: successorsOf(tokenHash),
  clientIds: ['me', 'me-before'],
  client,
  now: NOW,
  expiresAt: LATER,
  ...changed,
});
const state = (records: Partial<State> = {}): State => ({
  tokens: ['valid'],
  retired: [],
  expiresAt: new Date(NOW + 1),
  endsAt: new Date(NOW + 1e10),
  ...records,
});
const retired = (hash: string, age = 0, by = 'me', seed = 'seed') => ({ hash, at: new Date(NOW - age), by, seed });
/** As the use at hand retires it. */
const leaving = (hash: string) => retired(hash, 0, 'me', 'fresh');
/** As the release before retired it. */
const seedless = (hash: string, age = 0) => ({ hash, at: new Date(NOW - age), by: 'me' });
const lives = { ...client, lastUsedAt: new Date(NOW), expiresAt: LATER };
const over = { tokens: [], retired: [], expiresAt: new Date(0) };

describe('a valid token', () => {
  test('gives way to the next, is remembered as retired, and the session lives on as of now', () => {
    const use = useOf('valid');
    expect(decideRefresh(state({ tokens: ['a', 'valid', 'b'] }), use)).toEqual({
      outcome: 'rotated',
      next: use.next,
      changes: { tokens: ['a', 'b', 'next'], retired: [leaving('valid')], ...lives },
    });
  });

  test('is as good when another client retired another token', () => {
    const before = state({ retired: [retired('old', 0, 'other')] });
    expect(decideRefresh(before, useOf('valid')).changes?.retired).toEqual([...before.retired, leaving('valid')]);
  });
});

describe('a token that was retired', () => {
  test.each([
    [RETRY_MS - 1, 'retried'],
    [RETRY_MS, 'reused'],
    [RETRY_MS + 1, 'reused'],
  ])('%d ms ago by this client is %s', (age, outcome) => {
    const before = state({ tokens: ['old/seed'], retired: [retired('old', age)] });
    expect(decideRefresh(before, useOf('old')).outcome).toBe(outcome);
  });

  test.each([
    ['old/seed', 'of the present secret'],
    ['old/seed/before', 'of the secret before'],
  ])('gets the successor that it had, %s, %s, and no other, however often', (successor) => {
    let before = state({ tokens: ['a', successor], retired: [retired('old'), retired('older')] });
    for (let again = 0; again < 3; again += 1) {
      const decision = decideRefresh(before, useOf('old'));
      const next = { token: `token ${successor}`, hash: successor };
      const records = { tokens: before.tokens, retired: before.retired };
      expect(decision).toEqual({ outcome: 'retried', next, changes: { ...records, ...lives } });
      before = { ...before, ...decision.changes };
    }
  });

  test('by this client under the name of the secret before is one of this client', () => {
    const before = state({ tokens: ['old/seed'], retired: [retired('old', 0, 'me-before')] });
    expect(decideRefresh(before, useOf('old')).outcome).toBe('retried');
  });

  test('whose successor is not valid any more, or not known here, gets nothing, and nothing changes', () => {
    const used = state({ tokens: ['third'], retired: [retired('old'), retired('old/seed')] });
    expect(decideRefresh(used, useOf('old'))).toEqual({ outcome: 'superseded', changes: null });
    const foreign = state({ tokens: ['of another secret'], retired: [retired('old')] });
    expect(decideRefresh(foreign, useOf('old'))).toEqual({ outcome: 'superseded', changes: null });
  });

  test('by the release before gets one of this use, and from then on the same', () => {
    const use = { ...useOf('old'), next: successorsOf('old')('fresh')[0]! };
    const first = decideRefresh(state({ retired: [seedless('old')] }), use);
    const changes = { tokens: ['valid', 'old/fresh'], retired: [leaving('old')], ...lives };
    expect(first).toEqual({ outcome: 'rotated', next: use.next, changes });
    expect(decideRefresh(state(changes), useOf('old'))).toEqual({ outcome: 'retried', next: use.next, changes });
    expect(decideRefresh(state({ retired: [seedless('old', RETRY_MS)] }), use).outcome).toBe('reused');
  });

  test.each([
    ['by another client', retired('old', 0, 'other')],
    ['too long ago', retired('old', RETRY_MS)],
  ])('%s ends the session', (_how, record) => {
    const before = state({ tokens: ['a', 'old/seed'], retired: [record] });
    expect(decideRefresh(before, useOf('old'))).toEqual({ outcome: 'reused', changes: over });
  });
});

test('a token that is not known any more ends the session', () => {
  expect(decideRefresh(state(), useOf('unknown'))).toEqual({ outcome: 'reused', changes: over });
});

test.each([
  [-1, 'ended'],
  [0, 'ended'],
  [1, 'rotated'],
])('with %d ms to live a session answers %s', (left, outcome) => {
  expect(decideRefresh(state({ expiresAt: new Date(NOW + left) }), useOf('valid')).outcome).toBe(outcome);
  // What is over is not over by reuse, and is not changed.
  if (left <= 0) expect(decideRefresh(state({ expiresAt: new Date(NOW + left) }), useOf('x')).changes).toBeNull();
});

test('a session that gives a token lives on until its end at the latest', () => {
  const endsAt = new Date(NOW + 5_000);
  for (const records of [{}, { tokens: ['valid/seed'], retired: [retired('valid')] }])
    expect(decideRefresh(state({ endsAt, ...records }), useOf('valid')).changes?.expiresAt).toEqual(endsAt);
});

test('of the several valid tokens that the release before has left, the oldest makes room', () => {
  const full = Array.from({ length: MAX_VALID_TOKENS }, (_, index) => `valid-${index}`);
  const rotated = decideRefresh(state({ tokens: full }), useOf('valid-0')).changes!;
  expect(rotated.tokens).toEqual([...full.slice(1), 'next']);
  const oneMore = decideRefresh(state({ tokens: full, retired: [seedless('old')] }), useOf('old')).changes!;
  expect(oneMore.tokens).toEqual([...full.slice(1), 'next']);
});

test('retired tokens are forgotten after their time, and the oldest beyond so many', () => {
  const old = [retired('old', RETRY_MS), retired('less', RETRY_MS - 1)];
  expect(decideRefresh(state({ retired: old }), useOf('valid')).changes!.retired).toEqual([old[1], leaving('valid')]);
  const many = Array.from({ length: MAX_RETIRED_TOKENS }, (_, index) => retired(`old-${index}`));
  const kept = decideRefresh(state({ retired: many }), useOf('valid')).changes!.retired;
  expect(kept).toEqual([...many.slice(1), leaving('valid')]);
});

test('whatever the records: one chain stays one, and nothing is given that another would get too', () => {
  const hashes = fc.constantFrom('a', 'b', 'c', 'd', 'a/seed', 'b/seed', 'c/seed/before');
  const records = fc.record({
    tokens: fc.uniqueArray(hashes, { maxLength: MAX_VALID_TOKENS }),
    retired: fc.uniqueArray(
      fc.record(
        {
          hash: hashes,
          at: fc.integer({ min: -2, max: 2 * RETRY_MS }).map((age) => new Date(NOW - age)),
          by: fc.constantFrom('me', 'me-before', 'other'),
          seed: fc.constant('seed'),
        },
        { requiredKeys: ['hash', 'at', 'by'] },
      ),
      { selector: ({ hash }) => hash, maxLength: MAX_RETIRED_TOKENS },
    ),
    expiresAt: fc.constantFrom(-1, 0, 1, 10_000).map((left) => new Date(NOW + left)),
    endsAt: fc.constantFrom(1, 10_000, 1e10).map((left) => new Date(NOW + left)),
  });
  const seen = new Set<string>();
  fc.assert(
    fc.property(records, hashes, (before, presented) => {
      const copy = structuredClone(before);
      const decision = decideRefresh(before, useOf(presented));
      const { outcome, changes } = decision;
      seen.add(outcome);
      expect(before).toEqual(copy);
      expect(changes === null).toBe(outcome === 'superseded' || outcome === 'ended');
      const after = { ...before, ...changes };
      const gives = 'next' in decision;
      expect(gives).toBe(outcome === 'rotated' || outcome === 'retried');
      // What is given is valid from then on; a retry makes nothing valid that was not, a rotation of ours one for one.
      if (gives) expect(after.tokens).toContain(decision.next.hash);
      if (outcome === 'retried') expect(after.tokens).toEqual(before.tokens);
      expect(after.tokens.includes('next')).toBe(outcome === 'rotated');
      const isSeeded = before.retired.every(({ seed }) => seed !== undefined);
      if (isSeeded) expect(after.tokens.length).toBeLessThanOrEqual(before.tokens.length);
      if (outcome === 'rotated' || outcome === 'reused') expect(after.tokens).not.toContain(presented);
      expect(after.expiresAt.getTime() > NOW).toBe(gives || outcome === 'superseded');
      if (gives) expect(after.expiresAt.getTime()).toBeLessThanOrEqual(before.endsAt.getTime());
      expect(after.tokens.length).toBeLessThanOrEqual(MAX_VALID_TOKENS);
      expect(after.retired.length).toBeLessThanOrEqual(MAX_RETIRED_TOKENS);
    }),
    { numRuns: 3_000, seed: 11 },
  );
  expect([...seen].sort()).toEqual(['ended', 'retried', 'reused', 'rotated', 'superseded']);
});
