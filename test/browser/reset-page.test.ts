// The page at the end of a reset link: it takes the token from the fragment, forgets it in the address bar, and says in
// words what went wrong. Under the content security policy, with nothing from elsewhere.
import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { RequestPasswordResetLinkDocument } from '../../web/generated/operations.ts';
import { browserTest as test, startBrowser } from '../support/browser.ts';
import { importUser, linkTo, tokenOf } from '../support/reset-links.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let complaints: string[];
let requested: string[];
let expected: RegExp | null;

beforeAll(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '1000' });
  browser = await startBrowser();
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});
beforeEach(async () => {
  context = await browser.newContext();
  page = await context.newPage();
  [complaints, requested, expected] = [[], [], null];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => requested.push(request.url()));
});
afterEach(async () => {
  await context.close();
  expect(complaints.filter((text) => !expected?.test(text))).toEqual([]);
  expect(requested.filter((url) => !url.startsWith(`${server.url}/`) && !url.startsWith('data:'))).toEqual([]);
});

async function freshLink(): Promise<string> {
  const email = await importUser(server);
  await server.run(RequestPasswordResetLinkDocument, { input: { email } });
  return `${server.url}/reset-password#token=${tokenOf(await linkTo(server, email))}`;
}
const problem = () => page.getByRole('alert');
const save = async (password: string) => {
  await page.getByLabel('New password').fill(password);
  await page.getByRole('button', { name: 'Save' }).click();
};

test('a link is opened, a weak password is explained, a good one is set, and the token leaves the address bar', async () => {
  const link = await freshLink();
  await page.goto(link);
  await page.getByRole('heading', { name: 'Set a new password' }).waitFor();
  expect(page.url()).toBe(`${server.url}/reset-password`);
  expect(await page.evaluate<string>('document.activeElement.id')).toBe('password');

  expected = /status of 400/;
  await save('password1');
  await problem().getByText('This password is one of the most common passwords: choose another').waitFor();
  await page.getByLabel('Show it').check();
  expect(await page.getByLabel('New password').getAttribute('type')).toBe('text');
  await save('a brand new passphrase');
  await page.getByText('Your password is set. You can sign in with it now.').waitFor();
  expect(await page.locator('form').count()).toBe(0);
  // The fragment stays in the browser: no URL that went over the wire has it.
  expect(requested.join()).not.toContain(tokenOf(link));
  expect(server.log()).not.toContain(tokenOf(link));

  await page.goto('about:blank');
  await page.goto(link);
  await save('another new passphrase');
  await problem().getByText('This link has expired or was used.').waitFor();
  expect(await page.locator('form').isVisible()).toBe(false);
});

test('a second link in the same tab replaces the first', async () => {
  await page.goto(await freshLink());
  await page.goto(await freshLink());
  await save('a brand new passphrase');
  await page.getByText('Your password is set.').waitFor();
});

test('an incomplete link says so, and shows no form', async () => {
  await page.goto(`${server.url}/reset-password`);
  await problem().getByText('This link is not complete').waitFor();
  expect(await page.locator('form').isVisible()).toBe(false);
});

test('a server that does not answer is told, and the form can be sent again', async () => {
  await page.goto(await freshLink());
  expected = /Failed to load|ERR_FAILED/;
  await page.route('**/reset-password', (route) => route.abort());
  await save('a brand new passphrase');
  await problem().getByText('The server does not answer').waitFor();
  await page.unroute('**/reset-password');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Your password is set.').waitFor();
});

test('the development inbox shows the link, and it can be clicked', async () => {
  const email = await importUser(server);
  await server.run(RequestPasswordResetLinkDocument, { input: { email } });
  await page.goto(`${server.url}/dev/inbox`);
  const card = page.getByRole('listitem').filter({ hasText: email });
  await card.getByText('Reset your password').waitFor();
  expect(await card.getByRole('link').getAttribute('href')).toBe(await linkTo(server, email));
});

test.each(['light', 'dark'] as const)('it fits a phone in %s colours', async (colorScheme) => {
  await page.emulateMedia({ colorScheme });
  await page.setViewportSize({ width: 360, height: 700 });
  await page.goto(await freshLink());
  await page.getByRole('button', { name: 'Save' }).waitFor();
  expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(360);
});
