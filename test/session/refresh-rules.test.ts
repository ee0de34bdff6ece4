import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { TokenRecords } from '../../src/session/ports.ts';
import {
  decideRefresh,
  MAX_RETIRED_TOKENS,
  MAX_VALID_TOKENS,
  SIBLING_MS,
  type RefreshUse,
} from '../../src/session/refresh-rules.ts';

const NOW = Date.UTC(2026, 0, 15, 12);
const LATER = new Date(NOW + 86_400_000);
const client = { userAgent: 'phone', maskedIp: '203.0.113.x' };
type State = TokenRecords & { readonly expiresAt: Date };

const useOf = (tokenHash: string, changed: Partial<RefreshUse> = {}): RefreshUse => ({
  tokenHash,
  nextTokenHash: 'next',
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
  ...records,
});
const retired = (hash: string, age = 0, by = 'me', siblingGiven = false) => ({
  hash,
  at: new Date(NOW - age),
  by,
  siblingGiven,
});
const lives = { ...client, lastUsedAt: new Date(NOW), expiresAt: LATER };
const over = { tokens: [], retired: [], expiresAt: new Date(0) };

describe('a valid token', () => {
  test('gives way to the next, is remembered as retired, and the session lives on as of now', () => {
    const { outcome, changes } = decideRefresh(state({ tokens: ['a', 'valid', 'b'] }), useOf('valid'));
    expect(outcome).toBe('rotated');
    expect(changes).toEqual({ tokens: ['a', 'b', 'next'], retired: [retired('valid')], ...lives });
  });

  test('is as good when another client retired another token', () => {
    const before = state({ retired: [retired('old', 0, 'other')] });
    expect(decideRefresh(before, useOf('valid')).changes?.retired).toEqual([...before.retired, retired('valid')]);
  });
});

describe('a token that was retired', () => {
  test.each([
    [SIBLING_MS - 1, 'sibling'],
    [SIBLING_MS, 'reused'],
    [SIBLING_MS + 1, 'reused'],
  ])('%d ms ago by this client is %s', (age, outcome) => {
    expect(decideRefresh(state({ retired: [retired('old', age)] }), useOf('old')).outcome).toBe(outcome);
  });

  test('gets one more beside the valid ones, once', () => {
    const before = state({ retired: [retired('old'), retired('older')] });
    const { changes } = decideRefresh(before, useOf('old'));
    const marked = { ...retired('old'), siblingGiven: true };
    expect(changes).toEqual({ tokens: ['valid', 'next'], retired: [marked, retired('older')], ...lives });
    const again = decideRefresh(state(changes!), useOf('old', { nextTokenHash: 'third' }));
    expect(again).toEqual({ outcome: 'repeated', changes: null });
  });

  test('by this client under the name of the secret before is one of this client', () => {
    expect(decideRefresh(state({ retired: [retired('old', 0, 'me-before')] }), useOf('old')).outcome).toBe('sibling');
  });

  test.each([
    ['by another client', retired('old', 0, 'other')],
    ['too long ago', retired('old', SIBLING_MS)],
    ['too long ago, with a sibling', retired('old', SIBLING_MS, 'me', true)],
  ])('%s ends the session', (_how, record) => {
    const before = state({ tokens: ['a', 'b'], retired: [record] });
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

test('the oldest valid token makes room, for a sibling too', () => {
  const full = Array.from({ length: MAX_VALID_TOKENS }, (_, index) => `valid-${index}`);
  const rotated = decideRefresh(state({ tokens: full }), useOf('valid-0')).changes!;
  expect(rotated.tokens).toEqual([...full.slice(1), 'next']);
  const sibling = decideRefresh(state({ tokens: full, retired: [retired('old')] }), useOf('old')).changes!;
  expect(sibling.tokens).toEqual([...full.slice(1), 'next']);
});

test('retired tokens are forgotten after their time, and the oldest beyond so many', () => {
  const old = [retired('old', SIBLING_MS), retired('less', SIBLING_MS - 1)];
  expect(decideRefresh(state({ retired: old }), useOf('valid')).changes!.retired).toEqual([old[1], retired('valid')]);
  const many = Array.from({ length: MAX_RETIRED_TOKENS }, (_, index) => retired(`old-${index}`));
  const kept = decideRefresh(state({ retired: many }), useOf('valid')).changes!.retired;
  expect(kept).toEqual([...many.slice(1), retired('valid')]);
});

test('whatever the records: the token that was presented is valid no more, and a next one only if one is given', () => {
  const hashes = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g');
  const records = fc.record({
    tokens: fc.uniqueArray(hashes, { maxLength: MAX_VALID_TOKENS }),
    retired: fc.uniqueArray(
      fc.record({
        hash: hashes,
        at: fc.integer({ min: -2, max: 2 * SIBLING_MS }).map((age) => new Date(NOW - age)),
        by: fc.constantFrom('me', 'me-before', 'other'),
        siblingGiven: fc.boolean(),
      }),
      { selector: ({ hash }) => hash, maxLength: MAX_RETIRED_TOKENS },
    ),
    expiresAt: fc.constantFrom(-1, 0, 1, 10_000).map((left) => new Date(NOW + left)),
  });
  fc.assert(
    fc.property(records, hashes, (before, presented) => {
      const copy = structuredClone(before);
      const { outcome, changes } = decideRefresh(before, useOf(presented));
      expect(before).toEqual(copy);
      expect(changes === null).toBe(outcome === 'repeated' || outcome === 'ended');
      const after = { ...before, ...changes };
      const gives = outcome === 'rotated' || outcome === 'sibling';
      expect(after.tokens.includes('next')).toBe(gives);
      if (outcome === 'rotated' || outcome === 'reused') expect(after.tokens).not.toContain(presented);
      expect(after.expiresAt.getTime() > NOW).toBe(gives || outcome === 'repeated');
      expect(after.tokens.length).toBeLessThanOrEqual(MAX_VALID_TOKENS);
      expect(after.retired.length).toBeLessThanOrEqual(MAX_RETIRED_TOKENS);
    }),
    { numRuns: 2_000 },
  );
});
