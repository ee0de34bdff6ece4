import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { SendOtpDocument } from '../../web/generated/operations.ts';
import { browserTest as test, startBrowser } from '../support/browser.ts';
import { freshPhone, sendCode } from '../support/codes.ts';
import { codeFor, PAYMENT, payer } from '../support/payments.ts';
import { startServer, type TestServer } from '../support/server.ts';

/** WCAG 2.2, 1.4.3: text against its background. */
const LEAST_CONTRAST = 4.5;

let server: TestServer;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  server = await startServer();
  browser = await startBrowser();
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});
beforeEach(async () => {
  context = await browser.newContext();
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: server.url });
  page = await context.newPage();
  complaints = [];
  // Violations of the content security policy are console errors too.
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
});
afterEach(async () => {
  await context.close();
  expect(complaints).toEqual([]);
});

const clipboard = () => page.evaluate<string>('navigator.clipboard.readText()');

test('the inbox says that it is empty, then shows each message as it arrives, newest first, without a reload', async () => {
  const empty = await startServer();
  await page.goto(`${empty.url}/dev/inbox`);
  await page.evaluate('window.notReloaded = true');
  await page.getByText('No messages yet').waitFor();
  const phones = [freshPhone(), freshPhone()];
  for (const phone of phones) {
    const code = await sendCode(empty, phone);
    const card = page.getByRole('listitem').filter({ hasText: phone });
    await card.getByText(code, { exact: true }).waitFor();
    expect(await card.textContent()).toContain('SMS');
    expect(await card.textContent()).toContain('VERIFICATION');
  }
  expect(await page.locator('strong.to').allTextContents()).toEqual([...phones].reverse());
  expect(await page.getByText('No messages yet').isVisible()).toBe(false);
  expect(await page.evaluate('window.notReloaded')).toBe(true);
  await empty.close();
});

test('the copy button puts the code on the clipboard and says so', async () => {
  const phone = freshPhone();
  const code = await sendCode(server, phone);
  await page.goto(`${server.url}/dev/inbox`);
  const button = page.getByRole('listitem').filter({ hasText: phone }).getByRole('button');
  await button.click();
  await page.getByText('Copied').waitFor();
  expect(await clipboard()).toBe(code);
});

test('a message that arrives takes the keyboard away from nobody', async () => {
  await sendCode(server, freshPhone());
  await page.goto(`${server.url}/dev/inbox`);
  const button = page.getByRole('listitem').first().getByRole('button');
  await button.focus();
  const name = await button.getAttribute('aria-label');
  const late = freshPhone();
  await sendCode(server, late);
  await page.getByText(late).waitFor();
  expect(await page.evaluate<string>('document.activeElement.getAttribute("aria-label")')).toBe(name);
});

test('the filter shows only messages to the destination that is typed', async () => {
  const [wanted, other] = [freshPhone(), freshPhone()];
  await sendCode(server, wanted);
  await sendCode(server, other);
  await page.goto(`${server.url}/dev/inbox`);
  await page.getByText(other).waitFor();
  await page.getByLabel('Show only messages to').fill(wanted);
  await page.getByText(other).waitFor({ state: 'detached' });
  expect(await page.locator('strong.to').allTextContents()).toEqual([wanted]);
  await page.getByLabel('Show only messages to').fill('');
  await page.getByText(other).waitFor();
});

test('a filter that matches nothing does not claim that no message ever came', async () => {
  await sendCode(server, freshPhone());
  await page.goto(`${server.url}/dev/inbox`);
  await page.getByRole('listitem').first().waitFor();
  await page.getByLabel('Show only messages to').fill('nobody@example.com');
  await page.getByRole('listitem').first().waitFor({ state: 'detached' });
  expect(await page.getByText('No messages yet').isVisible()).toBe(false);
});

test('a payment code shows what it confirms, whatever the payee is called', async () => {
  const who = await payer(server);
  const { otpCode } = await codeFor(server, who, { ...PAYMENT, payee: '<b>Acme</b>' });
  await page.goto(`${server.url}/dev/inbox`);
  const card = page.getByRole('listitem').filter({ hasText: otpCode });
  await card.getByText('10.00 EUR to <b>Acme</b>', { exact: true }).waitFor();
});

test('markup in a destination is shown as text', async () => {
  // The one markup that an e-mail address can hold: an HTML parser would turn it into "tom&@example.com".
  const to = 'tom&amp@example.com';
  const sent = await server.run(SendOtpDocument, { input: { to, channel: 'EMAIL' } });
  expect(sent.code).toBeNull();
  await page.goto(`${server.url}/dev/inbox`);
  await page.locator('strong.to', { hasText: to }).waitFor();
  expect(await page.locator('strong.to', { hasText: to }).innerHTML()).toBe('tom&amp;amp@example.com');
});

