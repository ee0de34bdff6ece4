import { ProviderFailure, type Reach } from '../otp/provider.ts';
import { MEANINGS, type Call } from './error-codes.ts';

const RETRY_AFTER_SECONDS = 5;

/** Errors before anything left this machine. */
const NOT_REACHED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
]);
/** What axios says of a request that it could not even make. What it was asked to send is to blame, not the network. */
const NEVER_MADE = new Set([
  'ERR_BAD_OPTION',
  'ERR_BAD_OPTION_VALUE',
  'ERR_BAD_REQUEST',
  'ERR_CANCELED',
  'ERR_DEPRECATED',
  'ERR_INVALID_ARG_TYPE',
  'ERR_INVALID_CHAR',
  'ERR_INVALID_URL',
  'ERR_NOT_SUPPORT',
  'ERR_UNESCAPED_CHARACTERS',
]);

interface Answer {
  readonly status: number;
  /** Null where the answer is not in the form of Twilio's API: a proxy's or load balancer's page. */
  readonly code: number | null;
}

/** The Twilio error code of what the SDK threw; null when it is no answer of the API. */
export function twilioCode(error: unknown): number | null {
  return answerOf(error)?.code ?? null;
}

/**
 * The one translation of what the SDK throws. The error itself goes nowhere: its JSON holds the auth token and the number.
 * Only Twilio's own failures are outages: a broken connection, silence, a 5xx. What a client can bring about (a refusal, a
 * limit, an exception of the SDK or of ours) must not close Twilio for everybody.
 */
export function translateError(error: unknown, call: Call): ProviderFailure {
  const answer = answerOf(error);
  if (answer) return fromAnswer(answer, call);
  if (isTransportError(error)) {
    const reach: Reach = NOT_REACHED.has(error.code) ? 'none' : 'unknown';
    const reason = `Twilio cannot be reached (${error.code}): check the network and TWILIO_API_BASE_URL`;
    return unavailable(reach, reason, true);
  }
  const name = error instanceof Error ? error.name : typeof error;
  // Whether anything was sent before it is not known.
  return new ProviderFailure('PROVIDER_ERROR', 'unknown', {
    reason: `a call to Twilio ended in an exception (${name})`,
  });
}

/** Both classes of errors in which the SDK gives an answer (its older form, and RFC 9457) carry the status and the code. */
function answerOf(error: unknown): Answer | null {
  if (!(error instanceof Error) || isOfAxios(error) || !('status' in error) || typeof error.status !== 'number')
    return null;
  const code = 'code' in error && typeof error.code === 'number' && error.code > 0 ? error.code : null;
  return { status: error.status, code };
}

function isTransportError(error: unknown): error is Error & { readonly code: string } {
  return isOfAxios(error) && 'code' in error && typeof error.code === 'string' && !NEVER_MADE.has(error.code);
}

function isOfAxios(error: unknown): error is Error & { readonly isAxiosError: unknown } {
  return error instanceof Error && 'isAxiosError' in error;
}

function fromAnswer({ status, code }: Answer, call: Call): ProviderFailure {
  if (code !== null)
    return status >= 500
      ? unavailable('answered', `Twilio error ${code} with HTTP ${status}: ${pageOf(code)}`, true)
      : fromMeaning(code, call);
  const reason = `Twilio answered HTTP ${status} without an error of its API`;
  if (status >= 500) return unavailable('answered', reason, true);
  return status === 429
    ? unavailable('answered', reason, false)
    : new ProviderFailure('PROVIDER_ERROR', 'answered', { reason });
}

function fromMeaning(code: number, call: Call): ProviderFailure {
  const entry = MEANINGS[code];
  const meaning = typeof entry === 'function' ? entry(call) : entry;
  if (!meaning)
    return new ProviderFailure('PROVIDER_ERROR', 'answered', {
      reason: `Twilio error ${code}: ${pageOf(code)}`,
    });
  const reason = `Twilio error ${code}: ${meaning.advice}`;
  if (meaning.code === 'SERVICE_UNAVAILABLE') return unavailable('answered', reason, false);
  const wait = meaning.code === 'RESEND_TOO_SOON' || meaning.code === 'RATE_LIMITED';
  return new ProviderFailure(meaning.code, 'answered', {
    reason,
    facts: wait ? { retryAfterSeconds: RETRY_AFTER_SECONDS } : {},
  });
}

function pageOf(code: number): string {
  return `see https://www.twilio.com/docs/api/errors/${code}`;
}

function unavailable(reach: Reach, reason: string, isOutage: boolean): ProviderFailure {
  const facts = { retryAfterSeconds: RETRY_AFTER_SECONDS };
  return new ProviderFailure('SERVICE_UNAVAILABLE', reach, { reason, facts, isOutage });
}
