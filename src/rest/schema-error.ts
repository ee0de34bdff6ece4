import type { FastifySchemaValidationError } from 'fastify';
import { badInput, type AppError } from '../errors.ts';

/** The first thing that a body lacks or has wrong by its route's schema, told in the guide's field names. */
export function schemaError([first]: FastifySchemaValidationError[]): AppError {
  const { keyword, instancePath, params, message } = first!;
  if (keyword === 'required') return badInput(String(params['missingProperty']), 'is missing');
  const field = instancePath.slice(1);
  if (field === '') return badInput('body', 'must be a JSON object');
  if (keyword === 'type') return badInput(field, 'must be a string');
  if (keyword === 'enum') return badInput(field, `must be one of ${(params['allowedValues'] as string[]).join(', ')}`);
  return badInput(field, message ?? 'is not valid');
}
