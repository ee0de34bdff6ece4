import { expect, test } from '@jest/globals';
import { cohortOf } from '../../src/account/password/cohort.ts';
import { Keyring } from '../../src/keyring.ts';

const SECRET = 'a secret of the tests, 32 bytes or more';
const keyring = new Keyring(SECRET);

test('a cohort is a number from 0 to 99, the same for an address each time, even over addresses, and another by secret', () => {
  const addresses = Array.from({ length: 2_000 }, (_, index) => `person-${index}@example.com`);
  const cohorts = addresses.map((address) => cohortOf(keyring, address));
  expect(addresses.map((address) => cohortOf(new Keyring(SECRET), address))).toEqual(cohorts);
  expect(cohorts.filter((cohort) => !Number.isInteger(cohort) || cohort < 0 || cohort > 99)).toEqual([]);
  const below = (percent: number) => cohorts.filter((cohort) => cohort < percent).length;
  for (const percent of [10, 50, 90]) expect(Math.abs(below(percent) / 20 - percent)).toBeLessThan(4);
  const other = new Keyring(`${SECRET}!`);
  expect(addresses.filter((address, index) => cohortOf(other, address) === cohorts[index]).length).toBeLessThan(60);
});

test('an address stays in the cohort that an earlier release put it in', () => {
  const cohorts = [1, 2, 3].map((index) => cohortOf(keyring, `person-${index}@example.com`));
  expect(cohorts).toEqual([42, 21, 66]);
});
