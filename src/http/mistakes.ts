import type { FastifyError } from 'fastify';

export const BODY_LIMIT_BYTES = 100_000;

/** What Fastify refuses before a route runs, in words of ours. */
const MESSAGES: Record<string, string> = {
  FST_ERR_BAD_URL: 'The path is not valid',
  FST_ERR_CTP_BODY_TOO_LARGE: `The body is larger than ${BODY_LIMIT_BYTES / 1000} kB`,
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'The content type is not supported: send application/json',
  FST_ERR_CTP_INVALID_JSON_BODY: 'The body is not valid JSON',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'The body is empty: send JSON',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'The body is not as long as its Content-Length says',
};

/** The status and public message of a request that Fastify refused; null when the fault is ours. */
export function httpMistake(error: FastifyError): { status: number; message: string } | null {
  const status = error.statusCode ?? 500;
  if (status < 400 || status >= 500) return null;
  return { status, message: MESSAGES[error.code] ?? 'The request is not valid' };
}
