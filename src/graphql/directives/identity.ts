import {
  getNullableType,
  GraphQLID,
  GraphQLString,
  isInputObjectType,
  type GraphQLFieldConfig,
  type GraphQLInputType,
} from 'graphql';
import { parseAnyDestination, parseEmail, parsePhone } from '../../otp/destination.ts';
import type { RequestContext } from '../context.ts';

/** Longer than any token or ticket of ours is; what is longer is none, and its field refuses it. */
const MAX_OPAQUE_LENGTH = 512;

/** The one spelling of a value, however it was written. @throws where it is none of its kind */
type Normalise = (value: string, path: string) => string;

/** The same parsers decide here and in the services: five spellings of one number are one number. */
const destination: Normalise = (value, path) => parseAnyDestination(value, path, { phoneStrict: false });
const phone: Normalise = (value, path) => parsePhone(value, path, { phoneStrict: false });
/** Made by us and given out: it has one spelling, and is taken as it is. */
const opaque: Normalise = (value, path) => {
  if (value.length > 0 && value.length <= MAX_OPAQUE_LENGTH) return value;
  throw new Error(`${path} is none of ours`);
};

/** What kind of value an argument is, by its name. Only these can be counted by. */
const KINDS: ReadonlyMap<string, Normalise> = new Map([
  ['to', destination],
  ['phone', phone],
  ['email', parseEmail],
  ['refreshToken', opaque],
  ['loginTicket', opaque],
]);

/**
 * What calls with this argument are counted by: its value in its one normalised spelling; null when a call lacks it, or
 * when it is no such value at all and the field is going to refuse it.
 * @param path the argument, for example `input.to`
 * @throws Error when the path leads nowhere, to no text, or to text of an unknown kind: its rule would limit nothing
 */
export function argumentReader(
  field: GraphQLFieldConfig<unknown, RequestContext>,
  path: string,
): (args: Record<string, unknown>) => string | null {
  const names = path.split('.');
  const type = typeAt(field, names);
  if (!type) throw new Error(`the field has no argument "${path}"`);
  const nullable = getNullableType(type);
  if (nullable !== GraphQLString && nullable !== GraphQLID) throw new Error(`"${path}" is no text`);
  const normalise = KINDS.get(names.at(-1)!);
  if (!normalise) throw new Error(`nobody has said what kind of value "${path}" is: add it to KINDS in identity.ts`);
  return (args) => {
    const value = names.reduce<unknown>((at, name) => (isObject(at) ? at[name] : undefined), args);
    if (typeof value !== 'string') return null;
    try {
      return normalise(value, path);
    } catch {
      return null;
    }
  };
}

function typeAt(
  field: GraphQLFieldConfig<unknown, RequestContext>,
  [first = '', ...rest]: readonly string[],
): GraphQLInputType | undefined {
  let type = field.args?.[first]?.type;
  for (const name of rest) {
    const input = type && getNullableType(type);
    type = isInputObjectType(input) ? input.getFields()[name]?.type : undefined;
  }
  return type;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
