import { type Channel, CHANNELS } from './forms.ts';
import { type Kind, KINDS } from './records.ts';

const OUTAGES = ['none', 'hang', 'reset', 'html502'] as const;
const TARGETS = [...KINDS, 'any'] as const;
const MAX_LATENCY_MS = 120_000;

type Target = Kind | 'any';

/** An error to answer with instead of doing the work. */
export interface ScriptedError {
  on: Target;
  code: number;
  /** Twilio's own status and message for the code when left out. */
  httpStatus?: number;
  message?: string;
  retryAfterSeconds?: number;
  /** How many calls still get it; null: every one until it is taken back. */
  times: number | null;
}

/** Everything about the emulator that can be made to misbehave. */
export interface Behavior {
  latencyMs: number;
  /** hang: never answer; reset: cut the connection; html502: a proxy's page instead of JSON. */
  outage: (typeof OUTAGES)[number];
  outageOn: Target;
  /** The call takes effect (a code is sent, an attempt spent) and only its answer is lost. */
  outageAfterEffect: boolean;
  error: ScriptedError | null;
  channelsDisabled: Channel[];
  /** Overrides the PSD2 flag of every service; null: as configured. */
  psd2: boolean | null;
  /** A start while another for the same number is in the air answers 60212. Needs some latency to be seen. */
  refuseConcurrent: boolean;
}

/** The switches to change; those left out stay as they are. */
export type BehaviorChange = Partial<Omit<Behavior, 'error'>> & {
  error?: (Pick<ScriptedError, 'code'> & Partial<ScriptedError>) | null;
};

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
export function parseBehaviorChange(change: unknown): Partial<Behavior> {
  const fields = Object.entries(parseObject('behavior', change)).map(([name, value]) => {
    if (!isSwitch(name)) fail(`unknown switch "${name}"; known are ${Object.keys(PARSERS).join(', ')}`);
    return [name, PARSERS[name](value)];
  });
  return Object.fromEntries(fields) as Partial<Behavior>;
}

const PARSERS: { [Name in keyof Behavior]: (value: unknown) => Behavior[Name] } = {
  latencyMs: (value) => parseInteger('latencyMs', value, 0, MAX_LATENCY_MS),
  outage: (value) => parseOneOf('outage', value, OUTAGES),
  outageOn: (value) => parseOneOf('outageOn', value, TARGETS),
  outageAfterEffect: (value) => parseBoolean('outageAfterEffect', value),
  error: (value) => (value === null ? null : parseError(value)),
  channelsDisabled: (value) => {
    if (!Array.isArray(value)) fail(`channelsDisabled must be a list of ${CHANNELS.join(', ')}`);
    return value.map((channel) => parseOneOf('channelsDisabled', channel, CHANNELS));
  },
  psd2: (value) => (value === null ? null : parseBoolean('psd2', value)),
  refuseConcurrent: (value) => parseBoolean('refuseConcurrent', value),
};

function isSwitch(name: string): name is keyof Behavior {
  return Object.hasOwn(PARSERS, name);
}

function parseError(value: unknown): ScriptedError {
  const {
    on = 'any',
    code,
    httpStatus,
    message,
    retryAfterSeconds,
    times = null,
    ...rest
  } = parseObject('error', value);
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) fail(`unknown field "error.${unknown}"`);
  if (message !== undefined && typeof message !== 'string') fail('error.message must be a string');
  return {
    on: parseOneOf('error.on', on, TARGETS),
    code: parseInteger('error.code', code, 1, 999_999),
    times: times === null ? null : parseInteger('error.times', times, 1, 1_000_000),
    ...(httpStatus !== undefined && { httpStatus: parseInteger('error.httpStatus', httpStatus, 400, 599) }),
    ...(message !== undefined && { message }),
    ...(retryAfterSeconds !== undefined && {
      retryAfterSeconds: parseInteger('error.retryAfterSeconds', retryAfterSeconds, 0, 86_400),
    }),
  };
}

function parseObject(name: string, value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail(`${name} must be a JSON object`);
  return { ...value };
}

function parseInteger(name: string, value: unknown, min: number, max: number): number {
  const isValid = typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
  return isValid ? value : fail(`${name} must be an integer from ${min} to ${max}`);
}

function parseBoolean(name: string, value: unknown): boolean {
  return typeof value === 'boolean' ? value : fail(`${name} must be true or false`);
}

function parseOneOf<T extends string>(name: string, value: unknown, allowed: readonly T[]): T {
  return allowed.find((one) => one === value) ?? fail(`${name} must be one of ${allowed.join(', ')}`);
}

function fail(message: string): never {
  throw new InvalidBehaviorError(message);
}
