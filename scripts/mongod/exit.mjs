import { Stop } from '../project.mjs';

/**
 * Whether mongod ended because somebody else listens on its port.
 * @param {string} log what it wrote
 */
export function isPortTaken(log) {
  return /Address already in use|SocketException/.test(log);
}

/**
 * Says in one line why mongod ended while starting, and what to do.
 * @param {string} log what it wrote
 * @param {string} dbPath
 * @param {string} logFile
 * @returns {Stop}
 */
export function explainExit(log, dbPath, logFile) {
  if (/DBPathInUse/.test(log)) {
    return new Stop(
      `${dbPath} is in use by another otpql or mongod: stop that one, or set DATA_DIR to another folder for this one.`,
    );
  }
  if (/featureCompatibilityVersion|UPGRADE PROBLEM/.test(log)) {
    return new Stop(
      `The data in ${dbPath} comes from another MongoDB version: use that version (MONGOMS_SYSTEM_BINARY), ` +
        'or delete that folder to start with an empty database.',
    );
  }
  if (/No space left on device/.test(log)) {
    return new Stop(`The disk that holds ${dbPath} is full: make room, then start again.`);
  }
  return new Stop(`MongoDB ended while starting${lastProblem(log)}. See ${logFile}.`);
}

/**
 * The last error or fatal line of mongod's JSON log, or its last plain line (a missing library, for example).
 * @param {string} log
 */
function lastProblem(log) {
  const lines = log.trim().split('\n').reverse();
  for (const line of lines) {
    const [, message] = /"s":"[EF]".*?"msg":"([^"]*)"/.exec(line) ?? [];
    if (message) return `: ${message}`;
  }
  const plain = lines.find((line) => line !== '' && !line.startsWith('{'));
  return plain ? `: ${plain}` : '';
}
