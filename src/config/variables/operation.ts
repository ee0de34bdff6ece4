import { z } from 'zod';
import { NOTES, text } from './kinds.ts';

const SCALE = 'must be a number above 0, at most 1000000';

/** What those who run the server watch and measure with. */
export const OPERATION = {
  LOG_LEVEL: z
    .enum(
      ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
      'must be fatal, error, warn, info, debug, trace or silent',
    )
    .default('info')
    .register(NOTES, { about: 'How much is logged, as JSON lines on standard output.' }),
  METRICS_TOKEN: text
    .regex(/^[!-~]+$/, 'must be printable ASCII without spaces')
    .optional()
    .register(NOTES, {
      about:
        'What readers of `/metrics` send as `Authorization: Bearer`, 32 bytes or more in production: docs/metrics.md.',
      unset: 'development answers this machine only, production nobody',
    }),
  RATE_LIMIT_SCALE: z.coerce.number(SCALE).positive(SCALE).max(1e6, SCALE).default(1).register(NOTES, {
    about: 'Multiplies every rate limit, rounded up, for load tests. Production warns unless it is 1.',
  }),
};
