import { expect, test } from '@jest/globals';
import { widerNetworks } from '../../src/limits/networks.ts';
import { OperationBudget } from '../../src/limits/operation-budget.ts';

test.each([
  ['2001:db8:0:12ab::/64', ['2001:db8:0:1200::/56', '2001:db8:0::/48']],
  ['2001:db8:0:7f::/64', ['2001:db8:0:0::/56', '2001:db8:0::/48']],
  ['192.0.2.1', []],
  ['unknown', []],
])('the networks around %s are %j', (client, names) => {
  expect(widerNetworks(client).map(({ name }) => name)).toEqual(names);
});

const take = (budget: OperationBudget, count: number, client: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => budget.take(client(index))).filter((wait) => wait === 0).length;

test('a client may send 3,000 operations at once, then 20 a second; others have their own', () => {
  let now = 1_000_000;
  const budget = new OperationBudget(() => now, 1);
  expect(take(budget, 3_100, () => '192.0.2.1')).toBe(3_000);
  expect(budget.take('192.0.2.1')).toBe(1);
  expect(budget.take('192.0.2.2')).toBe(0);
  now += 1_000;
  expect(take(budget, 100, () => '192.0.2.1')).toBe(20);
  now += 86_400_000;
  expect(take(budget, 4_000, () => '192.0.2.1')).toBe(3_000);
});

test('a /56 has 8 times the budget of a /64, and a /48 64 times', () => {
  const client = (subnet: number) => `2001:db8:1:${subnet.toString(16)}::/64`;
  expect(take(new OperationBudget(() => 0, 0.001), 100, () => client(0))).toBe(3);
  expect(take(new OperationBudget(() => 0, 0.001), 300, (index) => client(index % 256))).toBe(24);
  expect(take(new OperationBudget(() => 0, 0.001), 2_000, (index) => client(index))).toBe(192);
});
