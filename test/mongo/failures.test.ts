import { expect, test } from '@jest/globals';
import mongoose from 'mongoose';
import { AppError } from '../../src/errors.ts';
import { isDuplicateKey, unavailable, unavailableWhenDown } from '../../src/mongo/failures.ts';

const { MongoNetworkError, MongoServerError, MongoNotConnectedError } = mongoose.mongo;
const UNREACHABLE = { code: 'SERVICE_UNAVAILABLE', facts: { retryAfterSeconds: 2 } };

test.each([
  ['a broken connection', new MongoNetworkError('connect ECONNREFUSED 10.1.2.3:27017')],
  ['a client that is not connected', new MongoNotConnectedError('not connected')],
  ['a primary that steps down', new MongoServerError({ message: 'not primary', code: 10107 })],
  ['a server that shuts down', new MongoServerError({ message: 'shutting down', code: 91 })],
  ['a lost write concern', new MongoServerError({ message: 'waiting for replication', code: 64 })],
  [
    'a write that may be retried',
    new MongoServerError({ message: 'operation was interrupted', code: 1, errorLabels: ['RetryableWriteError'] }),
  ],
])('%s is SERVICE_UNAVAILABLE, in words of ours', async (_what, error) => {
  const failed = unavailableWhenDown(() => Promise.reject(error));
  await expect(failed).rejects.toMatchObject(UNREACHABLE);
  await expect(failed).rejects.not.toThrow(error.message);
});

test('a database that never answers is SERVICE_UNAVAILABLE', async () => {
  await expect(unavailableWhenDown(() => new Promise(() => undefined))).rejects.toMatchObject(UNREACHABLE);
});

test('an answer that comes is passed on, and so is any other failure', async () => {
  expect(await unavailableWhenDown(() => Promise.resolve(5))).toBe(5);
  const mistake = new MongoServerError({ message: 'unknown operator', code: 2 });
  await expect(unavailableWhenDown(() => Promise.reject(mistake))).rejects.toBe(mistake);
  const refusal = new AppError('OTP_EXPIRED');
  await expect(unavailableWhenDown(() => Promise.reject(refusal))).rejects.toBe(refusal);
});

test('the private reason names the kind of the failure and no more', () => {
  const { reason, message } = unavailable(new MongoNetworkError('10.1.2.3:27017'));
  expect(reason).toBe('the database cannot be reached (MongoNetworkError)');
  expect(message).not.toContain('10.1.2.3');
});

test('a duplicate key is told from other server errors', () => {
  expect(isDuplicateKey(new MongoServerError({ message: 'E11000', code: 11000 }))).toBe(true);
  expect(isDuplicateKey(new MongoServerError({ message: 'other', code: 2 }))).toBe(false);
  expect(isDuplicateKey(Object.assign(new Error('not a driver'), { code: 11000 }))).toBe(false);
});
