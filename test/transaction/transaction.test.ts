import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { AppError } from '../../src/errors.ts';
import {
  canonicalForm,
  parseTransaction,
  transactionHash,
  type PaymentOrder,
} from '../../src/transaction/transaction.ts';

const ORDER: PaymentOrder = { reference: 'order-1', amount: '10.00', currency: 'EUR', payee: 'Acme Inc.' };
const parse = (changed: Partial<PaymentOrder>) => parseTransaction({ ...ORDER, ...changed }, 'transaction');
function refusedField(changed: Partial<PaymentOrder>): string {
  try {
    return `accepted as ${JSON.stringify(parse(changed))}`;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect(error.code).toBe('BAD_USER_INPUT');
    expect(error.message.startsWith(`${error.facts.field} `)).toBe(true);
    return error.facts.field!;
  }
}

describe('an amount', () => {
  test.each([
    ['10', 'EUR', '10.00'],
    ['10.5', 'EUR', '10.50'],
    ['10.50', 'EUR', '10.50'],
    ['0.01', 'EUR', '0.01'],
    ['0.5', 'EUR', '0.50'],
    ['999999999999999.99', 'EUR', '999999999999999.99'],
    ['9007199254740993', 'JPY', null],
    ['900719925474099', 'JPY', '900719925474099'],
    ['10', 'JPY', '10'],
    ['10.0', 'JPY', null],
    ['1.234', 'BHD', '1.234'],
    ['1.2', 'BHD', '1.200'],
    ['1.2345', 'BHD', null],
    ['1.2345', 'CLF', '1.2345'],
  ])('%s %s is %s', (amount, currency, canonical) => {
    if (canonical === null) expect(refusedField({ amount, currency })).toBe('transaction.amount');
    else expect(parse({ amount, currency }).amount).toBe(canonical);
  });

  test.each([
    ...[
      '',
      ' ',
      '10.505',
      '10.000',
      '0',
      '0.00',
      '-1',
      '+1',
      '1e3',
      '1E3',
      '01',
      '00.50',
      '.5',
      '10.',
      '1.2.3',
      '1,50',
    ],
    ...[
      '1 000',
      '1_000',
      '0x10',
      'NaN',
      'Infinity',
      ' 10',
      '10 ',
      '10\n',
      '١٠',
      '１０',
      '1000000000000000',
      '10\u0000',
    ],
  ])('%j is refused', (amount) => {
    expect(refusedField({ amount })).toBe('transaction.amount');
  });
});

test.each(['eur', 'Eur', 'EURO', 'EU', '€', '978', '', ' EUR', 'XXX', 'XTS', 'XAU', 'ZZZ', 'ＥＵＲ', '__proto__'])(
  'the currency %j is refused',
  (currency) => expect(refusedField({ currency })).toBe('transaction.currency'),
);

describe.each(['payee', 'reference'] as const)('a %s', (name) => {
  test('loses the spaces around it and is NFC', () => {
    expect(parse({ [name]: '  Cafe\u0301\u00a0\u3000' })[name]).toBe('Café');
    expect(parse({ [name]: 'a  b' })[name]).toBe('a  b');
  });

  test.each([
    ...['', '   ', 'a\nb', 'a\r\nb', 'a\tb', 'a\u0000b', 'a\u007fb', 'a\u0085b', 'a\u2028b', 'a\u2029b', '\n'],
    // Overrides and marks of direction, and what cannot be seen at all.
    ...['a\u202eb', 'a\u202ab', 'a\u2066b', 'a\u2069b', 'a\u200eb', 'a\u061cb'],
    ...['a\u200bb', 'a\ufeffb', 'a\u00adb', 'a\u2060b', 'a\u{e0041}b', 'a\ue000b', 'a\ud800b', 'a\udc00b'],
  ])('%j is refused', (text) => {
    expect(refusedField({ [name]: text })).toBe(`transaction.${name}`);
  });

  test('is any other text: other scripts, emoji, and what would be a separator elsewhere', () => {
    for (const text of ['株式会社　山田', 'می‌خواهم', '👩‍👧', 'a","payee":"b', "O'Neill & Søn <b>", '$where', '{}'])
      expect(parse({ [name]: text })[name]).toBe(text.normalize('NFC'));
  });

  test('may be so long, and no longer', () => {
    const max = name === 'payee' ? 140 : 128;
    expect(parse({ [name]: '👍'.repeat(max) })[name]).toHaveLength(2 * max);
    expect(refusedField({ [name]: 'x'.repeat(max + 1) })).toBe(`transaction.${name}`);
  });
});

