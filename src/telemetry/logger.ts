import { pino, type DestinationStream, type Logger } from 'pino';

/** Names under which a secret could reach the log by mistake: their values are never written. */
const SECRET_NAMES = [
  'code',
  'otpCode',
  'otp_code',
  'password',
  'newPassword',
  'new_password',
  'token',
  'refreshToken',
  'deviceToken',
  'verificationToken',
  'emailVerificationToken',
  'authorization',
  'to',
  'phone',
  'email',
];

/**
 * Structured logs on standard output. Code logs facts and ids, never inputs; the redaction is the second line of defence.
 * @param stream where lines go instead (tests)
 */
export function createLogger(level: string, stream?: DestinationStream): Logger {
  const paths = SECRET_NAMES.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths, censor: '[redacted]' },
      serializers: { err: describeError },
      hooks: {
        // Without words of ours pino would take the error's own as the line's message.
        logMethod(args, method) {
          const [first, message] = args as unknown[];
          const error = first instanceof Error ? first : (first as { err?: unknown } | null)?.err;
          if (error instanceof Error && message === undefined) method.apply(this, [first as object, 'failed']);
          else method.apply(this, args);
        },
      },
    },
    stream ?? pino.destination({ fd: 1, sync: false }),
  );
}

/** A driver's message can quote a document or an address: only the kind of an error is written, and where it was thrown. */
function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { name: 'not an Error' };
  const { code } = error as { code?: unknown };
  return {
    name: error.name,
    // Not `code`: under that name it would be taken for a one-time code, and redacted.
    ...((typeof code === 'string' || typeof code === 'number') && { errorCode: code }),
    frames: framesOf(error),
  };
}

/** The places in the stack. The message stands before them and may look like them, so it is cut off first. */
function framesOf({ stack = '', message }: Error): string[] {
  const at = stack.indexOf(message);
  if (at < 0) return [];
  return stack
    .slice(at + message.length)
    .split('\n')
    .filter((line) => /^\s+at .*:\d+:\d+\)?$/.test(line))
    .slice(0, 8)
    .map((line) => line.trim());
}