test.each([360, 900])('at %i pixels a long address neither covers its code nor widens the page', async (width) => {
  const to = `${'a.rather.long.address.'.repeat(3)}${freshPhone().slice(1)}@mail.example.com`;
  const code = await sendCode(server, to, { channel: 'EMAIL' });
  await page.setViewportSize({ width, height: 800 });
  await page.goto(`${server.url}/dev/inbox`);
  const card = page.getByRole('listitem').filter({ hasText: to });
  const [address, digits] = [card.locator('strong.to'), card.getByText(code, { exact: true })];
  await digits.waitFor();
  expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(width);
  const [above, below] = [await address.boundingBox(), await digits.boundingBox()];
  expect(above!.x + above!.width <= below!.x || above!.y + above!.height <= below!.y).toBe(true);
});

test('the keyboard reaches filter and copy buttons, and one sees where it is', async () => {
  const code = await sendCode(server, freshPhone());
  await page.goto(`${server.url}/dev/inbox`);
  await page.getByText(code, { exact: true }).waitFor();
  const outlines: string[] = [];
  for (const _stop of ['link', 'filter', 'button']) {
    await page.keyboard.press('Tab');
    outlines.push(
      await page.evaluate<string>(
        '(({ tagName }, { outlineStyle, outlineWidth }) => `${tagName} ${outlineStyle} ${outlineWidth}`)' +
          '(document.activeElement, getComputedStyle(document.activeElement))',
      ),
    );
  }
  expect(outlines).toEqual(['A solid 3px', 'INPUT solid 3px', 'BUTTON solid 3px']);
  await page.keyboard.press('Enter');
  await page.getByText('Copied').waitFor();
  expect(await clipboard()).toBe(code);
});

test('the start page links to pages that exist, and its mutation works when pasted', async () => {
  await page.goto(server.url);
  const hrefs = await page.locator('a').evaluateAll((links) => links.map((link) => link.getAttribute('href')));
  expect(hrefs).toEqual(['/graphql', '/docs', '/dev/inbox', '/healthz', '/readyz']);
  for (const href of hrefs) {
    const response = await fetch(`${server.url}${href}`, { headers: { accept: 'text/html' } });
    expect({ href, status: response.status }).toEqual({ href, status: 200 });
  }
  await page.getByRole('button', { name: 'Copy' }).click();
  await page.getByText('Copied').waitFor();
  const answer = await server.query(await clipboard());
  expect(answer.data?.['sendOtp']).toMatchObject({ status: 'PENDING' });

  await page.getByRole('link', { name: '/dev/inbox' }).click();
  await page.getByText('+1234567890').waitFor();
  await page.getByRole('link', { name: 'Start page' }).click();
  await page.getByRole('heading', { name: 'otpql is running' }).waitFor();
});

test.each(['light', 'dark'] as const)('in %s colours every text can be read', async (colorScheme) => {
  await page.emulateMedia({ colorScheme });
  await sendCode(server, freshPhone());
  for (const path of ['/', '/dev/inbox']) {
    await page.goto(`${server.url}${path}`);
    if (path === '/dev/inbox') await page.getByRole('listitem').first().waitFor();
    const luminance = await page.evaluate<number>(`(${LUMINANCE})(getComputedStyle(document.body).backgroundColor)`);
    expect(luminance < 0.2).toBe(colorScheme === 'dark');
    const texts = await page.evaluate<{ text: string; contrast: number }[]>(`(${CONTRASTS})(${LUMINANCE})`);
    expect(texts.length).toBeGreaterThan(5);
    expect(texts.filter(({ contrast }) => contrast < LEAST_CONTRAST)).toEqual([]);
  }
});

/** Relative luminance of a CSS colour "rgb(r, g, b)" (WCAG 2.2). Runs in the page. */
const LUMINANCE = `(color) => {
  const [r, g, b] = color.match(/[\\d.]+/g).slice(0, 3).map((part) => {
    const value = Number(part) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}`;

/** The contrast of each piece of visible text against the nearest painted background. Runs in the page. */
const CONTRASTS = `(luminance) => {
  const transparent = (color) => color === 'transparent' || /, 0\\)$/.test(color);
  const backgroundOf = (element) => {
    const color = getComputedStyle(element).backgroundColor;
    return transparent(color) && element.parentElement ? backgroundOf(element.parentElement) : color;
  };
  return [...document.querySelectorAll('main *')]
    .filter((element) => element.checkVisibility())
    .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
    .map((element) => {
      const [a, b] = [luminance(getComputedStyle(element).color), luminance(backgroundOf(element))];
      return { text: element.textContent.trim(), contrast: (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) };
    });
}`;
