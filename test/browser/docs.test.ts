import { afterAll, beforeAll, expect } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { browserTest as test, startBrowser } from '../support/browser.ts';
import { freshPhone } from '../support/codes.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let browser: Browser;
beforeAll(async () => {
  server = await startServer();
  browser = await startBrowser();
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

test('/docs shows every route and tries one, under the content security policy and without the internet', async () => {
  const page = await browser.newPage();
  const complaints: string[] = [];
  const elsewhere: string[] = [];
  // Violations of the content security policy are console errors too.
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(server.url)) elsewhere.push(request.url());
  });
  await page.goto(`${server.url}/docs`);
  for (const path of ['/send-otp', '/verify-otp', '/register-with-otp', '/forgot-password-otp'])
    await page.locator('.opblock-summary-path', { hasText: path }).waitFor();

  const to = freshPhone();
  const route = page.locator('.opblock', { has: page.locator('[data-path="/send-otp"]') });
  await route.locator('.opblock-summary-control').click();
  await route.locator('textarea').fill(JSON.stringify({ to, channel: 'sms' }));
  await route.getByRole('button', { name: 'Execute' }).click();
  await route.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor();
  expect(await server.inbox(to)).toHaveLength(1);
  expect(complaints).toEqual([]);
  expect(elsewhere).toEqual([]);
});
