// Issue 11 number 10 on real processes and a real database, whose clock nobody sets: what the machine's clock says is
// measured against the database's, and corrected. Here the machine's clock is one that Node is told at its start.
import { afterEach, expect, test } from '@jest/globals';
import { freshPhone } from '../support/codes.ts';
import { endProgram, graphql, machineAhead, SEND, startBuilt, type ServerProcess } from '../support/process.ts';
import { sharedMongodUri } from '../support/shared-mongod.ts';

/** Far apart enough that what a busy machine adds to a measurement is little beside it. */
const HOUR_S = 3_600;
const WITHIN_S = 300;

let servers: ServerProcess[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map(endProgram));
});

/** Servers on one database, by how far the clocks of their machines are ahead. */
async function start(...aheadSeconds: number[]): Promise<ServerProcess[]> {
  const secrets = { OTP_SECRET: 'o'.repeat(32), JWT_SECRET_KEY: 'j'.repeat(32) };
  const common = { ...secrets, MONGODB_URI: sharedMongodUri(`otpql_clocks_${process.pid}`), RATE_LIMIT_SCALE: '1000' };
  servers = [];
  for (const seconds of aheadSeconds)
    servers.push(await startBuilt({ ...common, NODE_OPTIONS: machineAhead(seconds * 1000) }));
  return servers;
}

async function offsetOf({ url }: ServerProcess): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(/^otpql_clock_offset_seconds (\S+)$/m.exec(metrics)![1]);
}

test('processes on machines hours apart decide by one clock, and those that are far off are not ready', async () => {
  const [right, ahead, behind] = (await start(0, HOUR_S, -HOUR_S)) as [ServerProcess, ServerProcess, ServerProcess];
  for (const [server, seconds, status] of [
    [right, 0, 200],
    [ahead, HOUR_S, 503],
    [behind, -HOUR_S, 503],
  ] as const) {
    expect(Math.abs((await offsetOf(server)) - seconds)).toBeLessThan(WITHIN_S);
    expect((await fetch(`${server.url}/readyz`)).status).toBe(status);
  }
  const expiries = [];
  for (const { url } of servers) {
    const { data } = await graphql(url, SEND.replace('{ status }', '{ expiresAt }'), { input: { to: freshPhone() } });
    expiries.push(Date.parse(String(data!['sendOtp']!['expiresAt'])) / 1000);
  }
  expect(Math.max(...expiries) - Math.min(...expiries)).toBeLessThan(WITHIN_S);
});
