import { parseAnyDestination, parseEmail } from '../../otp/destination.ts';
import type { RequestContext } from '../context.ts';

/** Arguments that we made ourselves and gave out: they have one spelling, and are taken as they are. */
const OPAQUE = /(^|\.)(refreshToken|loginTicket)$/;
/** Longer than any of them is; what is longer is none, and its field refuses it. */
const MAX_OPAQUE_LENGTH = 512;

/**
 * What a rate limit counts a call by, in its one normalised spelling; null when the call lacks it, or when the value is
 * no destination, and no token or ticket, at all and the field is going to refuse it.
 */
export async function identityOf(
  group: { readonly by: 'CLIENT_IP' | 'ARGUMENTS' | 'USER'; readonly identityArgs: readonly string[] },
  args: Record<string, unknown>,
  context: RequestContext,
): Promise<string | null> {
  if (group.by === 'CLIENT_IP') return context.client.ip;
  if (group.by === 'USER') return (await context.viewer())?.user.id ?? null;
  const values = group.identityArgs.map((path) => normalised(path, valueAt(args, path)));
  return values.includes(null) ? null : values.join('\n');
}

function valueAt(args: Record<string, unknown>, path: string): unknown {
  return path.split('.').reduce<unknown>((at, name) => (isObject(at) ? at[name] : undefined), args);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Five spellings of one number are one number: the same parsers decide here and in the services. */
function normalised(path: string, value: unknown): string | null {
  if (typeof value !== 'string') return null;
  if (OPAQUE.test(path)) return value.length > 0 && value.length <= MAX_OPAQUE_LENGTH ? value : null;
  try {
    return path.endsWith('email') ? parseEmail(value, path) : parseAnyDestination(value, path, { phoneStrict: false });
  } catch {
    return null;
  }
}
