import { hasCode } from '../../errors.ts';
import { ProviderFailure } from '../../otp/provider.ts';
import type { Counts } from './rules.ts';

/** How a resolver ended. */
export type Outcome = { readonly value: unknown } | { readonly error: unknown };

/** Waits for a resolver, whichever way it ends. */
export async function outcomeOf(work: () => unknown): Promise<Outcome> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error };
  }
}

/** The resolver's value. @throws what the resolver threw */
export function valueOf(outcome: Outcome): unknown {
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}

/**
 * Whether a call that ended so is one that a bucket by ARGUMENTS counts. It looks at what the client is told and at nothing
 * else, so that a bucket tells no more than the answers do: decoys count as if they were real (invariant 8).
 */
export function isCounted(counts: Counts, outcome: Outcome): boolean {
  if (counts === 'CALLS') return true;
  return counts === 'MESSAGES' ? isMessage(outcome) : isWrongSecret(outcome);
}

/** A message may be on its way although the provider's answer was lost. */
function isMessage(outcome: Outcome): boolean {
  if ('error' in outcome) return outcome.error instanceof ProviderFailure && outcome.error.reach === 'unknown';
  return fieldOf(outcome, 'isRepeat') !== true;
}

function isWrongSecret(outcome: Outcome): boolean {
  if ('error' in outcome) return hasCode(outcome.error, 'OTP_INVALID', 'INVALID_CREDENTIALS');
  return fieldOf(outcome, 'valid') === false;
}

function fieldOf({ value }: { readonly value: unknown }, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
