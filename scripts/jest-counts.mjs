import { writeFileSync } from 'node:fs';

/**
 * @typedef {object} Results the part of jest's results that is read here
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {number} numRuntimeErrorTestSuites
 * @property {number} numPendingTests
 * @property {number} numTodoTests
 */

/** A jest reporter that leaves the run's counts, as JSON, in the file named by OTPQL_TEST_COUNTS. */
export default class Counts {
  /**
   * @param {ReadonlySet<unknown>} _contexts
   * @param {Results} results
   */
  onRunComplete(_contexts, results) {
    const file = process.env['OTPQL_TEST_COUNTS'];
    if (!file) return;
    const passed = results.numPassedTests;
    // A suite that could not run has no failed test to show for it.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    writeFileSync(file, JSON.stringify({ passed, failed, skipped }));
  }
}
