import { describe, expect, test } from '@jest/globals';
import { buildSchema, execute, GraphQLError, parse, validate, type GraphQLFormattedError } from 'graphql';
import { AppError, ERROR_TABLE, type ErrorCode } from '../../src/errors.ts';
import { formatError, formatHttpError } from '../../src/graphql/server/format-error.ts';

/** What a client gets of an error that a resolver threw. */
function thrownByResolver(original: unknown): GraphQLFormattedError {
  const wrapped = new GraphQLError('words of the wrapper', {
    path: ['sendOtp'],
    originalError: original instanceof Error ? original : new Error('not an error'),
  });
  const formatted = {
    ...wrapped.toJSON(),
    extensions: { code: 'INTERNAL_SERVER_ERROR', stacktrace: ['at secret.ts:1'] },
  };
  return formatError(formatted, wrapped);
}

describe('a refusal of ours', () => {
  test.each(Object.keys(ERROR_TABLE) as ErrorCode[])(
    '%s leaves with its code, its message and nothing private',
    (code) => {
      const error = new AppError(code, { reason: 'a private reason', cause: new Error('a private cause') });
      expect(thrownByResolver(error)).toEqual({
        message: ERROR_TABLE[code].message,
        path: ['sendOtp'],
        extensions: { code },
      });
    },
  );

  test('leaves with its own message and facts', () => {
    const facts = { field: 'to', retryAfterSeconds: 3, attemptsRemaining: 0, channel: 'SMS' };
    expect(thrownByResolver(new AppError('RATE_LIMITED', { message: 'Slower', facts }))).toEqual({
      message: 'Slower',
      path: ['sendOtp'],
      extensions: { code: 'RATE_LIMITED', ...facts },
    });
  });
});

describe('any other error', () => {
  const driver = Object.assign(new Error('E11000 duplicate key: { phone: "+12025550123" }'), {
    code: 11000,
    keyValue: { phone: '+12025550123' },
    extensions: { code: 'BAD_USER_INPUT', keyValue: '+12025550123' },
  });

  test.each([
    ['of a driver', driver],
    ['of a program', new TypeError('cannot read +12025550123 of undefined')],
    ['that is no Error', '+12025550123'],
  ])('%s leaves as INTERNAL_SERVER_ERROR in words of ours', (_what, original) => {
    const answer = thrownByResolver(original);
    expect(answer).toEqual({
      message: ERROR_TABLE.INTERNAL_SERVER_ERROR.message,
      path: ['sendOtp'],
      extensions: { code: 'INTERNAL_SERVER_ERROR' },
    });
  });

  test('with a code that is not a mistake of the client leaves as INTERNAL_SERVER_ERROR too', () => {
    const formatted = { message: 'raw words', extensions: { code: 'DOWNSTREAM_SERVICE_ERROR', secret: 1 } };
    expect(formatError(formatted, new GraphQLError('raw words'))).toEqual({
      message: ERROR_TABLE.INTERNAL_SERVER_ERROR.message,
      extensions: { code: 'INTERNAL_SERVER_ERROR' },
    });
  });
});

describe('a mistake in the document or its variables names its field', () => {
  const schema = buildSchema(
    'input In { to: String! times: Int kind: Kind list: [String!] } enum Kind { A B } type Query { go(input: In!): Int }',
  );

  /** The first error that graphql-js has about an operation, as a client gets it. */
  function refusalOf(operation: string, variableValues: Record<string, unknown> = {}): GraphQLFormattedError {
    const document = parse(operation);
    const [invalid] = validate(schema, document);
    if (invalid) return formatted(invalid, 'GRAPHQL_VALIDATION_FAILED');
    const result = execute({ schema, document, variableValues });
    if ('then' in result || !result.errors) throw new Error('the operation was not refused');
    return formatted(result.errors[0]!, 'BAD_USER_INPUT');
  }
  const formatted = (error: GraphQLError, code: string) =>
    formatError({ ...error.toJSON(), extensions: { code } }, error);
  const withVariable = (input: unknown) => refusalOf('query ($input: In!) { go(input: $input) }', { input });

  test.each([
    ['a variable of a wrong type', () => withVariable({ to: 5 }), 'to'],
    ['an object where a string belongs', () => withVariable({ to: { $ne: null } }), 'to'],
    ['an array where a string belongs', () => withVariable({ to: ['a', 'b'] }), 'to'],
    ['an item of a wrong type', () => withVariable({ to: 'a', list: ['a', 5] }), 'list'],
    ['an unknown enum value', () => withVariable({ to: 'a', kind: 'C' }), 'kind'],
    ['a missing field', () => withVariable({}), 'to'],
    ['a null field', () => withVariable({ to: null }), 'to'],
    ['an unknown field', () => withVariable({ to: 'a', more: 1 }), 'more'],
    ['a missing variable', () => withVariable(undefined), 'input'],
    ['a literal of a wrong type', () => refusalOf('{ go(input: { to: 5 }) }'), 'to'],
    ['a literal that is no whole number', () => refusalOf('{ go(input: { to: "a", times: 1.5 }) }'), 'times'],
    ['an unknown literal of an enum', () => refusalOf('{ go(input: { to: "a", kind: C }) }'), 'kind'],
    ['a missing literal', () => refusalOf('{ go(input: {}) }'), 'to'],
    ['an unknown literal', () => refusalOf('{ go(input: { to: "a", more: 1 }) }'), 'more'],
  ])('%s', (_what, refuse, field) => {
    expect(refuse().extensions).toEqual({ code: 'BAD_USER_INPUT', field });
  });
});

test('an error of HTTP itself has the shape of all others', () => {
  expect(formatHttpError('BAD_USER_INPUT', 'The body is not valid JSON', 'id')).toEqual({
    errors: [{ message: 'The body is not valid JSON', extensions: { code: 'BAD_USER_INPUT', requestId: 'id' } }],
  });
});
