import type { FastifyInstance } from 'fastify';
import { SendOtpDocument, VerifyOtpDocument, type OtpChannel } from './generated/operations.ts';
import { addPostRoute } from './post-route.ts';
import type { RunOperation } from './run-operation.ts';
import { FIELDS, WRONG_CODE, type CHANNELS } from './schemas.ts';

type Channel = (typeof CHANNELS)[number];

/** `POST /send-otp` and `POST /verify-otp` of the guide. */
export function addOtpRoutes(rest: FastifyInstance, run: RunOperation): void {
  addPostRoute<{ to: string; channel: Channel }>(rest, {
    url: '/send-otp',
    operationId: 'sendOtp',
    summary: 'Send a code',
    description: 'Sends a code to a phone, or to an e-mail address with the channel `email`.',
    body: {
      type: 'object',
      required: ['to'],
      properties: {
        to: { ...FIELDS.phone, description: 'A phone number in E.164; for `email` an e-mail address.' },
        channel: { ...FIELDS.channel, default: 'sms' },
      },
    },
    answer: SENT,
    handler: async ({ to, channel }, request) => {
      const input = { to, channel: toGraphql(channel) };
      const { sendOtp } = await run(request, SendOtpDocument, { input });
      return toSent(sendOtp);
    },
  });

  addPostRoute<{ to: string; code: string }>(rest, {
    url: '/verify-otp',
    operationId: 'verifyOtp',
    summary: 'Check a code',
    description:
      'A right code can be used once more, in /register-with-otp. A wrong one is refused with 400, `valid: false`.',
    body: {
      type: 'object',
      required: ['to', 'code'],
      properties: { to: { ...FIELDS.phone, description: 'Where the code was sent.' }, code: FIELDS.code },
    },
    answer: {
      type: 'object',
      description: 'The code was right.',
      required: ['message', 'status', 'valid'],
      properties: {
        message: FIELDS.message('OTP verified successfully'),
        status: FIELDS.status('approved'),
        valid: { type: 'boolean' },
      },
    },
    mistake: WRONG_CODE,
    handler: async ({ to, code }, request, reply) => {
      const { verifyOtp } = await run(request, VerifyOtpDocument, { input: { to, code } });
      const { message, valid } = verifyOtp;
      const status = verifyOtp.status.toLowerCase();
      if (valid) return { message, status, valid };
      return reply.code(400).send({ error: message, code: 'OTP_INVALID', valid, status });
    },
  });
}

/** The answer of a send; also the first step of /forgot-password-otp has it. */
export const SENT = {
  type: 'object',
  description: 'The code is on its way.',
  required: ['message', 'status', 'to', 'channel'],
  properties: {
    message: FIELDS.message('OTP sent successfully via sms'),
    status: FIELDS.status('pending'),
    to: { ...FIELDS.phone, description: 'Where the code goes, spaces and the like removed.' },
    channel: FIELDS.channel,
  },
};

/** GraphQL's name of a channel. */
export function toGraphql(channel: Channel): OtpChannel {
  return channel.toUpperCase() as Uppercase<Channel>;
}

/** The guide's answer to a code that was sent. */
export function toSent(sent: { message: string; to: string; channel: OtpChannel }): Record<string, string> {
  return { message: sent.message, status: 'pending', to: sent.to, channel: sent.channel.toLowerCase() };
}
