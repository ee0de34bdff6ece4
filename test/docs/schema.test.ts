// The schema's descriptions are the documentation of the API (DESIGN section 3), and its directives tell what is limited.
import { expect, test } from '@jest/globals';
import { buildSchema, isEnumType, isInputObjectType, isObjectType, type GraphQLNamedType } from 'graphql';
import { page } from './blocks.ts';

const schema = buildSchema(page('schema.graphql'));
const types = Object.values(schema.getTypeMap()).filter(({ astNode }) => astNode);
const mutations = Object.values(schema.getMutationType()!.getFields());

interface Described {
  readonly name: string;
  readonly description?: string | null | undefined;
}
const ROOTS = ['Query', 'Mutation'];

/** A type with everything in it that has a name. */
function partsOf(type: GraphQLNamedType): Described[] {
  const named = (part: Described, within: string) => ({ ...part, name: `${within}.${part.name}` });
  const own = ROOTS.includes(type.name) ? [] : [{ name: type.name, description: type.description }];
  if (isEnumType(type)) return [...own, ...type.getValues().map((value) => named(value, type.name))];
  if (isInputObjectType(type)) return [...own, ...Object.values(type.getFields()).map((f) => named(f, type.name))];
  if (!isObjectType(type)) return own;
  const fields = Object.values(type.getFields());
  const args = fields.flatMap((field) => field.args.map((arg) => named(arg, `${type.name}.${field.name}`)));
  return [...own, ...fields.map((field) => named(field, type.name)), ...args];
}

test('every type, field, argument and value is described', () => {
  const parts = types.flatMap(partsOf);
  expect(parts.length).toBeGreaterThan(150);
  // `input` is described by its type.
  const silent = parts.filter(({ name, description }) => !description && !name.endsWith('.input'));
  expect(silent.map(({ name }) => name)).toEqual([]);
});

test('every mutation is limited, except those that cost the session that asks', () => {
  const open = mutations.filter(({ astNode }) => !astNode!.directives!.some(({ name }) => name.value === 'rateLimit'));
  expect(open.map(({ name }) => name).sort()).toEqual(['logout', 'revokeAllSessions']);
});
