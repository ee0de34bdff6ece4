import type { ErrorCode } from '../errors.ts';

/** What was being asked of Twilio, for the words to the operator. */
export interface Call {
  readonly verb: 'start' | 'check' | 'cancel';
  readonly isEmail: boolean;
  /** The environment variable that names the Verify service used. */
  readonly serviceVariable: string;
}

interface Meaning {
  readonly code: ErrorCode;
  /** What the operator must do, or what happened. Goes to the log only. */
  readonly advice: string;
}

/** Twilio's error codes (https://www.twilio.com/docs/api/errors) in our terms. */
export const MEANINGS: Readonly<Record<number, Meaning | ((call: Call) => Meaning)>> = {
  20003: {
    code: 'PROVIDER_ERROR',
    advice:
      'Twilio refused the credentials: check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, and that the account is active',
  },
  20404: ({ serviceVariable }) => ({
    code: 'PROVIDER_ERROR',
    advice: `${serviceVariable} names no service in this account`,
  }),
  20429: {
    code: 'SERVICE_UNAVAILABLE',
    advice: 'Twilio says: too many requests; ask Twilio for a higher limit if this goes on',
  },
  25109: {
    code: 'SERVICE_UNAVAILABLE',
    advice: 'Twilio says: too many concurrent requests; ask Twilio for a higher limit if this goes on',
  },
  60200: ({ isEmail }) => ({
    code: isEmail ? 'INVALID_EMAIL' : 'INVALID_PHONE_NUMBER',
    advice: 'Twilio calls the destination invalid',
  }),
  21211: ({ isEmail }) => ({
    code: isEmail ? 'INVALID_EMAIL' : 'INVALID_PHONE_NUMBER',
    advice: 'Twilio calls the destination invalid',
  }),
  60202: { code: 'MAX_ATTEMPTS_REACHED', advice: 'the check attempts of this verification are used up at Twilio' },
  60203: { code: 'RATE_LIMITED', advice: 'the send attempts of this verification are used up at Twilio' },
  60204: {
    code: 'CHANNEL_UNAVAILABLE',
    advice: 'the Verify service lacks this feature: look at its settings in the Twilio console',
  },
  60205: { code: 'CHANNEL_UNAVAILABLE', advice: 'SMS cannot reach a landline' },
  60206: {
    code: 'BAD_USER_INPUT',
    advice: 'the Verify service has PSD2 on: set TWILIO_PSD2=true, or use a service without it',
  },
  60214: { code: 'CHANNEL_UNAVAILABLE', advice: 'the Verify service has PSD2 on: calls are not possible' },
  60212: { code: 'RESEND_TOO_SOON', advice: 'Twilio is handling another request for this number' },
  60220: {
    code: 'DESTINATION_BLOCKED',
    advice: 'the country needs vetting: see the Verify geographic permissions in the Twilio console',
  },
  60238: { code: 'DESTINATION_BLOCKED', advice: 'Twilio blocked the destination' },
  60605: {
    code: 'DESTINATION_BLOCKED',
    advice: 'the country is not enabled: see the Verify geographic permissions in the Twilio console',
  },
  60223: {
    code: 'CHANNEL_UNAVAILABLE',
    advice: 'the channel is disabled: enable it in the Verify service, or take it out of OTP_CHANNELS',
  },
  60410: {
    code: 'DESTINATION_BLOCKED',
    advice: 'Fraud Guard blocks the prefix: see Verify Fraud Guard in the Twilio console',
  },
  60412: { code: 'DESTINATION_BLOCKED', advice: 'Twilio calls the request fraudulent' },
  60413: { code: 'DESTINATION_BLOCKED', advice: "Twilio's device intelligence blocks the request" },
  21608: {
    code: 'PROVIDER_ERROR',
    advice: 'a trial account sends to verified numbers only: verify the number in the Twilio console, or upgrade',
  },
};
