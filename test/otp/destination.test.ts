import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AppError } from '../../src/errors.ts';
import { parseAnyDestination, parseCode, parseDestination, parseEmail, parsePhone } from '../../src/otp/destination.ts';

const LOOSE = { phoneStrict: false };
const STRICT = { phoneStrict: true };
const phone = (raw: string) => parsePhone(raw, 'to', LOOSE);
const email = (raw: string) => parseEmail(raw, 'email');

/** What a call was refused with: its code and the field. */
function refusal(call: () => unknown): { code: string; field: string | undefined } | 'accepted' {
  try {
    call();
    return 'accepted';
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { code: error.code, field: error.facts.field };
  }
}
const NO_PHONE = { code: 'INVALID_PHONE_NUMBER', field: 'to' };
const NO_EMAIL = { code: 'INVALID_EMAIL', field: 'email' };

describe('a phone number', () => {
  test.each(['+12025550123', '+1 202 555 0123', '+1-202-555-0123', '+1 (202) 555.0123', ' +1.202.555.0123 '])(
    'spelled %p is the one in E.164',
    (spelling) => {
      expect(phone(spelling)).toBe('+12025550123');
    },
  );

  test('has 7 to 15 digits and no leading zero', () => {
    expect(phone('+1234567')).toBe('+1234567');
    expect(phone('+123456789012345')).toBe('+123456789012345');
    for (const raw of ['+123456', '+1234567890123456', '+0123456789', '12025550123', '0012025550123', '+', ''])
      expect(refusal(() => phone(raw))).toEqual(NO_PHONE);
  });

  test.each([
    ['a newline at its end', '+12025550123\n'],
    ['a newline inside', '+1202555\n0123'],
    ['a tab', '\t+12025550123'],
    ['a NUL', '+12025550123\0'],
    ['an escape', '+1202555\u001b0123'],
    ['a no-break space', '+1\u00a02025550123'],
    ['Arabic digits', '+١٢٠٢٥٥٥٠١٢٣'],
    ['full-width digits', '+１２０２５５５０１２３'],
    ['a full-width plus', '＋12025550123'],
    ['a zero-width space', '+1202\u200b5550123'],
    ['a zero-width joiner', '+1202\u200d5550123'],
    ['a byte order mark', '\ufeff+12025550123'],
    ['a direction mark', '\u202a+12025550123'],
    ['a second plus', '++12025550123'],
    ['a slash', '+1202/5550123'],
    ['an extension', '+12025550123x5'],
    ['an operator', '{"$gt":""}'],
  ])('with %s is refused', (_what, raw) => {
    expect(refusal(() => phone(raw))).toEqual(NO_PHONE);
  });

  test("that no plan knows is refused when strict, and the guide's example passes when not", () => {
    expect(phone('+1234567890')).toBe('+1234567890');
    expect(refusal(() => parsePhone('+1234567890', 'to', STRICT))).toEqual(NO_PHONE);
    for (const real of ['+12025550123', '+442079460018', '+4915123456789', '+919812345678'])
      expect(parsePhone(real, 'to', STRICT)).toBe(real);
  });

  test('comes out in E.164 or not at all, and comes out of itself unchanged', () => {
    const spellings = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^\+[0-9 .()-]{0,24}$/));
    fc.assert(
      fc.property(spellings, (raw) => {
        if (refusal(() => phone(raw)) !== 'accepted') return;
        expect(phone(raw)).toMatch(/^\+[1-9][0-9]{6,14}$/);
        expect(phone(phone(raw))).toBe(phone(raw));
      }),
    );
  });
});