describe('the canonical form', () => {
  const text = fc
    .oneof(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }), fc.stringMatching(/^[",:{}\\a-c ]{1,12}$/))
    .filter((raw) => raw.trim() !== '');
  const currency = fc.constantFrom('EUR', 'USD', 'JPY', 'BHD', 'CLF');
  const amount = fc.tuple(fc.nat(99_999), fc.nat(9)).map(([whole, part]) => (part ? `${whole}.${part}` : `${whole}`));
  /** Payments as clients write them, of those that are accepted. */
  const orders = fc
    .record({ reference: text, amount, currency, payee: text })
    .map((raw) => {
      try {
        return { raw, order: parseTransaction(raw, 'transaction') };
      } catch {
        return null;
      }
    })
    .filter((made) => made !== null);

  test('reads back as the payment, and is canonical itself', () => {
    fc.assert(
      fc.property(orders, ({ order }) => {
        const back = JSON.parse(canonicalForm(order)) as PaymentOrder;
        expect(back).toEqual(order);
        expect(parseTransaction(back, 'transaction')).toEqual(order);
        // RFC 8785: names in their order, no white space outside strings.
        expect(Object.keys(back)).toEqual(['amount', 'currency', 'payee', 'reference']);
      }),
    );
  });

  test('of two payments is the same exactly when the payments are', () => {
    fc.assert(
      fc.property(orders, orders, ({ order: one }, { order: other }) => {
        const same = (Object.keys(one) as (keyof PaymentOrder)[]).every((name) => one[name] === other[name]);
        expect(canonicalForm(one) === canonicalForm(other)).toBe(same);
        expect(transactionHash(one) === transactionHash(other)).toBe(same);
      }),
    );
  });

  test('changes with each part', () => {
    fc.assert(
      fc.property(orders, fc.constantFrom('reference', 'payee'), ({ order }, part) => {
        expect(transactionHash({ ...order, [part]: `${order[part]}x` })).not.toBe(transactionHash(order));
        // Moving text from one part to the next leaves another payment.
        const moved = { ...order, payee: order.payee + order.reference, reference: '-' };
        expect(transactionHash(moved)).not.toBe(transactionHash(order));
      }),
    );
  });

  test('does not depend on how a client spelled the payment', () => {
    fc.assert(
      fc.property(orders, fc.constantFrom('', ' ', '\u00a0 '), ({ raw, order }, space) => {
        const spelled = {
          ...raw,
          payee: space + raw.payee.normalize('NFD') + space,
          reference: raw.reference.normalize('NFD') + space,
          amount: order.amount,
        };
        expect(transactionHash(parseTransaction(spelled, 'transaction'))).toBe(transactionHash(order));
      }),
    );
  });

  test('does not depend on the order of members', () => {
    const { reference, amount: ten, currency: euro, payee } = ORDER;
    expect(canonicalForm({ payee, reference, currency: euro, amount: ten })).toBe(
      '{"amount":"10.00","currency":"EUR","payee":"Acme Inc.","reference":"order-1"}',
    );
  });

  test('is hashed with its version before it', () => {
    const bytes = 'otpql-transaction-v1\n{"amount":"10.00","currency":"EUR","payee":"Acme Inc.","reference":"order-1"}';
    expect(transactionHash(ORDER)).toBe(createHash('sha256').update(bytes, 'utf8').digest('base64url'));
  });
});
