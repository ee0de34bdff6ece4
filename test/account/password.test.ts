import { describe, expect, test } from '@jest/globals';
import argon2 from 'argon2';
import { COMMON_PASSWORDS } from '../../src/account/password/common-passwords.ts';
import {
  checkPassword,
  MAX_PASSWORD_LENGTH,
  MIN_PASSWORD_LENGTH,
  PasswordHasher,
} from '../../src/account/password/password.ts';
import { AppError } from '../../src/errors.ts';

/** The problem of a password, or null. */
function problem(password: string): string | null {
  try {
    checkPassword(password, 'newPassword');
    return null;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect(error).toMatchObject({ code: 'WEAK_PASSWORD', facts: { field: 'newPassword' } });
    return error.message;
  }
}

describe('a password', () => {
  test('has 8 to 256 characters', () => {
    expect(problem('zq7-kfw')).toBe('newPassword is too short: use at least 8 characters');
    expect(problem('zq7-kfwx')).toBeNull();
    expect(problem('zq'.repeat(128))).toBeNull();
    expect(problem(`${'zq'.repeat(128)}!`)).toBe('newPassword is too long: use at most 256 characters');
  });

  test('is counted in characters, not in the units that hold them', () => {
    expect(problem('🦊'.repeat(MIN_PASSWORD_LENGTH - 1))).not.toBeNull();
    expect(problem('🦊'.repeat(MIN_PASSWORD_LENGTH))).toBeNull();
    expect(problem('🦊'.repeat(MAX_PASSWORD_LENGTH))).toBeNull();
    expect(problem('🦊'.repeat(MAX_PASSWORD_LENGTH + 1))).not.toBeNull();
  });

  test('is judged alike however its letters were composed, since it is hashed alike', () => {
    for (const password of [
      'é'.repeat(MIN_PASSWORD_LENGTH - 1),
      'é'.repeat(MIN_PASSWORD_LENGTH),
      'é'.repeat(MAX_PASSWORD_LENGTH),
    ])
      expect(problem(password.normalize('NFD'))).toBe(problem(password.normalize('NFC')));
  });

  test('may hold any character, and needs none', () => {
    for (const password of [
      '        ',
      'пароль-да',
      '密码密码密码密码',
      '\0\u0001\u0002\u0003\u0004\u0005\u0006\u0007',
      'correct horse',
    ])
      expect(problem(password)).toBeNull();
  });

  test('is none of the most common, in any case', () => {
    for (const password of ['password', 'PASSWORD', 'PassWord', 'qwertyuiop', '12345678', 'Iloveyou', 'trustno1'])
      expect(problem(password)).toBe('newPassword is one of the most common passwords: choose another');
  });

  test('may be one of the examples of the guide', () => {
    expect(problem('securepassword')).toBeNull();
    expect(problem('newpassword123')).toBeNull();
  });
});

test('the list of common passwords is in the one spelling that is looked up', () => {
  expect(COMMON_PASSWORDS.size).toBeGreaterThan(10_000);
  expect([...COMMON_PASSWORDS].filter((password) => password !== password.toLowerCase())).toEqual([]);
});

describe('a hash', () => {
  const hasher = new PasswordHasher(() => Promise.resolve([]), Date.now);

  test('is argon2id with 19 MiB, two passes and one lane', async () => {
    const [, kind, version, parameters] = (await hasher.hash('securepassword')).split('$');
    expect([kind, version]).toEqual(['argon2id', 'v=19']);
    expect(parameters?.split(',').sort()).toEqual(['m=19456', 'p=1', 't=2']);
  });

  test('is another each time, and fits its password only', async () => {
    const [one, two] = await Promise.all([hasher.hash('securepassword'), hasher.hash('securepassword')]);
    expect(one).not.toBe(two);
    expect(await argon2.verify(one, 'securepassword')).toBe(true);
    expect(await argon2.verify(one, 'Securepassword')).toBe(false);
  });

  test('of the longest password depends on its last character', async () => {
    const long = 'x'.repeat(MAX_PASSWORD_LENGTH - 1);
    const hash = await hasher.hash(`${long}y`);
    expect(await argon2.verify(hash, `${long}y`)).toBe(true);
    expect(await argon2.verify(hash, `${long}z`)).toBe(false);
  });

  test('fits the same letters composed in another way', async () => {
    const hash = await hasher.hash('crème brûlée'.normalize('NFD'));
    expect(await argon2.verify(hash, 'crème brûlée'.normalize('NFC'))).toBe(true);
  });
});

