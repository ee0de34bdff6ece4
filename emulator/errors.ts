/**
 * HTTP status and message of the Twilio errors the emulator can answer with.
 * Source: the Verify v2 error table at https://www.twilio.com/docs/api/errors.
 */
const KNOWN_ERRORS: Record<number, { status: number; message: string }> = {
  20003: { status: 401, message: 'Authenticate' },
  20404: { status: 404, message: 'The requested resource was not found' },
  20429: { status: 429, message: 'Too Many Requests' },
  20500: { status: 500, message: 'An internal server error has occurred' },
  21211: { status: 400, message: "Invalid 'To' Phone Number" },
  21608: {
    status: 400,
    message: 'The number is unverified. Trial accounts may only send messages to verified numbers',
  },
  25109: { status: 429, message: 'Too many requests' },
  60200: { status: 400, message: 'Invalid parameter' },
  60202: { status: 429, message: 'Max check attempts reached' },
  60203: { status: 429, message: 'Max send attempts reached' },
  60204: { status: 403, message: 'Service does not support this feature' },
  60205: { status: 403, message: 'SMS is not supported by landline phone number' },
  60206: { status: 400, message: "'Amount' & 'Payee' params are required" },
  60212: { status: 429, message: 'Too many concurrent requests for phone number' },
  60214: { status: 400, message: 'Call channel is not supported when using PSD2' },
  60220: { status: 400, message: 'Messages to China require use case vetting' },
  60221: { status: 400, message: 'No target verification specified' },
  60223: { status: 400, message: 'Delivery channel disabled' },
  60238: { status: 403, message: 'Verification Creation Attempt blocked by Twilio' },
  60410: { status: 403, message: 'Verification delivery attempt blocked' },
  60412: { status: 403, message: 'Verification blocked by Fraudulent Signup Prevention' },
  60413: { status: 403, message: 'Verification blocked by Device Intelligence' },
  60605: { status: 403, message: 'Verification delivery attempt blocked by Geo Permissions' },
};

/** The JSON body of every Twilio error. */
interface ErrorBody {
  code: number;
  message: string;
  more_info: string;
  status: number;
}

/** A refusal in Twilio's own terms; the routes turn it into a response. */
export class TwilioError extends Error {
  readonly code: number;
  readonly status: number;
  /** Sent as a Retry-After header when set. */
  readonly retryAfterSeconds: number | undefined;

  constructor(code: number, details: { message?: string; status?: number; retryAfterSeconds?: number } = {}) {
    const known = KNOWN_ERRORS[code];
    super(details.message ?? known?.message ?? `Error ${code}`);
    this.code = code;
    this.status = details.status ?? known?.status ?? 400;
    this.retryAfterSeconds = details.retryAfterSeconds ?? (code === 20429 ? 1 : undefined);
  }

  /** The body as Twilio sends it. */
  toBody(): ErrorBody {
    return {
      code: this.code,
      message: this.message,
      more_info: `https://www.twilio.com/docs/errors/${this.code}`,
      status: this.status,
    };
  }
}

/** 20404, worded as Twilio does: the path without its version, nothing about why. */
export function notFound(path: string): TwilioError {
  return new TwilioError(20404, { message: `The requested resource ${path} was not found` });
}

/** 60200 for a parameter that is there but unusable. */
export function invalidParameter(name: string, value: string): TwilioError {
  return new TwilioError(60200, { message: `Invalid parameter \`${name}\`: ${value}` });
}
