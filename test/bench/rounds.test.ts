import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client } from '../../bench/load/client.ts';
import { runRounds } from '../../bench/rounds.ts';
import type { Demand, OperationName, Prepare, Target } from '../../bench/load/target.ts';

const DEMAND = { callers: 1, seconds: 0.05, codes: 7, rounds: 3 };

let server: Server;
let client: Client;
beforeAll(async () => {
  server = createServer((_request, response) => response.end('{}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  client = new Client(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
afterAll(async () => {
  client.close();
  await new Promise((resolve) => server.close(resolve));
});

test('targets take turns, another one first in each round, and each has what it can be asked', async () => {
  const order: string[] = [];
  const demands: Demand[] = [];
  const target = (id: Target['id'], ...names: OperationName[]): Target => {
    const prepare = (name: OperationName): Prepare => {
      return async (demand) => {
        order.push(`${name} of ${id}`);
        demands.push(demand);
        return { next: () => ({ path: '/', body: {} }) };
      };
    };
    const operations = new Map(names.map((name) => [name, prepare(name)]));
    return { id, name: `the ${id}`, pid: process.pid, client, operations };
  };
  const targets = [target('otpql', 'me', 'sendOtp'), target('floor', 'sendOtp')];
  const rows = await runRounds(targets, ['me', 'sendOtp'], process.pid, DEMAND, () => undefined);
  const me = 'me of otpql';
  const [first, second] = ['sendOtp of otpql', 'sendOtp of floor'];
  expect(order).toEqual([me, first, second, me, second, first, me, first, second]);
  expect(demands).toContainEqual(expect.objectContaining({ callers: 1, codes: 7 }));
  expect(rows.map(({ operation, target: id, rounds }) => [operation, id, rounds.length])).toEqual([
    ['me', 'otpql', 3],
    ['sendOtp', 'otpql', 3],
    ['sendOtp', 'floor', 3],
  ]);
  for (const { rounds } of rows) for (const { calls } of rounds) expect(calls).toBeGreaterThan(0);
});
