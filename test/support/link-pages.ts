import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { startBrowser } from './browser.ts';
import { startServer, type TestServer } from './server.ts';

/** A page of its own for each test of a file, and what went wrong in it. */
export interface LinkPages {
  readonly server: TestServer;
  readonly page: Page;
  /** Every address that the page asked for. */
  readonly requested: readonly string[];
  /** Lets the page complain of this in the test at hand. */
  expectComplaint(complaint: RegExp): void;
}

/** Registers what tests of pages at the end of links need: they complain of nothing, and ask nobody but the server. */
export function useLinkPages(): LinkPages {
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
    // Violations of the content security policy are console errors too.
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => requested.push(request.url()));
  });
  afterEach(async () => {
    await context.close();
    expect(complaints.filter((text) => !expected?.test(text))).toEqual([]);
    expect(requested.filter((url) => !url.startsWith(`${server.url}/`) && !url.startsWith('data:'))).toEqual([]);
  });

  return {
    get server() {
      return server;
    },
    get page() {
      return page;
    },
    get requested() {
      return requested;
    },
    expectComplaint: (complaint) => {
      expected = complaint;
    },
  };
}
