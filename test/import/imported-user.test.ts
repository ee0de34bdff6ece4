// Invariant 7: a destination belongs to an account only once verified.
import { describe, expect, test } from '@jest/globals';
import { ImportRefusal, readImportedUser } from '../../src/import/imported-user.ts';
import type { ImportFields } from '../../src/import/rows.ts';

const NOW = new Date('2026-01-15T12:00:00Z');
const HASH = `pbkdf2:sha256:600000$salt$${'a'.repeat(64)}`;
const read = (fields: ImportFields) =>
  readImportedUser({ email: 'a@example.com', passwordHash: HASH, ...fields }, NOW, { phoneStrict: false });

function refusal(fields: ImportFields): string {
  try {
    read(fields);
  } catch (error) {
    expect(error).toBeInstanceOf(ImportRefusal);
    return (error as Error).message;
  }
  throw new Error('it was not refused');
}

test('an imported user has an address and a hash, and nothing proven', () => {
  expect(read({})).toEqual({
    user: {
      email: 'a@example.com',
      emailVerifiedAt: null,
      phone: null,
      phoneVerifiedAt: null,
      passwordHash: HASH,
      createdAt: NOW,
    },
    phoneLeftOut: null,
  });
});

test('an address is normalised as at registration', () => {
  expect(read({ email: '  Ju\u0308rgen@EXAMPLE.com ' }).user.email).toBe('jürgen@example.com');
});

describe('what the old system proved', () => {
  test.each(['true', 'T', 'yes', '1', ' TRUE ', true, 1])('is proven from now on where it says %j', (said) => {
    const { user } = read({ emailVerified: said, phone: '+1 (202) 555-0123', phoneVerified: said });
    expect(user).toMatchObject({ emailVerifiedAt: NOW, phone: '+12025550123', phoneVerifiedAt: NOW });
  });

  test('is proven since the date that it says', () => {
    const { user } = read({ emailVerified: '2024-05-01 10:00:00', phone: '+12025550123', phoneVerified: '2024-06-01' });
    expect(user.emailVerifiedAt).toEqual(new Date('2024-05-01T10:00:00Z'));
    expect(user.phoneVerifiedAt).toEqual(new Date('2024-06-01T00:00:00Z'));
  });

  test.each(['false', 'f', 'NO', '0', false, 0, null, undefined])('is unproven where it says %j', (said) => {
    const { user, phoneLeftOut } = read({ emailVerified: said, phone: '+12025550123', phoneVerified: said });
    expect(user).toMatchObject({ emailVerifiedAt: null, phone: null, phoneVerifiedAt: null });
    expect(phoneLeftOut).toBe('phone is not said to be proven');
  });

  test.each(['maybe', '2', 2, {}, '2024-02-31'])('is refused where it says %j', (said) => {
    expect(refusal({ emailVerified: said })).toBe('email_verified must be a date such as 2024-05-01T12:00:00Z');
    expect(refusal({ phoneVerified: said })).toBe('phone_verified must be a date such as 2024-05-01T12:00:00Z');
  });
});

test.each(['2025550123', 'none', 12025550123, {}])('a proven phone %j that is no number keeps nobody out', (phone) => {
  const { user, phoneLeftOut } = read({ phone, phoneVerified: true });
  expect(user).toMatchObject({ phone: null, phoneVerifiedAt: null });
  expect(phoneLeftOut).toBe('phone is no number in E.164 format, for example +12025551234');
});

test.each([
  ['2024-05-01T10:00:00Z', '2024-05-01T10:00:00.000Z'],
  ['2024-05-01 10:00:00.123456', '2024-05-01T10:00:00.123Z'],
  ['2024-05-01 10:00:00+02', '2024-05-01T08:00:00.000Z'],
  ['2024-05-01T10:00:00+05:30', '2024-05-01T04:30:00.000Z'],
  ['2024-05-01T10:00-0330', '2024-05-01T13:30:00.000Z'],
  ['Wed, 01 May 2024 10:00:00 GMT', '2024-05-01T10:00:00.000Z'],
  ['2024-02-29', '2024-02-29T00:00:00.000Z'],
])('a date of creation may be written %s', (written, instant) => {
  expect(read({ createdAt: written }).user.createdAt.toJSON()).toBe(instant);
});

test.each([
  [{ email: undefined }, 'email is missing'],
  [{ email: null }, 'email is missing'],
  [{ email: 7 }, 'email must be text'],
  [{ email: 'no address' }, 'Invalid e-mail address: use the form name@example.com'],
  [{ email: `${'x'.repeat(250)}@example.com` }, 'Invalid e-mail address: it is longer than 254 characters'],
  [{ passwordHash: undefined }, 'password_hash is missing'],
  [{ passwordHash: ['x'] }, 'password_hash must be text'],
  [
    { passwordHash: 'securepassword' },
    'password_hash is of no supported method: pbkdf2 and scrypt of Werkzeug, bcrypt, argon2i and argon2id are',
  ],
  [{ passwordHash: 'pbkdf2:sha256:1000$salt$aa' }, 'password_hash is no complete pbkdf2 hash'],
  [
    { passwordHash: `pbkdf2:sha256:1000000000$salt$${'a'.repeat(64)}` },
    'password_hash asks for more work than a login may take: pbkdf2 up to 3000000 iterations',
  ],
  [{ createdAt: 'yesterday' }, 'created_at must be a date such as 2024-05-01T12:00:00Z'],
  [{ createdAt: 1714557600 }, 'created_at must be a date such as 2024-05-01T12:00:00Z'],
  [{ createdAt: 'Thu, 01 May 2024 10:00:00 GMT' }, 'created_at must be a date such as 2024-05-01T12:00:00Z'],
  [{ createdAt: '1 May 2024' }, 'created_at must be a date such as 2024-05-01T12:00:00Z'],
  [{ createdAt: '2023-02-29' }, 'created_at must be a date such as 2024-05-01T12:00:00Z'],
  [{ createdAt: '2024-05-01T25:00:00Z' }, 'created_at must be a date such as 2024-05-01T12:00:00Z'],
  [{ createdAt: 'Fri, 01 Jan 2027 00:00:00 GMT' }, 'created_at lies in the future'],
  [{ createdAt: '2027-01-01' }, 'created_at lies in the future'],
])('%j is refused: %s', (fields, reason) => {
  expect(refusal(fields)).toBe(reason);
});
