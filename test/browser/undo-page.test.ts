// The page at the end of a notice's link: opening it undoes nothing, its button does, and it says in words what went wrong.
// Under the content security policy, with nothing from elsewhere.
import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { ChangePhoneWithOtpDocument } from '../../web/generated/operations.ts';
import { bearer } from '../support/accounts.ts';
import { browserTest as test, startBrowser } from '../support/browser.ts';
import { freshPhone, registerUser, sendCode } from '../support/codes.ts';
import { linkTo, tokenOf } from '../support/reset-links.ts';
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

async function movedUser() {
  const user = await registerUser(server);
  const newPhone = freshPhone();
  const otpCode = await sendCode(server, newPhone, { purpose: 'PHONE_CHANGE', headers: bearer(user.token) });
  const input = { newPhone, password: user.password, otpCode };
  await server.run(ChangePhoneWithOtpDocument, { input }, bearer(user.token));
  const link = `${server.url}/undo-change#token=${tokenOf(await linkTo(server, user.email))}`;
  const phone = async () => (await server.db.collection('users').findOne({ email: user.email }))!['phone'] as string;
  return { user, newPhone, link, phone };
}
const undo = () => page.getByRole('button', { name: 'Undo the change' }).click();

test('opening the link undoes nothing, the button does, once; the token leaves the address bar', async () => {
  const { user, newPhone, link, phone } = await movedUser();
  await page.goto(link);
  await page.getByRole('heading', { name: 'Undo a change of your account' }).waitFor();
  expect(page.url()).toBe(`${server.url}/undo-change`);
  await page.waitForLoadState('networkidle');
  expect(await phone()).toBe(newPhone);

  await undo();
  await page.getByText('The change is undone').waitFor();
  expect(await phone()).toBe(user.phone);
  expect(requested.join()).not.toContain(tokenOf(link));
  expect(server.log()).not.toContain(tokenOf(link));

  expected = /status of 4/;
  await page.goto('about:blank');
  await page.goto(link);
  await undo();
  await page.getByRole('alert').getByText('This link has expired or was used').waitFor();
  expect(await page.locator('form').isVisible()).toBe(false);
});

test('an old number that somebody else has by now is told', async () => {
  const { user, newPhone, link, phone } = await movedUser();
  server.clock.advance(31_000);
  await registerUser(server, { phone: user.phone });
  expected = /status of 4/;
  await page.goto(link);
  await undo();
  await page.getByRole('alert').getByText('Another account uses the old phone number').waitFor();
  expect(await phone()).toBe(newPhone);
});

test('an incomplete link says so, and shows no button', async () => {
  await page.goto(`${server.url}/undo-change`);
  await page.getByRole('alert').getByText('This link is not complete').waitFor();
  expect(await page.locator('form').isVisible()).toBe(false);
});

test.each(['light', 'dark'] as const)('it fits a phone in %s colours', async (colorScheme) => {
  const { link } = await movedUser();
  await page.emulateMedia({ colorScheme });
  await page.setViewportSize({ width: 360, height: 700 });
  await page.goto(link);
  await page.getByRole('button', { name: 'Undo the change' }).waitFor();
  expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(360);
});
