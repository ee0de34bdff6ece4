// Invariant 7: a destination belongs to an account only once verified; an unverified e-mail address never stands in the
// way of the person who proves it.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import type { Connection } from 'mongoose';
import type { NewUser } from '../../src/users/user.ts';
import { MongoUnitsOfWork, openConnection } from '../../src/mongo/connection.ts';
import { MongoUserStore } from '../../src/mongo/user-store.ts';
import { freshEmail, freshPhone } from '../support/codes.ts';
import { sharedMongodUri } from '../support/shared-mongod.ts';

let connection: Connection;
let users: MongoUserStore;
let units: MongoUnitsOfWork;
beforeAll(async () => {
  connection = await openConnection(sharedMongodUri(`otpql_${randomBytes(6).toString('hex')}`));
  users = new MongoUserStore(connection);
  await users.prepare();
  units = new MongoUnitsOfWork(connection);
});
afterAll(async () => {
  await connection.db!.dropDatabase();
  await connection.close();
});

const PROVEN = new Date('2026-01-15T12:00:00Z');
const someone = (different: Partial<NewUser> = {}): NewUser => ({
  email: freshEmail(),
  emailVerifiedAt: null,
  phone: freshPhone(),
  phoneVerifiedAt: PROVEN,
  passwordHash: 'hash',
  ...different,
});
const insert = (user: NewUser) => units.run((unit) => users.insert(user, unit));
const count = () => connection.db!.collection('users').countDocuments();

describe('a user', () => {
  test('is found by what was proven, and by nothing else', async () => {
    const user = someone();
    const written = await insert(user);
    expect(written).toMatchObject({ ...user, twoFactorEnabled: false });
    expect(await users.findByVerifiedDestination(user.phone!)).toEqual(written);
    expect(await users.findByVerifiedDestination(user.email)).toBeNull();
    const withEmail = await insert(someone({ emailVerifiedAt: PROVEN }));
    expect(await users.findByVerifiedDestination(withEmail.email)).toEqual(withEmail);
    const unproven = await insert(someone({ phoneVerifiedAt: null }));
    expect(await users.findByVerifiedDestination(unproven.phone!)).toBeNull();
  });

  test('is refused with a phone or a proven address of another, and leaves nothing', async () => {
    const { phone, email } = await insert(someone({ emailVerifiedAt: PROVEN }));
    const before = await count();
    await expect(insert(someone({ phone }))).rejects.toMatchObject({ code: 'ACCOUNT_EXISTS' });
    await expect(insert(someone({ email }))).rejects.toMatchObject({ code: 'ACCOUNT_EXISTS' });
    await expect(insert(someone({ email, emailVerifiedAt: PROVEN }))).rejects.toMatchObject({ code: 'ACCOUNT_EXISTS' });
    expect(await count()).toBe(before);
  });

  test('may have no phone, and so may others', async () => {
    await insert(someone({ phone: null, phoneVerifiedAt: null }));
    const second = await insert(someone({ phone: null, phoneVerifiedAt: null }));
    expect(second.phone).toBeNull();
  });

  test('of 20 simultaneous inserts of one phone is one', async () => {
    const phone = freshPhone();
    const answers = await Promise.allSettled(Array.from({ length: 20 }, () => insert(someone({ phone }))));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await connection.db!.collection('users').countDocuments({ phone })).toBe(1);
  });
});

describe('an address that nobody proved', () => {
  test('goes to the one who proves it, and its account keeps the rest', async () => {
    const squatter = await insert(someone());
    const owner = await insert(someone({ email: squatter.email, emailVerifiedAt: PROVEN }));
    expect(await users.findByVerifiedDestination(owner.email)).toEqual(owner);
    const left = await users.findByVerifiedDestination(squatter.phone!);
    expect(left).toEqual({
      ...squatter,
      email: expect.stringMatching(/^unproven-[0-9a-f]{18}@released\.invalid$/),
      authVersion: 1,
    });
  });

  test('stays where it is when the action fails', async () => {
    const { email, phone } = await insert(someone());
    const failed = units.run(async (unit) => {
      await users.insert(someone({ email, emailVerifiedAt: PROVEN }), unit);
      throw new Error('the action failed');
    });
    await expect(failed).rejects.toThrow('the action failed');
    expect(await users.findByVerifiedDestination(phone!)).toMatchObject({ email });
  });

  test('is not taken by another who did not prove it either', async () => {
    const { email } = await insert(someone());
    await expect(insert(someone({ email }))).rejects.toMatchObject({ code: 'ACCOUNT_EXISTS' });
  });
});

test('a password is set for one user, and not for one who is gone or was changed meanwhile', async () => {
  const [one, other] = [await insert(someone()), await insert(someone())];
  const changes = { passwordHash: 'new hash', passwordResetBy: 'EMAIL' as const };
  const changed = await units.run((unit) => users.change(one, changes, unit));
  expect(changed).toMatchObject({ ...changes, authVersion: one.authVersion + 1 });
  expect(await users.findByVerifiedDestination(one.phone!)).toMatchObject({ passwordHash: 'new hash' });
  expect(await users.findByVerifiedDestination(other.phone!)).toMatchObject({ passwordHash: 'hash' });
  const gone = { id: '0'.repeat(24), authVersion: 0 };
  expect(await units.run((unit) => users.change(gone, changes, unit))).toBeNull();
  expect(await units.run((unit) => users.change(one, changes, unit))).toBeNull();
});