describe('a stored hash of ours', () => {
  const hasher = new PasswordHasher(() => Promise.resolve([]), Date.now);

  test('is verified against its password only, and is current', async () => {
    const hash = await hasher.hash('securepassword');
    expect(await hasher.verify(hash, 'securepassword')).toEqual({ valid: true, needsRehash: false });
    expect(await hasher.verify(hash, 'securepasswore')).toEqual({ valid: false, needsRehash: false });
    expect(await hasher.verify(hash, '')).toEqual({ valid: false, needsRehash: false });
  });

  test('is verified however the letters are composed', async () => {
    const hash = await hasher.hash('crème brûlée'.normalize('NFC'));
    expect(await hasher.verify(hash, 'crème brûlée'.normalize('NFD'))).toMatchObject({ valid: true });
  });

  test.each([
    ['of less memory', { memoryCost: 8 * 1024, timeCost: 2, parallelism: 1, type: argon2.argon2id }],
    ['of another number of passes', { memoryCost: 19 * 1024, timeCost: 3, parallelism: 1, type: argon2.argon2id }],
    ['of more lanes', { memoryCost: 19 * 1024, timeCost: 2, parallelism: 2, type: argon2.argon2id }],
    ['of argon2i', { memoryCost: 19 * 1024, timeCost: 2, parallelism: 1, type: argon2.argon2i }],
  ] as const)('%s is verified by its own parameters, and asks to be renewed', async (_what, parameters) => {
    const hash = await argon2.hash('securepassword', parameters);
    expect(await hasher.verify(hash, 'securepassword')).toEqual({ valid: true, needsRehash: true });
    expect(await hasher.verify(hash, 'wrong password')).toEqual({ valid: false, needsRehash: false });
  });
});

test('a check for nobody takes as long as one for somebody', async () => {
  const hasher = new PasswordHasher(() => Promise.resolve([]), Date.now);
  const hash = await hasher.hash('securepassword');
  const known: number[] = [];
  const nobody: number[] = [];
  for (let round = 0; round < 7; round += 1) {
    known.push(await duration(() => hasher.verify(hash, 'wrong password')));
    nobody.push(await duration(() => hasher.verifyNobody('wrong password')));
  }
  // The same work: a check that returns at once is out by a factor of a thousand, a busy machine by less than four.
  const ratio = Math.min(...nobody) / Math.min(...known);
  expect(ratio).toBeGreaterThan(0.25);
  expect(ratio).toBeLessThan(4);
});

test('checks wait in the same queue as hashes, and are refused when it is full', async () => {
  const hasher = new PasswordHasher(() => Promise.resolve([]), Date.now);
  const hash = await hasher.hash('securepassword');
  const waiting = await fill(hasher);
  await expect(hasher.verify(hash, 'securepassword')).rejects.toMatchObject({ code: 'OVERLOADED' });
  await expect(hasher.verifyNobody('securepassword')).rejects.toMatchObject({ code: 'OVERLOADED' });
  await Promise.allSettled(waiting);
  expect(await hasher.verify(hash, 'securepassword')).toMatchObject({ valid: true });
});

test('when too many hashes wait, more are refused at once, and those that wait are made', async () => {
  const hasher = new PasswordHasher(() => Promise.resolve([]), Date.now);
  const results = await Promise.allSettled(await fill(hasher));
  const refusals = results.filter((result) => result.status === 'rejected');
  expect(refusals).toHaveLength(1);
  expect(refusals[0]!.reason).toMatchObject({ code: 'OVERLOADED', facts: { retryAfterSeconds: 1 } });
  expect(await hasher.hash('securepassword')).toMatch(/^\$argon2id\$/);
});

/** Asks for hashes until one is refused. */
async function fill(hasher: PasswordHasher): Promise<Promise<string>[]> {
  const answers: Promise<string>[] = [];
  // As many as a machine of any size takes, and then some.
  for (let index = 0; index < 10_000; index += 1) {
    const answer = hasher.hash('securepassword');
    answers.push(answer);
    const refused = answer.then(
      () => false,
      () => true,
    );
    if (await Promise.race([refused, soon(false)])) break;
  }
  return answers;
}

async function duration(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** Answers after what is ready has run. */
function soon<T>(value: T): Promise<T> {
  return new Promise((resolve) => setImmediate(resolve, value));
}
