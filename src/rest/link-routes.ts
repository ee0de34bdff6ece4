import type { FastifyInstance } from 'fastify';
import { RequestPasswordResetLinkDocument, ResetPasswordWithLinkDocument } from './generated/operations.ts';
import { addPostRoute } from './post-route.ts';
import type { RunOperation } from './run-operation.ts';
import { FIELDS } from './schemas.ts';

/** Since when the links are deprecated: the day on which codes took their place. */
const DEPRECATED_SINCE = Date.UTC(2026, 10, 22) / 1000;

/**
 * `POST /forgot-password` and `POST /reset-password` of the old system, for the time of the migration. Every answer says
 * that they are deprecated (RFC 9745) and until when they stay (RFC 8594).
 * @param sunset the last day, YYYY-MM-DD
 */
export async function addLinkRoutes(rest: FastifyInstance, run: RunOperation, sunset: string): Promise<void> {
  const end = new Date(`${sunset}T23:59:59Z`).toUTCString();
  await rest.register(async (old) => {
    old.addHook('onRequest', async (_request, reply) => {
      void reply.header('deprecation', `@${DEPRECATED_SINCE}`).header('sunset', end);
    });
    addForgotPassword(old, run);
    addResetPassword(old, run);
  });
}

function addForgotPassword(old: FastifyInstance, run: RunOperation): void {
  addPostRoute<{ email: string }>(old, {
    url: '/forgot-password',
    operationId: 'forgotPassword',
    summary: 'Ask for a reset link',
    description:
      'Mails a link that resets the password, for 30 minutes. The answer is the same for accounts that do not exist. Use /forgot-password-otp instead.',
    deprecated: true,
    body: { type: 'object', required: ['email'], properties: { email: FIELDS.email } },
    answer: MESSAGE,
    handler: async ({ email }, request) => {
      const { requestPasswordResetLink } = await run(request, RequestPasswordResetLinkDocument, { input: { email } });
      return { message: requestPasswordResetLink.message };
    },
  });
}

function addResetPassword(old: FastifyInstance, run: RunOperation): void {
  addPostRoute<{ token: string; new_password: string }>(old, {
    url: '/reset-password',
    operationId: 'resetPassword',
    summary: 'Reset a password by a link',
    description: 'Sets a new password with the token of a mailed link. Use /forgot-password-otp instead.',
    deprecated: true,
    // Opened in a browser it is the page that the link leads to.
    isPage: true,
    body: {
      type: 'object',
      required: ['token', 'new_password'],
      properties: {
        token: { type: 'string', description: 'What stands in the link after `#token=`.' },
        new_password: FIELDS.newPassword('newpassword123'),
      },
    },
    answer: MESSAGE,
    handler: async ({ token, new_password: newPassword }, request) => {
      const input = { token, newPassword };
      const names = { newPassword: 'new_password' };
      const { resetPasswordWithLink } = await run(request, ResetPasswordWithLinkDocument, { input }, names);
      return { message: resetPasswordWithLink.message };
    },
  });
}

const MESSAGE = {
  type: 'object',
  required: ['message'],
  properties: { message: FIELDS.message('Password reset successful') },
};
