import 'reflect-metadata';
import { Arg, Ctx, Directive, Mutation, Query, Resolver } from 'type-graphql';
import type { PasswordResetService } from '../account/password/password-reset.ts';
import { checkPassword } from '../account/password/password.ts';
import type { User } from '../users/user.ts';
import type { RegistrationService } from '../account/registration.ts';
import { parseEmail, parsePhone, type DestinationRules } from '../otp/destination.ts';
import {
  AuthPayload,
  RegisterWithOtpInput,
  ResetPasswordPayload,
  ResetPasswordWithOtpInput,
  UserType,
} from './account.types.ts';
import type { RequestContext } from './context.ts';
import { parseProof } from './proof.ts';

interface Parts {
  readonly registration: RegistrationService;
  readonly passwordReset: PasswordResetService;
  readonly destinations: DestinationRules;
}

@Resolver()
export class AccountResolver {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  @Directive('@rateLimit(max: 20, window: "1h", by: CLIENT_IP)')
  @Directive('@rateLimit(max: 10, window: "1h", by: CLIENT_IP_AND_ARGUMENTS, identityArgs: ["input.phone"])')
  @Directive('@rateLimit(max: 30, window: "24h", by: ARGUMENTS, identityArgs: ["input.phone"], counts: WRONG_SECRETS)')
  @Mutation(() => AuthPayload, {
    description: 'Registers an account whose phone is proven by a code, and signs it in.',
  })
  async registerWithOtp(
    @Arg('input', () => RegisterWithOtpInput) input: RegisterWithOtpInput,
    @Ctx() context: RequestContext,
  ): Promise<AuthPayload> {
    const email = parseEmail(input.email, 'email');
    const phone = parsePhone(input.phone, 'phone', this.#parts.destinations);
    checkPassword(input.password, 'password');
    const proof = parseProof(input);
    await context.admit();
    const { user, tokens } = await this.#parts.registration.register({
      email,
      phone,
      password: input.password,
      proof,
      emailVerificationToken: input.emailVerificationToken ?? null,
      requester: await context.requester(),
      client: context.client,
    });
    return { message: 'Registration successful', ...tokens, user: toUserType(user) };
  }

  @Directive('@rateLimit(max: 20, window: "1h", by: CLIENT_IP)')
  @Directive('@rateLimit(max: 10, window: "1h", by: CLIENT_IP_AND_ARGUMENTS, identityArgs: ["input.email"])')
  @Directive('@rateLimit(max: 30, window: "24h", by: ARGUMENTS, identityArgs: ["input.email"], counts: WRONG_SECRETS)')
  @Mutation(() => ResetPasswordPayload, {
    description: 'Sets a new password, proven by a PASSWORD_RESET code, and ends every session.',
  })
  async resetPasswordWithOtp(
    @Arg('input', () => ResetPasswordWithOtpInput) input: ResetPasswordWithOtpInput,
    @Ctx() context: RequestContext,
  ): Promise<ResetPasswordPayload> {
    const email = parseEmail(input.email, 'email');
    const phone = input.phone == null ? null : parsePhone(input.phone, 'phone', this.#parts.destinations);
    checkPassword(input.newPassword, 'newPassword');
    const proof = parseProof(input);
    await context.admit();
    const requester = await context.requester();
    const sessionsRevoked = await this.#parts.passwordReset.reset({
      email,
      phone,
      newPassword: input.newPassword,
      proof,
      requester,
    });
    return { message: 'Password reset successful', sessionsRevoked };
  }

  @Query(() => UserType, { nullable: true, description: 'The signed-in account; null without an access token.' })
  async me(@Ctx() context: RequestContext): Promise<UserType | null> {
    const viewer = await context.viewerIfSignedIn();
    return viewer && toUserType(viewer.user);
  }
}

/** A user as the API shows it. */
export function toUserType(user: User): UserType {
  return {
    id: user.id,
    email: user.email,
    emailVerified: user.emailVerifiedAt !== null,
    phone: user.phone,
    phoneVerified: user.phone !== null && user.phoneVerifiedAt !== null,
    twoFactorEnabled: user.twoFactorEnabled,
    createdAt: user.createdAt,
  };
}
