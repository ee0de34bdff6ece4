import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client } from '../../bench/load/client.ts';
import { load } from '../../bench/load/load.ts';
import { measure } from '../../bench/load/measure.ts';

let server: Server;
let client: Client;
let answer: RequestListener = () => undefined;
beforeAll(async () => {
  server = createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  client = new Client(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
afterAll(async () => {
  client.close();
  await new Promise((resolve) => server.close(resolve));
});

const call = { path: '/', body: {} };

test('so many calls are under way at once as there are callers, until there is nothing left to call', async () => {
  let [now, most, left] = [0, 0, 40];
  answer = (_request, response) => {
    now += 1;
    most = Math.max(most, now);
    setTimeout(() => {
      now -= 1;
      response.end('{}');
    }, 5);
  };
  const answered: number[] = [];
  const source = { next: () => (left-- > 0 ? call : null), answered: (caller: number) => void answered.push(caller) };
  const { calls, p50, p99 } = await load(client, source, { callers: 4, seconds: 60 });
  expect([calls, most, new Set(answered)]).toEqual([40, 4, new Set([0, 1, 2, 3])]);
  expect(p50).toBeGreaterThanOrEqual(4);
  expect(p99).toBeGreaterThanOrEqual(p50);
});

test('a caller that pauses calls as often as the pauses allow', async () => {
  answer = (_request, response) => response.end('{}');
  const { calls } = await load(client, { next: () => call }, { callers: 2, seconds: 0.2, pauseMs: 20 });
  expect(calls).toBeGreaterThan(1);
  expect(calls).toBeLessThanOrEqual(2 * 10);
});

test('a refusal ends the run: refusals are fast, and would look well in a table', async () => {
  const limits = { callers: 1, seconds: 60 };
  answer = (_request, response) => response.writeHead(429).end('slow down');
  await expect(load(client, { next: () => call }, limits)).rejects.toThrow('/ answered 429: slow down');
  answer = (_request, response) => response.end('{"errors":[{}]}');
  await expect(load(client, { next: () => call }, limits)).rejects.toThrow('/ answered 200');
});

test('a call has a body where there is one, else it is a GET', async () => {
  answer = (request, response) => response.end(`${request.method} ${request.headers['content-length']}`);
  expect((await client.send({ path: '/', body: {} })).text).toBe('POST 2');
  expect((await client.send({ path: '/' })).text).toBe('GET undefined');
});

test('what a process spends is told for each call, where the system knows it', async () => {
  answer = (_request, response) => {
    // Of CPU time: how long that takes depends on who else wants the cores.
    const before = process.cpuUsage();
    while (process.cpuUsage(before).user < 20_000);
    response.end('{}');
  };
  const target = { client, pid: process.pid };
  const figures = await measure(target, { next: () => call }, process.ppid, { callers: 1, seconds: 0.4 });
  if (process.platform !== 'linux') return void expect(figures).toMatchObject({ serverCpuMs: NaN, peakMb: NaN });
  expect(figures.serverCpuMs).toBeGreaterThan(10);
  expect(figures.mongodCpuMs).toBeLessThan(figures.serverCpuMs);
  expect(figures.peakMb).toBeGreaterThan(10);
});
