import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { AppError, ERROR_TABLE, type ErrorCode } from '../errors.ts';
import { httpMistake } from '../http/mistakes.ts';
import { OperationError } from './run-operation.ts';

/** Where a refusal knows no wait of its own: the usual cool-down, after which a new code can be asked for. */
const RETRY_AFTER_SECONDS = 30;

/**
 * Answers what a REST request was refused with, as `{"error": message, "code": CODE}` and the status of the error table:
 * refusals by operations, by a route or its schema (AppError), and by Fastify itself (a body that is no JSON, too large,
 * of another type). Anything else is a defect of ours: 500, logged, and nothing of it told.
 */
export function answerRestError(error: FastifyError | AppError, request: FastifyRequest, reply: FastifyReply): void {
  if (error instanceof AppError) {
    if (!(error instanceof OperationError)) logRefusal(request, error.code, error.message);
    const seconds = error.facts.retryAfterSeconds;
    send(reply, { status: ERROR_TABLE[error.code].httpStatus, code: error.code, message: error.message, seconds });
    return;
  }
  const mistake = httpMistake(error);
  if (mistake) {
    logRefusal(request, 'BAD_USER_INPUT', error.code);
    send(reply, { ...mistake, code: 'BAD_USER_INPUT' });
    return;
  }
  request.log.error({ errorCode: 'INTERNAL_SERVER_ERROR', err: error }, 'failed');
  const { httpStatus: status, message } = ERROR_TABLE.INTERNAL_SERVER_ERROR;
  send(reply, { status, message, code: 'INTERNAL_SERVER_ERROR' });
}

function logRefusal(request: FastifyRequest, errorCode: ErrorCode, reason: string): void {
  request.log.info({ errorCode, reason }, 'refused');
}

interface Refusal {
  readonly status: number;
  readonly code: ErrorCode;
  readonly message: string;
  readonly seconds?: number | undefined;
}

function send(reply: FastifyReply, { status, code, message, seconds }: Refusal): void {
  if (status === 429 || status === 503) void reply.header('retry-after', String(seconds ?? RETRY_AFTER_SECONDS));
  void reply.code(status).send({ error: message, code });
}
