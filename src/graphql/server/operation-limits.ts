import {
  GraphQLError,
  Kind,
  OperationTypeNode,
  type ASTNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValidationContext,
} from 'graphql';

/** Limits of one operation (DESIGN section 6). Aliases amplify a guess, depth and directives amplify work (GHSA-6q22-g298-grjh). */
const MAX_ALIASES = 15;
const MAX_DEPTH = 8;
const MAX_DIRECTIVES = 5;
/** Enforced by the parser, before anything is built. */
export const MAX_TOKENS = 1_500;

interface Cost {
  readonly aliases: number;
  readonly depth: number;
  readonly directives: number;
}

/** A validation rule that refuses an operation with too many aliases, levels or directives, fragments counted where they are spread. */
export function operationLimits(context: ValidationContext) {
  const costOf = createCounter(context.getDocument());
  return {
    OperationDefinition(node: OperationDefinitionNode): void {
      // graphql-js would find out only when it executes, as an error of the server.
      if (node.operation === OperationTypeNode.SUBSCRIPTION)
        context.reportError(new GraphQLError('There are no subscriptions here', { nodes: node }));
      const cost = costOf(node);
      const exceeded: string[] = [];
      if (cost.aliases > MAX_ALIASES) exceeded.push(`${MAX_ALIASES} aliases`);
      if (cost.depth > MAX_DEPTH) exceeded.push(`${MAX_DEPTH} levels`);
      if (cost.directives > MAX_DIRECTIVES) exceeded.push(`${MAX_DIRECTIVES} directives`);
      if (exceeded.length === 0) return;
      context.reportError(new GraphQLError(`An operation may have at most ${exceeded.join(' and ')}`, { nodes: node }));
    },
  };
}

/** Counts each fragment once and remembers it, so that fragments within fragments cost no time. */
function createCounter(document: DocumentNode): (node: OperationDefinitionNode) => Cost {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions)
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  const known = new Map<string, Cost>();

  const ofFragment = (name: string): Cost => {
    const cost = known.get(name);
    if (cost) return cost;
    // Stands while the fragment is counted: one that spreads itself is refused by another rule, and must not hang this one.
    known.set(name, NOTHING);
    const fragment = fragments.get(name);
    const counted = fragment ? plus(ofNode(fragment), ofSelections(fragment.selectionSet)) : NOTHING;
    known.set(name, counted);
    return counted;
  };

  const ofSelections = (set: SelectionSetNode | undefined): Cost => {
    let sum = NOTHING;
    for (const selection of set?.selections ?? []) {
      const own = ofNode(selection);
      if (selection.kind === Kind.FRAGMENT_SPREAD) sum = plus(sum, own, ofFragment(selection.name.value));
      else if (selection.kind === Kind.INLINE_FRAGMENT) sum = plus(sum, own, ofSelections(selection.selectionSet));
      else {
        const below = ofSelections(selection.selectionSet);
        const aliases = below.aliases + (selection.alias ? 1 : 0);
        // Introspection is as deep as Sandbox's own query needs; production switches it off.
        const depth = selection.name.value.startsWith('__') ? 0 : below.depth + 1;
        sum = plus(sum, own, { ...below, aliases, depth });
      }
    }
    return sum;
  };

  return (operation) => plus(ofNode(operation), ofSelections(operation.selectionSet));
}

const NOTHING: Cost = { aliases: 0, depth: 0, directives: 0 };

function ofNode(node: ASTNode & { directives?: readonly unknown[] | undefined }): Cost {
  return { ...NOTHING, directives: node.directives?.length ?? 0 };
}

/** Siblings: aliases and directives add up, depth is the deepest. */
function plus(...costs: Cost[]): Cost {
  return costs.reduce((sum, cost) => ({
    aliases: sum.aliases + cost.aliases,
    depth: Math.max(sum.depth, cost.depth),
    directives: sum.directives + cost.directives,
  }));
}
