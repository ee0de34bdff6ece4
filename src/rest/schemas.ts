import { ERROR_TABLE } from '../errors.ts';

const string = (description: string, ...examples: string[]) => ({
  type: 'string',
  description,
  ...(examples.length > 0 && { examples }),
});

/** The guide's channel names; GraphQL's are the same in capitals. */
export const CHANNELS = ['sms', 'email', 'whatsapp', 'voice'] as const;

/** Fields that several routes have, by the guide's names. */
export const FIELDS = {
  phone: string('A phone number in E.164.', '+1234567890'),
  email: string('An e-mail address.', 'user@example.com'),
  code: string('The code that was sent: 6 digits.', '123456'),
  channel: { type: 'string', enum: CHANNELS, description: 'How the code travels, in lower case.' },
  newPassword: (example: string) =>
    string('8 to 256 characters of any kind; the most common passwords are refused.', example),
  message: (...examples: string[]) => string('For people.', ...examples),
  status: (...values: string[]) => ({ type: 'string', enum: values, description: 'Where the code stands.' }),
};

/** What every refusal looks like; a route's responses name it by `{ $ref: 'Error#' }`. */
export const ERROR_SCHEMA = {
  $id: 'Error',
  type: 'object',
  description: 'Refused. `code` says why; 429 and 503 carry `Retry-After`.',
  required: ['error', 'code'],
  properties: {
    error: string('For people: what is wrong, in the names of the fields above.', 'Invalid OTP'),
    code: { type: 'string', enum: Object.keys(ERROR_TABLE), description: 'For programs.', examples: ['OTP_INVALID'] },
  },
};

/** The 400 of /verify-otp: a wrong code has two fields more. */
export const WRONG_CODE = {
  type: 'object',
  description: 'Refused. For a wrong code also `valid` and `status`.',
  required: ERROR_SCHEMA.required,
  properties: {
    ...ERROR_SCHEMA.properties,
    valid: { type: 'boolean', description: 'A wrong code: false.', examples: [false] },
    status: string('A wrong code: pending, or max_attempts_reached.', 'pending'),
  },
};
