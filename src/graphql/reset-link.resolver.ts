import 'reflect-metadata';
import { Arg, Ctx, Directive, Mutation, Resolver } from 'type-graphql';
import { checkPassword } from '../account/password/password.ts';
import type { ResetLinkService } from '../account/password/reset-link.ts';
import { parseEmail } from '../otp/destination.ts';
import { ResetPasswordPayload } from './account.types.ts';
import type { RequestContext } from './context.ts';
import {
  RequestPasswordResetLinkInput,
  RequestPasswordResetLinkPayload,
  ResetPasswordWithLinkInput,
} from './reset-link.types.ts';

const INSTEAD = 'Reset by a code: sendOtp with the purpose PASSWORD_RESET, then resetPasswordWithOtp.';

interface Parts {
  readonly resetLink: ResetLinkService;
}

@Resolver()
export class ResetLinkResolver {
  readonly #resetLink: ResetLinkService;

  constructor({ resetLink }: Parts) {
    this.#resetLink = resetLink;
  }

  @Directive('@rateLimit(max: 60, window: "10m", by: CLIENT_IP)')
  @Directive('@rateLimit(max: 20, window: "10m", by: USER)')
  @Directive('@rateLimit(max: 10, window: "1h", by: CLIENT_IP_AND_ARGUMENTS, identityArgs: ["input.email"])')
  @Directive('@rateLimit(max: 30, window: "24h", by: ARGUMENTS, identityArgs: ["input.email"], counts: MESSAGES)')
  @Mutation(() => RequestPasswordResetLinkPayload, {
    description: 'Mails a link that resets the password, for 30 minutes. Unknown addresses are answered alike.',
    deprecationReason: INSTEAD,
  })
  async requestPasswordResetLink(
    @Arg('input', () => RequestPasswordResetLinkInput) input: RequestPasswordResetLinkInput,
    @Ctx() context: RequestContext,
  ): Promise<RequestPasswordResetLinkPayload> {
    const email = parseEmail(input.email, 'email');
    await context.admit();
    await this.#resetLink.request(email);
    return { message: 'If an account has this e-mail address, a message about resetting its password is on its way' };
  }

  @Directive('@rateLimit(max: 60, window: "10m", by: CLIENT_IP)')
  @Directive('@rateLimit(max: 20, window: "10m", by: USER)')
  @Mutation(() => ResetPasswordPayload, {
    description: 'Sets a new password, proven by a link that was mailed, and ends every session.',
    deprecationReason: INSTEAD,
  })
  async resetPasswordWithLink(
    @Arg('input', () => ResetPasswordWithLinkInput) input: ResetPasswordWithLinkInput,
  ): Promise<ResetPasswordPayload> {
    checkPassword(input.newPassword, 'newPassword');
    const sessionsRevoked = await this.#resetLink.reset(input.token, input.newPassword);
    return { message: 'Password reset successful', sessionsRevoked };
  }
}
