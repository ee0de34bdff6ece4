import { expect, test } from '@jest/globals';
import { fullUntil } from '../../src/mongo/rate-limit-pipeline.ts';

const rules = [
  { max: 5, windowMs: 600_000, perClient: false, refundable: false },
  { max: 3, windowMs: 60_000, perClient: true, refundable: false },
];
const CONVERSION_FAILURE = 241;

test.each([
  ["Failed to parse number 'full until 1767225600000' in $convert with no onError value", 1767225600000],
  ['a MongoDB that does not quote what it could not read', 1_060_000],
])('a full bucket says when it has room again: %s', (errmsg, retryAt) => {
  expect(fullUntil({ code: CONVERSION_FAILURE, errmsg }, rules, 1_000_000)).toBe(retryAt);
});

test('any other error is none of a full bucket, whatever it says', () => {
  expect(fullUntil({ code: 11000, errmsg: "'full until 1767225600000'" }, rules, 1_000_000)).toBeNull();
});
