import { unwrapResolverError } from '@apollo/server/errors';
import { GraphQLError, TokenKind, type GraphQLFormattedError, type Token } from 'graphql';
import { AppError, type ErrorCode, type PublicFacts } from '../../errors.ts';

const MAX_MESSAGE_LENGTH = 500;

/** What Apollo and graphql-js call the mistakes of a client, all of them BAD_USER_INPUT in our table. */
const CLIENT_MISTAKES = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_USER_INPUT',
  'BAD_REQUEST',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
]);

/**
 * The one place where an error becomes public: a code of the table, its message, its facts. Nothing else of it leaves:
 * no stack trace, no driver's or vendor's words.
 */
export function formatError(formatted: GraphQLFormattedError, thrown: unknown): GraphQLFormattedError {
  const error = toAppError(unwrapResolverError(thrown), formatted);
  const { path, locations } = formatted;
  return {
    message: error.message,
    ...(locations && { locations }),
    ...(path && { path }),
    extensions: { code: error.code, ...error.facts },
  };
}

function toAppError(error: unknown, formatted: GraphQLFormattedError): AppError {
  if (error instanceof AppError) return error;
  const code = formatted.extensions?.['code'];
  if (typeof code === 'string' && CLIENT_MISTAKES.has(code)) {
    const field = error instanceof GraphQLError ? fieldOf(error) : undefined;
    return new AppError('BAD_USER_INPUT', { message: shortened(formatted.message), facts: field ? { field } : {} });
  }
  return new AppError('INTERNAL_SERVER_ERROR', {
    reason: error instanceof Error ? error.name : 'not an Error',
    cause: error,
  });
}

/** graphql-js repeats the wrong value, however long. */
function shortened(message: string): string {
  return message.length > MAX_MESSAGE_LENGTH ? `${message.slice(0, MAX_MESSAGE_LENGTH)}…` : message;
}

/** The input field that a graphql-js message is about: variables are named by path, literals by the token before them. */
function fieldOf(error: GraphQLError): PublicFacts['field'] {
  const path = / at "([^"]+)"/.exec(error.message)?.[1];
  const missing = /Field "([^"]+)" (?:of required type|is not defined)/.exec(error.message)?.[1];
  if (missing) return lastName(missing);
  const unknownInVariable = /; Field "([^"]+)"/.exec(error.message)?.[1];
  if (unknownInVariable) return lastName(unknownInVariable);
  if (path) return lastName(path);
  return nameBefore(error.nodes?.[0]?.loc?.startToken) ?? /Variable "\$([^"]+)"/.exec(error.message)?.[1];
}

function lastName(path: string): string {
  return path
    .split('.')
    .at(-1)!
    .replace(/\[\d+\]$/, '');
}

/** `field: value` in the document: the name two tokens before the value. */
function nameBefore(token: Token | undefined): string | undefined {
  const colon = token?.prev;
  return colon?.kind === TokenKind.COLON && colon.prev?.kind === TokenKind.NAME ? colon.prev.value : undefined;
}

/** An error of HTTP itself (a body that is no JSON, too large, of a wrong type), in GraphQL's shape. */
export function formatHttpError(
  code: ErrorCode,
  message: string,
  requestId: string,
  facts: PublicFacts = {},
): { errors: GraphQLFormattedError[] } {
  return { errors: [{ message, extensions: { code, ...facts, requestId } }] };
}
