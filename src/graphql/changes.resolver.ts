import 'reflect-metadata';
import { Arg, Ctx, Directive, Mutation, Resolver } from 'type-graphql';
import type { AccountDeletion } from '../account/changes/deletion.ts';
import type { EmailChanges } from '../account/changes/email-changes.ts';
import type { PasswordChanges } from '../account/changes/password-changes.ts';
import type { PhoneChanges } from '../account/changes/phone-changes.ts';
import type { ChangeUndo } from '../account/changes/undo.ts';
import type { StepUpProof } from '../account/changes/step-up.ts';
import { parseEmail, parsePhone, type DestinationRules } from '../otp/destination.ts';
import { toUserType } from './account.resolver.ts';
import { UserType } from './account.types.ts';
import {
  ChangeEmailWithOtpInput,
  ChangePasswordInput,
  ChangePhoneWithOtpInput,
  DeleteAccountInput,
  DeleteAccountPayload,
  UndoChangeInput,
  UndoChangePayload,
  VerifyEmailWithOtpInput,
} from './changes.types.ts';
import { changerOf } from './changer.ts';
import type { RequestContext } from './context.ts';
import { parseProof } from './proof.ts';

interface Parts {
  readonly emailChanges: EmailChanges;
  readonly phoneChanges: PhoneChanges;
  readonly passwordChanges: PasswordChanges;
  readonly deletion: AccountDeletion;
  readonly undo: ChangeUndo;
  readonly destinations: DestinationRules;
}

@Resolver()
export class ChangesResolver {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  @Directive('@rateLimit(max: 60, window: "10m", by: CLIENT_IP)')
  @Directive('@rateLimit(max: 20, window: "10m", by: USER)')
  @Mutation(() => UserType, {
    description:
      "Marks the account's e-mail address as verified, by a VERIFICATION code that was sent to it. Ends the other sessions.",
  })
  async verifyEmailWithOtp(
    @Arg('input', () => VerifyEmailWithOtpInput) input: VerifyEmailWithOtpInput,
    @Ctx() context: RequestContext,
  ): Promise<UserType> {
    const by = await changerOf(context);
    const proof = parseProof(input);
    return toUserType(await this.#parts.emailChanges.verify(by, proof));
  }

  @Directive('@rateLimit(max: 60, window: "10m", by: CLIENT_IP)')
  @Directive('@rateLimit(max: 20, window: "10m", by: USER)')
  @Directive('@rateLimit(max: 100, window: "24h", by: USER)')
  @Mutation(() => UserType, {
    description:
      'Moves the account to a new phone, by a PHONE_CHANGE code that was sent to it, the password, and the second factor where one is on. Needs a sign-in of the last ten minutes, ends the other sessions, and tells the old destinations, which can undo it for three days.',
  })
  async changePhoneWithOtp(
    @Arg('input', () => ChangePhoneWithOtpInput) input: ChangePhoneWithOtpInput,
    @Ctx() context: RequestContext,
  ): Promise<UserType> {
    const by = await changerOf(context);
    const newPhone = parsePhone(input.newPhone, 'newPhone', this.#parts.destinations);
    const proof = parseProof(input);
    return toUserType(await this.#parts.phoneChanges.change(by, newPhone, proof, stepUpOf(input)));
  }

  @Directive('@rateLimit(max: 60, window: "10m", by: CLIENT_IP)')
  @Directive('@rateLimit(max: 20, window: "10m", by: USER)')
  @Directive('@rateLimit(max: 100, window: "24h", by: USER)')
  @Mutation(() => UserType, {
    description:
      'Moves the account to a new e-mail address, by a VERIFICATION code that was sent there, the password, and the second factor where one is on. Needs a sign-in of the last ten minutes, ends the other sessions, and tells the old destinations, which can undo it for three days.',
  })
  async changeEmailWithOtp(
    @Arg('input', () => ChangeEmailWithOtpInput) input: ChangeEmailWithOtpInput,
    @Ctx() context: RequestContext,
  ): Promise<UserType> {
    const by = await changerOf(context);
    const newEmail = parseEmail(input.newEmail, 'newEmail');
    const proof = parseProof(input);
    return toUserType(await this.#parts.emailChanges.change(by, newEmail, proof, stepUpOf(input)));
  }

  @Directive('@rateLimit(max: 60, window: "10m", by: CLIENT_IP)')
  @Directive('@rateLimit(max: 20, window: "10m", by: USER)')
  @Directive('@rateLimit(max: 100, window: "24h", by: USER)')
  @Mutation(() => UserType, {
    description:
      'Sets a new password by the current one, and the second factor where one is on. Ends the other sessions, and tells the owner.',
  })
  async changePassword(
    @Arg('input', () => ChangePasswordInput) input: ChangePasswordInput,
    @Ctx() context: RequestContext,
  ): Promise<UserType> {
    const by = await changerOf(context);
    const { currentPassword, newPassword, otpCode = null } = input;
    return toUserType(await this.#parts.passwordChanges.change(by, { currentPassword, newPassword, otpCode }));
  }

  @Directive('@rateLimit(max: 60, window: "10m", by: CLIENT_IP)')
  @Directive('@rateLimit(max: 20, window: "10m", by: USER)')
  @Directive('@rateLimit(max: 100, window: "24h", by: USER)')
  @Mutation(() => DeleteAccountPayload, {
    description:
      'Deletes the account for ever, by the password, and the second factor where one is on. Its e-mail address and phone are free at once.',
  })
  async deleteAccount(
    @Arg('input', () => DeleteAccountInput) input: DeleteAccountInput,
    @Ctx() context: RequestContext,
  ): Promise<DeleteAccountPayload> {
    const by = await changerOf(context);
    await this.#parts.deletion.delete(by, { password: input.password, factorCode: input.otpCode ?? null });
    return { message: 'Account deleted' };
  }

  @Directive('@rateLimit(max: 60, window: "10m", by: CLIENT_IP)')
  @Directive('@rateLimit(max: 20, window: "10m", by: USER)')
  @Mutation(() => UndoChangePayload, {
    description:
      'Takes a change of phone or e-mail address back, and every later one with it, by the link in the notice of it. Works for three days, needs no session, and ends every session.',
  })
  async undoChange(@Arg('input', () => UndoChangeInput) { token }: UndoChangeInput): Promise<UndoChangePayload> {
    return { message: 'Change undone', sessionsRevoked: await this.#parts.undo.undo(token) };
  }
}

/** `otpCode` is the new destination's here. */
function stepUpOf({ password, factorCode = null }: ChangePhoneWithOtpInput | ChangeEmailWithOtpInput): StepUpProof {
  return { password, factorCode };
}
