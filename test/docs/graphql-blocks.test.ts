// Every GraphQL block of the documentation is an operation that the schema takes; federation.md shows a supergraph's.
import { expect, test } from '@jest/globals';
import { buildSchema, parse, validate } from 'graphql';
import { readdirSync, readFileSync } from 'node:fs';

const schema = buildSchema(readFileSync('schema.graphql', 'utf8'));
const files = [
  'README.md',
  ...readdirSync('docs')
    .filter((name) => name.endsWith('.md') && name !== 'federation.md')
    .map((name) => `docs/${name}`),
];
const blocks = files.flatMap((file) =>
  [...readFileSync(file, 'utf8').matchAll(/^ *```graphql\n([\s\S]*?)^ *```$/gm)].map(
    ([, operation], index) => [file, index + 1, operation!] as const,
  ),
);

test.each(blocks)('%s, block %i', (_file, _index, operation) => {
  expect(validate(schema, parse(operation)).map(({ message }) => message)).toEqual([]);
});

test('there are such blocks', () => {
  expect(blocks.length).toBeGreaterThan(6);
});
