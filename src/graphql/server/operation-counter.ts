import type { ApolloServerPlugin } from '@apollo/server';
import { unwrapResolverError } from '@apollo/server/errors';
import {
  GraphQLError,
  Kind,
  type DocumentNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { AppError, type ErrorCode } from '../../errors.ts';
import type { RequestContext } from '../context.ts';

/** Told what operations ask for and how they fail. */
export interface OperationObserver {
  /** @param field a root field of the schema */
  operation(field: string): void;
  /** @param field a field of the schema; `none` where the operation never ran */
  error(field: string, code: ErrorCode): void;
}

/** Counts by the schema's own names: an operation's name and its aliases are the client's, and could be anything. */
export function operationCounter(observer: OperationObserver): ApolloServerPlugin<RequestContext> {
  return {
    requestDidStart: () =>
      Promise.resolve({
        didResolveOperation: ({ document, operation }) => {
          for (const field of rootFields(document, operation)) observer.operation(field);
          return Promise.resolve();
        },
        didEncounterErrors: ({ errors }) => {
          for (const error of errors) observer.error(fieldOf(error), codeOf(error));
          return Promise.resolve();
        },
      }),
  };
}

/** Each field once, and each fragment once: fragments within fragments must cost no time. */
function rootFields(document: DocumentNode, operation: OperationDefinitionNode | undefined): Set<string> {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions)
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  const fields = new Set<string>();
  const collect = (set: SelectionSetNode | undefined): void => {
    for (const selection of set?.selections ?? []) {
      if (selection.kind === Kind.FIELD) fields.add(selection.name.value);
      else if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection.selectionSet);
      else {
        const fragment = fragments.get(selection.name.value);
        fragments.delete(selection.name.value);
        collect(fragment?.selectionSet);
      }
    }
  };
  collect(operation?.selectionSet);
  return fields;
}

/** Only a resolver's error has a path, and then its field is one of the schema; a validation error may name anything. */
function fieldOf(error: GraphQLError): string {
  const [node] = error.nodes ?? [];
  return error.path && node?.kind === Kind.FIELD ? node.name.value : 'none';
}

function codeOf(error: GraphQLError): ErrorCode {
  const thrown = unwrapResolverError(error);
  if (thrown instanceof AppError) return thrown.code;
  return thrown instanceof GraphQLError ? 'BAD_USER_INPUT' : 'INTERNAL_SERVER_ERROR';
}
