import type { FastifyInstance, FastifyRequest } from 'fastify';
import { badInput } from '../errors.ts';
import { RegisterWithOtpDocument, ResetPasswordWithOtpDocument, SendOtpDocument } from './generated/operations.ts';
import { SENT, toGraphql, toSent } from './otp-routes.ts';
import { addPostRoute } from './post-route.ts';
import type { RunOperation } from './run-operation.ts';
import { FIELDS, type CHANNELS } from './schemas.ts';

/** `POST /register-with-otp` and `POST /forgot-password-otp` of the guide. */
export function addAccountRoutes(rest: FastifyInstance, run: RunOperation): void {
  addPostRoute<Registration>(rest, {
    url: '/register-with-otp',
    operationId: 'registerWithOtp',
    summary: 'Register',
    description:
      'Registers an account with a code of /send-otp. A code that /verify-otp approved works here once more, for ten minutes.',
    body: {
      type: 'object',
      required: ['email', 'password', 'phone', 'otp_code'],
      properties: {
        email: FIELDS.email,
        password: FIELDS.newPassword('securepassword'),
        phone: FIELDS.phone,
        otp_code: FIELDS.code,
      },
    },
    answer: REGISTERED,
    handler: async ({ email, password, phone, otp_code: otpCode }, request) => {
      const input = { email, password, phone, otpCode };
      const { registerWithOtp } = await run(request, RegisterWithOtpDocument, { input }, { otpCode: 'otp_code' });
      const { message, token, user } = registerWithOtp;
      return { message, token, user: { id: user.id, email: user.email, phone_verified: user.phoneVerified } };
    },
  });

  addPostRoute<ForgottenPassword>(rest, {
    url: '/forgot-password-otp',
    operationId: 'forgotPasswordOtp',
    summary: 'Reset a password, in two steps',
    description: [
      'Without `otp_code` and `new_password`: sends a code. With both: sets the new password and ends every session.',
      'The answers are the same for accounts that do not exist.',
    ].join(' '),
    body: {
      type: 'object',
      required: ['email'],
      properties: {
        email: { ...FIELDS.email, description: "The account's e-mail address." },
        phone: { ...FIELDS.phone, description: "The account's phone. Needed unless the channel is `email`." },
        otp_code: { ...FIELDS.code, type: ['string', 'null'] },
        new_password: { ...FIELDS.newPassword('newpassword123'), type: ['string', 'null'] },
        channel: {
          ...FIELDS.channel,
          default: 'sms',
          description: 'How the code travels; `email`: to the e-mail address.',
        },
      },
    },
    // The second step answers the message alone.
    answer: { ...SENT, required: ['message'], description: 'The code was sent, or the password was changed.' },
    handler: async (body, request) => {
      if (body.channel !== 'email' && body.phone === undefined) throw badInput('phone', 'is missing');
      const { otp_code: code = null, new_password: newPassword = null } = body;
      if (code === null && newPassword === null) return sendResetCode(run, request, body);
      if (code === null) throw badInput('otp_code', 'is missing: new_password needs it');
      if (newPassword === null) throw badInput('new_password', 'is missing: otp_code alone changes nothing');
      return resetPassword(run, request, { ...body, otp_code: code, new_password: newPassword });
    },
  });
}

interface Registration {
  readonly email: string;
  readonly password: string;
  readonly phone: string;
  readonly otp_code: string;
}

interface ForgottenPassword {
  readonly email: string;
  readonly phone?: string;
  readonly otp_code?: string | null;
  readonly new_password?: string | null;
  readonly channel: (typeof CHANNELS)[number];
}

async function sendResetCode(run: RunOperation, request: FastifyRequest, body: ForgottenPassword) {
  const { email, phone = '', channel } = body;
  const to = channel === 'email' ? email : phone;
  const input = { to, email, channel: toGraphql(channel), purpose: 'PASSWORD_RESET' as const };
  const names = { to: channel === 'email' ? 'email' : 'phone' };
  const { sendOtp } = await run(request, SendOtpDocument, { input }, names);
  return toSent(sendOtp);
}

async function resetPassword(
  run: RunOperation,
  request: FastifyRequest,
  body: ForgottenPassword & { readonly otp_code: string; readonly new_password: string },
) {
  const { email, channel, otp_code: otpCode, new_password: newPassword } = body;
  const phone = channel === 'email' ? null : body.phone;
  const names = { otpCode: 'otp_code', newPassword: 'new_password' };
  const input = { email, phone, otpCode, newPassword };
  const { resetPasswordWithOtp } = await run(request, ResetPasswordWithOtpDocument, { input }, names);
  return { message: resetPasswordWithOtp.message };
}

const REGISTERED = {
  type: 'object',
  description: 'The account is there, and signed in.',
  required: ['message', 'token', 'user'],
  properties: {
    message: FIELDS.message('Registration successful'),
    token: { type: 'string', description: 'The access token, a JWT.', examples: ['eyJ0eXAiOiJKV1QiLCJhbGc...'] },
    user: {
      type: 'object',
      required: ['id', 'email', 'phone_verified'],
      properties: {
        id: { type: 'string', description: 'Names the account for ever.' },
        email: FIELDS.email,
        phone_verified: { type: 'boolean' },
      },
    },
  },
};
