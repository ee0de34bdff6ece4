import { z } from 'zod';
import { CHANNELS } from './forms.ts';
import { KINDS } from './records.ts';

const integer = (min: number, max: number) => {
  const error = `must be an integer from ${min} to ${max}`;
  return z.int(error).min(min, error).max(max, error);
};
const oneOf = <const T extends readonly string[]>(...allowed: T) =>
  z.enum(allowed, `must be one of ${allowed.join(', ')}`);
const boolean = z.boolean('must be true or false');
const object = <T extends z.ZodRawShape>(shape: T) => z.strictObject(shape, 'must be a JSON object');
const target = oneOf(...KINDS, 'any');

/** An error to answer with instead of doing the work. */
const scriptedError = object({
  on: target.default('any'),
  code: integer(1, 999_999),
  /** How many calls still get it; null: every one until it is taken back. */
  times: integer(1, 1_000_000).nullable().default(null),
  /** Twilio's own status and message for the code when left out. */
  httpStatus: integer(400, 599).optional(),
  message: z.string('must be a string').optional(),
  retryAfterSeconds: integer(0, 86_400).optional(),
});

/** Everything about the emulator that can be made to misbehave. */
const behavior = object({
  latencyMs: integer(0, 120_000),
  /** hang: never answer; reset: cut the connection; html502: a proxy's page instead of JSON. */
  outage: oneOf('none', 'hang', 'reset', 'html502'),
  outageOn: target,
  /** The call takes effect (a code is sent, an attempt spent) and only its answer is lost. */
  outageAfterEffect: boolean,
  error: scriptedError.nullable(),
  channelsDisabled: z.array(oneOf(...CHANNELS), `must be a list of ${CHANNELS.join(', ')}`),
  /** Overrides the PSD2 flag of every service; null: as configured. */
  psd2: boolean.nullable(),
  /** A start while another for the same number is in the air answers 60212. Needs some latency to be seen. */
  refuseConcurrent: boolean,
});
const change = object(behavior.partial().shape);

export type ScriptedError = z.output<typeof scriptedError>;
export type Behavior = z.output<typeof behavior>;
/** The switches to change; those left out stay as they are. */
export type BehaviorChange = z.input<typeof change>;

/** A switch that cannot be set so; the message says what would be valid. */
export class InvalidBehaviorError extends Error {}

/** Nothing misbehaves. */
export function defaultBehavior(): Behavior {
  return {
    latencyMs: 0,
    outage: 'none',
    outageOn: 'any',
    outageAfterEffect: false,
    error: null,
    channelsDisabled: [],
    psd2: null,
    refuseConcurrent: false,
  };
}

/** Checks a change, every switch in it; throws InvalidBehaviorError about the first one that is wrong. */
export function parseBehaviorChange(given: unknown): Partial<Behavior> {
  const parsed = change.safeParse(given);
  // One that is there and undefined is left out, too.
  if (parsed.success) return Object.fromEntries(Object.entries(parsed.data).filter(([, value]) => value !== undefined));
  const [issue] = parsed.error.issues;
  throw new InvalidBehaviorError(issue && explain(issue));
}

function explain({ path, message, ...issue }: z.core.$ZodIssue): string {
  // The place in a list says less than what is allowed there.
  const name = path.filter((part) => typeof part === 'string');
  if (issue.code !== 'unrecognized_keys') return `${name.join('.') || 'behavior'} ${message}`;
  const [unknown = ''] = issue.keys;
  if (name.length > 0) return `unknown field "${[...name, unknown].join('.')}"`;
  return `unknown switch "${unknown}"; known are ${Object.keys(behavior.shape).join(', ')}`;
}
