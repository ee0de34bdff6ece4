// No code, token, password, number or address reaches a log line, also when code of ours or of others logs what it should
// not: names of secrets are redacted, and of an error only its kind and where it was thrown are written.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Logger } from 'pino';
import { createLogger } from '../../src/telemetry/logger.ts';

const SECRET = '+12025550123';

/** What some logging writes. */
function written(log: (logger: Logger) => void, level = 'trace'): string {
  const lines: string[] = [];
  log(createLogger(level, { write: (line) => void lines.push(line) }));
  return lines.join('');
}

test('a line is JSON with its level, its time and its facts', () => {
  const line = JSON.parse(written((logger) => logger.info({ requestId: 'r', status: 200 }, 'request'))) as unknown;
  expect(line).toEqual({
    level: 30,
    time: expect.stringMatching(/^\d{4}-.*Z$/),
    requestId: 'r',
    status: 200,
    msg: 'request',
  });
});

test('lines below the level are not written', () => {
  expect(written((logger) => logger.info('quiet'), 'warn')).toBe('');
  expect(written((logger) => logger.fatal('quiet'), 'silent')).toBe('');
});

test.each([
  'code',
  'otpCode',
  'otp_code',
  'password',
  'newPassword',
  'new_password',
  'token',
  'refreshToken',
  'verificationToken',
  'emailVerificationToken',
  'authorization',
  'to',
  'phone',
  'email',
])('%s is redacted, at the top and below', (name) => {
  const line = written((logger) =>
    logger.info({ [name]: SECRET, input: { [name]: SECRET, deep: { [name]: SECRET } } }),
  );
  expect(line).not.toContain(SECRET);
  expect(line.match(/\[redacted\]/g)).toHaveLength(3);
});

describe('of an error', () => {
  class MongoServerError extends Error {
    override readonly name = 'MongoServerError';
    readonly code = 11000;
    readonly keyValue = { phone: SECRET };
    readonly errorResponse = { errmsg: SECRET };
  }

  test('its name, its code and where it was thrown are written', () => {
    const line = JSON.parse(written((logger) => logger.error({ err: new MongoServerError(SECRET) }, 'failed'))) as {
      err: { name: string; errorCode: number; frames: string[] };
    };
    expect(Object.keys(line.err)).toEqual(['name', 'errorCode', 'frames']);
    expect(line.err).toMatchObject({ name: 'MongoServerError', errorCode: 11000 });
    expect(line.err.frames[0]).toMatch(/^at .*logger\.test\.ts/);
  });

  test.each([
    ['a driver', new MongoServerError(`E11000 duplicate key: { phone: "${SECRET}" }`)],
    ['one that wraps another', new Error('outer', { cause: new MongoServerError(SECRET) })],
    ['several at once', new AggregateError([new Error(SECRET)], SECRET)],
    ['one whose message looks like a stack', new Error(`no user\n    at ${SECRET} (of the form)\n    at x`)],
    ['one without a stack', Object.assign(new Error(SECRET), { stack: undefined })],
    ['one whose code is an object', Object.assign(new Error('x'), { code: { of: SECRET } })],
    ['one that is only text', `it failed for ${SECRET}`],
    ['one that is only an object', { message: SECRET, stack: `Error: ${SECRET}` }],
  ])('of %s no words are written', (_what, err) => {
    const line = written((logger) => logger.error({ err }, 'failed'));
    expect(line).toContain('"msg":"failed"');
    expect(line).not.toContain(SECRET);
  });

  test.each([
    ['by itself', (logger: Logger, error: Error) => logger.error(error)],
    ['without a message of ours', (logger: Logger, error: Error) => logger.error({ err: error })],
    ['with a message of ours', (logger: Logger, error: Error) => logger.error(error, 'failed')],
    ['by a child', (logger: Logger, error: Error) => logger.child({ requestId: 'r' }).warn({ err: error })],
  ])('logged %s no words are written', (_how, log) => {
    const line = written((logger) => log(logger, new MongoServerError(SECRET)));
    expect(line).toContain('MongoServerError');
    expect(line).not.toContain(SECRET);
  });

  test('no message gets into a line, however it is made', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string(), { maxLength: 5 }),
        fc.constantFrom('\n', '\n    at ', '\r\n  at '),
        (parts, between) => {
          const message = [...parts, SECRET].join(between);
          expect(written((logger) => logger.error({ err: new Error(message) }, 'failed'))).not.toContain(SECRET);
        },
      ),
    );
  });
});