describe('an e-mail address', () => {
  test('is trimmed, lower case and NFC', () => {
    expect(email('  Ada.Lovelace+otp@Example.COM ')).toBe('ada.lovelace+otp@example.com');
    expect(email('jose\u0301@example.com')).toBe('jos\u00e9@example.com');
    expect(email('JOSÉ@EXAMPLE.COM'.normalize('NFD'))).toBe('jos\u00e9@example.com');
  });

  test('is the same whichever way its letters were composed, also where only the small letter has a composed form', () => {
    expect(email('J\u030can@example.com')).toBe(email('\u01f0an@example.com'));
  });

  test('has 254 characters at most', () => {
    const ofLength = (length: number) => `a@${`${'b'.repeat(60)}.`.repeat(4)}`.padEnd(length, 'c');
    expect(email(ofLength(254))).toHaveLength(254);
    expect(refusal(() => email(ofLength(255)))).toEqual(NO_EMAIL);
  });

  test.each([
    'plain',
    '@example.com',
    'a@',
    'a@b',
    'a@b@example.com',
    'a b@example.com',
    '.a@example.com',
    'a.@example.com',
    'a..b@example.com',
    'a@example..com',
    'a@-example.com',
    'a@example-.com',
    'a@.com',
    'a@example.com.',
    'a@[127.0.0.1]',
    '"a"@example.com',
    'a@exam\u200bple.com',
    'a\u200d@example.com',
    'a\u2060@example.com',
    'a\u00ad@example.com',
    'a\0@example.com',
    'a\n@example.com',
    'a@example.com\nBcc: b@example.com',
    'a＠example.com',
    'Name <a@example.com>',
    '{"$ne":null}@',
  ])('%j is refused', (raw) => {
    expect(refusal(() => email(raw))).toEqual(NO_EMAIL);
  });

  test.each(["o'brien@example.co.uk", 'x@sub.domain.example', 'пример@пример.рф', '用户@例子.公司', '1@2.example'])(
    '%p is accepted',
    (raw) => {
      expect(email(raw)).toBe(raw);
    },
  );

  test('comes out of itself unchanged', () => {
    const local = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(local, (name) => {
        const raw = `${name}@example.com`;
        if (refusal(() => email(raw)) === 'accepted') expect(email(email(raw))).toBe(email(raw));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('a long string', () => {
  const long = 100_000;
  test.each([
    ['of digits', `+${'1'.repeat(long)}`],
    ['of separators', `+1${' -.()'.repeat(long / 5)}x`],
    ['of letters before an @', `${'a'.repeat(long)}@`],
    ['of labels', `a@${'b.'.repeat(long / 2)}`],
    ['of dots', `${'.'.repeat(long)}@example.com`],
    ['of @', '@'.repeat(long)],
    ['of combining marks', `a@b${'\u0301'.repeat(long)}.com`],
  ])('%s is refused, whatever parser gets it, without the engine counting every way to match', (_what, raw) => {
    expect(refusal(() => phone(raw))).toEqual(NO_PHONE);
    expect(refusal(() => email(raw))).toEqual(NO_EMAIL);
    expect(refusal(() => parseAnyDestination(raw, 'to', STRICT))).not.toBe('accepted');
    expect(refusal(() => parseCode(raw, 'code', 6))).toEqual({ code: 'BAD_USER_INPUT', field: 'code' });
  });
});

test('a send reads its destination by the channel, and a check by the @', () => {
  expect(parseDestination('A@Example.com', 'EMAIL', 'to', LOOSE)).toBe('a@example.com');
  for (const channel of ['SMS', 'WHATSAPP', 'VOICE'] as const) {
    expect(parseDestination('+1 202 555 0123', channel, 'to', LOOSE)).toBe('+12025550123');
    expect(refusal(() => parseDestination('a@example.com', channel, 'to', LOOSE))).toEqual(NO_PHONE);
  }
  expect(refusal(() => parseDestination('+12025550123', 'EMAIL', 'email', LOOSE))).toEqual(NO_EMAIL);
  expect(parseAnyDestination('A@Example.com', 'to', LOOSE)).toBe('a@example.com');
  expect(parseAnyDestination('+1 202 555 0123', 'to', LOOSE)).toBe('+12025550123');
});

describe('a code', () => {
  test.each(['012345', ' 012345 ', '012 345', '012-345', '0-1-2-3-4-5'])('typed as %p is 012345', (raw) => {
    expect(parseCode(raw, 'otpCode', 6)).toBe('012345');
  });

  test.each([
    '',
    '12345',
    '1234567',
    '12345a',
    '１２３４５６',
    '١٢٣٤٥٦',
    '12345\n',
    '123456\n',
    '12345\u200b6',
    '+12345',
    '1e5000',
    '0x1234',
    '12.456',
  ])('typed as %j is refused', (raw) => {
    expect(refusal(() => parseCode(raw, 'otpCode', 6))).toEqual({ code: 'BAD_USER_INPUT', field: 'otpCode' });
  });
});
