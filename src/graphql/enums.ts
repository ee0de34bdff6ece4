import { registerEnumType } from 'type-graphql';
import { ERROR_TABLE, type ErrorCode } from '../errors.ts';

const names = <T extends string>(...values: T[]) =>
  Object.fromEntries(values.map((value) => [value, value])) as { [K in T]: K };

export const OtpChannel = names('SMS', 'EMAIL', 'WHATSAPP', 'VOICE');
export const OtpPurpose = names(
  'VERIFICATION',
  'LOGIN',
  'PASSWORD_RESET',
  'TRANSACTION',
  'PHONE_CHANGE',
  'ACCOUNT_RECOVERY',
  'STEP_UP',
);
export const OtpStatus = names('PENDING', 'APPROVED', 'MAX_ATTEMPTS_REACHED');
export const ErrorCodes = names(...(Object.keys(ERROR_TABLE) as ErrorCode[]));

registerEnumType(OtpChannel, {
  name: 'OtpChannel',
  description: 'How a code travels. The channel asked for is the channel used: it is never switched silently.',
  valuesConfig: {
    SMS: { description: 'A text message.' },
    EMAIL: { description: 'An e-mail message; `to` is an e-mail address.' },
    WHATSAPP: { description: 'A WhatsApp message.' },
    VOICE: { description: 'A phone call that reads the code aloud.' },
  },
});

registerEnumType(OtpPurpose, {
  name: 'OtpPurpose',
  description: 'What a code is for. A code works for the purpose it was sent for and for no other.',
  valuesConfig: {
    VERIFICATION: { description: 'To prove a phone number or e-mail address, for registration and changes.' },
    LOGIN: { description: 'To sign in with `loginWithOtp`. Unknown destinations are answered alike.' },
    PASSWORD_RESET: {
      description: 'To set a new password with `resetPasswordWithOtp`. Unknown destinations are answered alike.',
    },
    TRANSACTION: {
      description:
        'To confirm a payment with `confirmTransactionWithOtp`. Needs a session, and goes only to what its user has verified.',
    },
    PHONE_CHANGE: {
      description:
        'To move your account to this phone with `changePhoneWithOtp`. Needs a session whose sign-in is at most ten minutes old, to send, to check and to spend.',
    },
    ACCOUNT_RECOVERY: {
      description: 'To get back in with `recoverAccountWithOtp`. Unknown destinations are answered alike.',
    },
    STEP_UP: {
      description:
        "Your second factor once more, for a change of your account, in the session that asked for it. Goes only to where the second factor's codes go.",
    },
  },
});

registerEnumType(OtpStatus, {
  name: 'OtpStatus',
  description: 'Where a code stands.',
  valuesConfig: {
    PENDING: { description: 'A code was sent and may be tried.' },
    APPROVED: { description: 'The right code was given.' },
    MAX_ATTEMPTS_REACHED: { description: 'No attempts are left for this requester: request a new code.' },
  },
});

registerEnumType(ErrorCodes, {
  name: 'ErrorCode',
  description: 'What `extensions.code` of an error can be. `errors` tells the message and the HTTP status of each.',
  valuesConfig: Object.fromEntries(
    Object.entries(ERROR_TABLE).map(([code, row]) => [
      code,
      { description: `${row.message}. HTTP ${row.httpStatus}.` },
    ]),
  ),
});
