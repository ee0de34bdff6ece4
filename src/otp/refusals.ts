// The errors of codes, in public terms.
import { secondsUntil } from '../clock.ts';
import { AppError, hasCode } from '../errors.ts';
import { opensAt } from './attempt-budget.ts';
import type { Destination, OtpChannel } from './challenge.ts';
import { MAX_SENDS } from './message-limit.ts';
import { callerAt } from './known-client.ts';
import type { RequesterIds } from './requester.ts';

/** Wrong codes have closed the destination for this requester. */
export function closed({ budget, clients }: Destination, requester: RequesterIds, now: number): AppError {
  const by = callerAt(clients, requester, now);
  return new AppError('MAX_ATTEMPTS_REACHED', {
    message: 'Too many wrong codes for this destination; try again later',
    facts: { attemptsRemaining: 0, retryAfterSeconds: secondsUntil(opensAt(budget, by, now), now) },
  });
}

/** No attempt is left at the present code. @param retryAt when a new one can be had, where that is not now */
export function exhausted(retryAt: number | null = null, now = 0): AppError {
  const wait = retryAt === null ? {} : { retryAfterSeconds: secondsUntil(retryAt, now) };
  return new AppError('MAX_ATTEMPTS_REACHED', {
    ...(retryAt !== null && { message: 'Too many wrong codes; ask for a new one when this one has expired' }),
    facts: { attemptsRemaining: 0, ...wait },
  });
}

/** An action holds the approval for longer than anybody waits. */
export function stillHeld(): AppError {
  return new AppError('SERVICE_UNAVAILABLE', {
    message: 'Another request is using this code; try again in a moment',
    facts: { retryAfterSeconds: 2 },
  });
}

/** A message went out a moment ago, or another code is in the way. */
export function tooSoon(retryAt: number, now: number): AppError {
  return new AppError('RESEND_TOO_SOON', { facts: { retryAfterSeconds: secondsUntil(retryAt, now) } });
}

/** The messages for this destination are used up. */
export function sentTooOften(retryAt: number, now: number): AppError {
  return new AppError('RATE_LIMITED', {
    message: `Codes were sent here ${MAX_SENDS} times already; try again later`,
    facts: { retryAfterSeconds: secondsUntil(retryAt, now) },
  });
}

/** A channel that is not set up. */
export function notConfigured(channel: OtpChannel, configured: readonly OtpChannel[]): AppError {
  return new AppError('CHANNEL_UNAVAILABLE', {
    message: 'This channel is not configured here',
    facts: { field: 'channel', channel, channels: alternativesTo(channel, configured) },
  });
}

/** The channel is never switched silently: a refusal names the others that reach the same destination. */
export function withChannels(error: unknown, channel: OtpChannel, configured: readonly OtpChannel[]): unknown {
  if (!hasCode(error, 'CHANNEL_UNAVAILABLE', 'DESTINATION_BLOCKED')) return error;
  const facts = { ...error.facts, channel, channels: alternativesTo(channel, configured) };
  return new AppError(error.code, { message: error.message, facts, ...(error.reason && { reason: error.reason }) });
}

function alternativesTo(channel: OtpChannel, configured: readonly OtpChannel[]): OtpChannel[] {
  return configured.filter((other) => other !== channel && (other === 'EMAIL') === (channel === 'EMAIL'));
}
