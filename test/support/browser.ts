import { test } from '@jest/globals';
import { chromium, type Browser } from 'playwright-core';
import { findChromium, HOW_TO_GET_CHROMIUM } from '../../scripts/chromium.mjs';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const executablePath = findChromium();

/** A test in a browser. Where none is installed it is skipped, which `npm test` tells at its end; in CI it fails. */
export const browserTest = executablePath || process.env['CI'] ? test : test.skip;

/** Starts the browser, without a window. */
export async function startBrowser(): Promise<Browser> {
  if (!executablePath) throw new Error(`There is no browser for the browser tests: ${HOW_TO_GET_CHROMIUM}`);
  return chromium.launch({ executablePath, args: FLAGS });
}
