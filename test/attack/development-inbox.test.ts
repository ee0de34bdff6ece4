// The development inbox fails closed: it shows codes, so it answers this machine only, and "this machine" is never somebody
// behind a proxy on it. The attack: a server that was put behind nginx while NODE_ENV was forgotten. nginx connects from
// 127.0.0.1 and by default sends its upstream's name as Host, so the inbox answered the world.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request, type IncomingHttpHeaders } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ConfigError, parseConfig } from '../../src/config/config.ts';
import { SendOtpDocument } from '../../web/generated/operations.ts';
import { freshPhone } from '../support/codes.ts';
import { startServer, type TestServer } from '../support/server.ts';

const PATHS = ['/dev/inbox', '/dev/inbox.json', '/dev/notices.json', '/metrics'];

let server: TestServer;
let dataDir: string;
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'otpql-inbox-test-'));
  server = await startServer();
  await server.run(SendOtpDocument, { input: { to: freshPhone() } });
});
afterAll(async () => {
  rmSync(dataDir, { recursive: true, force: true });
  await server.close();
});

const statusOf = async (path: string, headers: Record<string, string>, base = server.url) =>
  (await fetch(`${base}${path}`, { headers })).status;

test('it answers this machine', async () => {
  for (const path of PATHS) expect([path, await statusOf(path, {})]).toEqual([path, 200]);
});

test.each([
  ['x-forwarded-for', '203.0.113.9'],
  ['x-forwarded-for', '127.0.0.1'],
  ['x-forwarded-host', 'localhost'],
  ['x-forwarded-proto', 'https'],
  ['x-forwarded', 'for=127.0.0.1'],
  ['x-real-ip', '127.0.0.1'],
  ['forwarded', 'for=127.0.0.1'],
  ['via', '1.1 proxy'],
  ['cf-connecting-ip', '203.0.113.9'],
])('whatever a proxy has passed on (%s: %s) finds nothing there, and no code', async (name, value) => {
  for (const path of PATHS) {
    const response = await fetch(`${server.url}${path}`, { headers: { [name]: value } });
    expect([path, response.status]).toEqual([path, 404]);
    expect(await response.text()).not.toMatch(/"\d{6}"/);
  }
});

describe('behind a proxy on the same machine', () => {
  /** As nginx does: Host names the upstream, and with `proxy_http_version` unset it speaks HTTP/1.0. */
  const raw = (path: string) =>
    new Promise<string>((resolve, reject) => {
      const { hostname, port, host } = new URL(server.url);
      let text = '';
      connect(Number(port), hostname)
        .setEncoding('utf8')
        .on('data', (part: string) => (text += part))
        .on('end', () => resolve(text))
        .on('error', reject)
        .write(`GET ${path} HTTP/1.0\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    });

  test('with the defaults of nginx it is not there', async () => {
    for (const path of PATHS)
      expect([path, (await raw(path)).split('\r\n')[0]]).toEqual([path, expect.stringMatching(/ 404 /)]);
  });

  test('with a Host that was passed on it is not there', async () => {
    const upstream = new URL(server.url);
    const proxy = createServer((incoming, outgoing) => {
      const headers: IncomingHttpHeaders = { ...incoming.headers, host: 'id.example.com' };
      request({ hostname: upstream.hostname, port: upstream.port, path: incoming.url, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(outgoing);
      }).end();
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => proxy.once('listening', resolve));
    const front = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    for (const path of PATHS) expect([path, await statusOf(path, {}, front)]).toEqual([path, 404]);
    await new Promise((resolve) => proxy.close(resolve).closeAllConnections());
  });
});

describe('a server that other machines reach', () => {
  const MONGODB_URI = 'mongodb://127.0.0.1:27017/otpql?replicaSet=otpql';
  const start = (environment: Record<string, string>) => () => parseConfig({ MONGODB_URI, ...environment });

  test.each(['0.0.0.0', '::', '192.0.2.7', 'id.example.com'])('does not start at %s without NODE_ENV', (HOST) => {
    expect(start({ HOST })).toThrow(ConfigError);
    expect(start({ HOST })).toThrow(/HOST lets other machines in while NODE_ENV is unset: set NODE_ENV=production/);
    expect(start({ HOST, NODE_ENV: ' ' })).toThrow(ConfigError);
  });

  test.each(['localhost', '127.0.0.1', '::1', undefined])('starts at %s', (HOST) => {
    expect(start({ DATA_DIR: dataDir, ...(HOST && { HOST }) })).not.toThrow();
  });

  test('starts where somebody has said what it is for', () => {
    expect(start({ DATA_DIR: dataDir, HOST: '0.0.0.0', NODE_ENV: 'development' })).not.toThrow();
  });
});
