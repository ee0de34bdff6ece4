// GHSA-6q22-g298-grjh: one request with many aliases is many guesses. Whatever an operation is folded into, it is counted
// as what it unfolds to.
import { describe, expect, test } from '@jest/globals';
import { buildSchema, getIntrospectionQuery, parse, validate } from 'graphql';
import fc from 'fast-check';
import { operationLimits } from '../../src/graphql/server/operation-limits.ts';

const schema = buildSchema(`
  directive @mark(n: Int) repeatable on FIELD | QUERY | FRAGMENT_SPREAD | INLINE_FRAGMENT | FRAGMENT_DEFINITION
  type Query { a: Query b: String }
`);

/** What an operation is refused with, or null. */
function refusal(operation: string): string | null {
  const errors = validate(schema, parse(operation), [operationLimits]);
  return errors.map((error) => error.message).join('; ') || null;
}

const aliases = (count: number, prefix = 'x') => Array.from({ length: count }, (_, i) => `${prefix}${i}: b`).join(' ');
/** A selection this many levels deep. */
const levels = (count: number): string => (count === 1 ? '{ b }' : `{ a ${levels(count - 1)} }`);
const marks = (count: number) => '@mark '.repeat(count);
const TOO_MANY_ALIASES = 'An operation may have at most 15 aliases';
const TOO_DEEP = 'An operation may have at most 8 levels';
const TOO_MANY_DIRECTIVES = 'An operation may have at most 5 directives';

describe('aliases', () => {
  test('are 15 at most', () => {
    expect(refusal(`{ ${aliases(15)} }`)).toBeNull();
    expect(refusal(`{ ${aliases(16)} }`)).toBe(TOO_MANY_ALIASES);
  });

  test('are counted on every level together', () => {
    expect(refusal(`{ ${aliases(8)} a { ${aliases(7)} } }`)).toBeNull();
    expect(refusal(`{ ${aliases(8)} a { ${aliases(8)} } }`)).toBe(TOO_MANY_ALIASES);
  });

  test('in a fragment are counted wherever it is spread, and not where it is only written', () => {
    const fragment = `fragment F on Query { ${aliases(5)} }`;
    expect(refusal(`{ ...F a { ...F a { ...F } } } ${fragment}`)).toBeNull();
    expect(refusal(`{ ...F a { ...F a { ...F a { ...F } } } } ${fragment}`)).toBe(TOO_MANY_ALIASES);
    expect(refusal(`{ b } fragment F on Query { ${aliases(16)} }`)).toBeNull();
  });

  test('in inline fragments and in fragments within fragments are counted', () => {
    expect(refusal(`{ ... { ${aliases(8)} } ... on Query { ${aliases(8, 'y')} } }`)).toBe(TOO_MANY_ALIASES);
    const nested = 'fragment A on Query { x: a { ...B } } fragment B on Query { y: a { ...C } z: a { ...C } }';
    expect(refusal(`{ ...A } ${nested} fragment C on Query { ${aliases(6)} }`)).toBeNull();
    expect(refusal(`{ ...A } ${nested} fragment C on Query { ${aliases(7)} }`)).toBe(TOO_MANY_ALIASES);
  });

  test('are counted as what the operation unfolds to, however often it is folded', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 20 }), (folds, inner) => {
        const folded = Array.from({ length: folds }, (_, i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`);
        const operation = `{ ...F0 } ${folded.join(' ')} fragment F${folds} on Query { ${aliases(inner)} }`;
        expect(refusal(operation)).toBe(inner * 2 ** folds > 15 ? TOO_MANY_ALIASES : null);
      }),
    );
  });

  test('that unfold to more than can be counted one by one are refused all the same', () => {
    const folds = Array.from({ length: 100 }, (_, i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`);
    expect(refusal(`{ ...F0 } ${folds.join(' ')} fragment F100 on Query { x: b }`)).toBe(TOO_MANY_ALIASES);
  });
});

describe('levels', () => {
  test('are 8 at most', () => {
    expect(refusal(levels(8))).toBeNull();
    expect(refusal(levels(9))).toBe(TOO_DEEP);
  });

  test('are those of the deepest field, through fragments', () => {
    expect(refusal(`{ b a ${levels(3)} ...F } fragment F on Query { a { ... { a ${levels(6)} } } }`)).toBeNull();
    expect(refusal(`{ b a ${levels(3)} ...F } fragment F on Query { a { ... { a ${levels(7)} } } }`)).toBe(TOO_DEEP);
  });
});

describe('directives', () => {
  test('are 5 at most', () => {
    expect(refusal(`{ b ${marks(5)} }`)).toBeNull();
    expect(refusal(`{ b ${marks(6)} }`)).toBe(TOO_MANY_DIRECTIVES);
  });

  test('are counted wherever they stand', () => {
    const operation = (more: string) =>
      `query ${marks(1)} { a ${marks(1)} { ...F ${marks(1)} } ... ${marks(1)} { b ${more} } } fragment F on Query ${marks(1)} { b }`;
    expect(refusal(operation(''))).toBeNull();
    expect(refusal(operation(marks(1)))).toBe(TOO_MANY_DIRECTIVES);
  });
});

test('introspection is not counted, so that the Sandbox can ask its own question', () => {
  expect(refusal(getIntrospectionQuery({ inputValueDeprecation: true, specifiedByUrl: true }))).toBeNull();
  expect(refusal(`{ __typename ${aliases(15)} }`)).toBeNull();
});

test('introspection hides nothing that stands beside it', () => {
  expect(refusal(`{ __schema { types { name } } ${aliases(16)} }`)).toBe(TOO_MANY_ALIASES);
});

test('a fragment that spreads itself, or one that is missing, ends the count', () => {
  expect(refusal(`{ ...A } fragment A on Query { a { ...B } } fragment B on Query { a { ...A } }`)).toBeNull();
  expect(refusal(`{ ...A } fragment A on Query { ${aliases(16)} ...A }`)).toBe(TOO_MANY_ALIASES);
  expect(refusal('{ ...Missing b }')).toBeNull();
});

test('every operation of a document is counted by itself, and all that is exceeded is told', () => {
  expect(refusal(`query A { ${aliases(15)} } query B { ${aliases(15)} }`)).toBeNull();
  expect(refusal(`query A { b } query B { ${aliases(16)} ${levels(9).slice(1, -1)} b ${marks(6)} }`)).toBe(
    'An operation may have at most 15 aliases and 8 levels and 5 directives',
  );
});
