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
      // A driver's message can quote a document or an address: only the kind of an error is logged, and where it was thrown.
      serializers: { err: describeError },
    },
    stream ?? pino.destination({ fd: 1, sync: false }),
  );
}

function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { name: 'not an Error' };
  const { code } = error as { code?: unknown };
  const frames = error.stack
    ?.split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 8)
    .map((line) => line.trim());
  return { name: error.name, ...((typeof code === 'string' || typeof code === 'number') && { code }), frames };
}
