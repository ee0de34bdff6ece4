// npm test: everything that guards the project, on temporary data, closing with a line "N passed, N failed".
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureBuild } from './build.mjs';
import { runInForeground } from './process/child.mjs';
import { findChromium, HOW_TO_GET_CHROMIUM } from './chromium.mjs';
import { ensureDependencies } from './install.mjs';
import { findMongod } from './mongod/binary.mjs';
import { root, run, say } from './project.mjs';

/** An operator's settings and accounts are nothing for tests to use. */
const NOT_FOR_TESTS = /^(NODE_ENV|PORT|HOST|PUBLIC_URL|MONGODB_URI|DATA_DIR|SMTP_|MAIL_|TWILIO_|OTP_|JWT_|RATE_LIMIT_)/;
const WATCHDOGS_MS = 30_000;
/** Paths of the test files that run one at a time: they look at how long something takes. */
const ALONE = 'test/attack/(concurrency|decoys-under-load)|test/twilio/outages';
/** Those of which each core has one: they start servers and browsers of their own, and keep them busy. */
const ONE_PER_CORE = 'test/browser/|test/e2e/process-(histories|crash|lifecycle)';

await run(async () => {
  await ensureDependencies();
  const mongod = await findMongod(say);
  const chromium = findChromium();
  await ensureBuild();
  const temporary = mkdtempSync(join(tmpdir(), 'otpql-test-'));
  try {
    const env = testEnvironment(temporary, mongod, chromium);
    const total = { passed: 0, failed: 0, skipped: 0 };
    let worst = 0;
    for (const args of runs()) {
      const jest = runInForeground(process.execPath, args, { cwd: root, env, toGroup: true, input: 'inherit' });
      const code = await jest.exited;
      const counts = takeCounts(temporary, code);
      total.passed += counts.passed;
      total.failed += counts.failed;
      total.skipped += counts.skipped;
      worst ||= code;
      // 128 + the number of the signal that ended it.
      if (code > 128) break;
    }
    await removeWhenQuiet(temporary);
    const { passed, failed, skipped } = total;
    if (skipped > 0 && !chromium) say(`The browser tests were skipped: ${HOW_TO_GET_CHROMIUM}.`);
    say(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
    return failed > 0 ? worst || 1 : worst;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
});

/** Most files mind no company; the few others come last. */
function runs() {
  const asked = process.argv.slice(2);
  if (asked.length > 0) return [jest(asked)];
  const cores = availableParallelism();
  // More than there are cores where there are two: much of their time is waiting.
  const workers = Math.max(3, Math.floor(cores / 2));
  return [
    jest([`--maxWorkers=${workers}`, '--testPathIgnorePatterns', '/node_modules/', ALONE, ONE_PER_CORE]),
    jest([`--maxWorkers=${Math.min(cores, 4)}`, '--testPathPatterns', ONE_PER_CORE]),
    jest(['--testPathPatterns', ALONE]),
  ];
}

/** @param {string[]} args */
function jest(args) {
  const node = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
  const reporters = ['--reporters=default', '--reporters=./scripts/jest-counts.mjs'];
  // Its cache would otherwise go to the temporary folder, and with it at the end.
  return [...node, ...reporters, '--cacheDirectory=.cache/jest', ...args];
}

/**
 * @param {string} temporary
 * @param {string} mongod
 * @param {string | undefined} chromium
 * @returns {NodeJS.ProcessEnv}
 */
function testEnvironment(temporary, mongod, chromium) {
  const inherited = Object.entries(process.env).filter(([name]) => !NOT_FOR_TESTS.test(name));
  return {
    ...Object.fromEntries(inherited),
    // Whatever a test leaves in "the" temporary folder goes with ours.
    TMPDIR: temporary,
    TEMP: temporary,
    TMP: temporary,
    MONGOMS_SYSTEM_BINARY: mongod,
    OTPQL_CHROMIUM: chromium,
    OTPQL_TEST_COUNTS: join(temporary, 'counts.json'),
    OTPQL_WATCHDOG_DIR: join(temporary, 'watchdogs'),
  };
}

/**
 * What one run left, and nothing for the next to find.
 *
 * @param {string} temporary
 * @param {number} code jest's exit code
 * @returns {{ passed: number, failed: number, skipped: number }}
 */
function takeCounts(temporary, code) {
  let counts = { passed: 0, failed: 0, skipped: 0 };
  try {
    /** @type {unknown} */
    const written = JSON.parse(readFileSync(join(temporary, 'counts.json'), 'utf8'));
    rmSync(join(temporary, 'counts.json'));
    counts = /** @type {typeof counts} */ (written);
  } catch {
    // It ended before it could count.
  }
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}

/**
 * After an interrupted run the watchdogs are still ending the servers that were left behind.
 * @param {string} temporary
 */
async function removeWhenQuiet(temporary) {
  for (const deadline = Date.now() + WATCHDOGS_MS; Date.now() < deadline; await sleep(50)) {
    if ((await readdir(join(temporary, 'watchdogs')).catch(() => [])).length === 0) break;
  }
  await rm(temporary, { recursive: true, force: true, maxRetries: 5 });
}
