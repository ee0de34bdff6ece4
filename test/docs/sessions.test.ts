import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startServer, type TestServer } from '../support/server.ts';
import { page, runBlocks } from './blocks.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

test('the lines of docs/sessions.md do in one shell what it says they answer', async () => {
  const [, refreshed, listed, revoked] = await runBlocks(page('docs/sessions.md'), server.url);
  expect(refreshed!.output).toBe('Session refreshed');
  expect(JSON.parse(listed!.output)).toEqual(listed!.shown);
  expect(listed!.output).toMatch(/"userAgent":"curl/);
  expect(JSON.parse(revoked!.output)).toEqual(revoked!.shown);
});
