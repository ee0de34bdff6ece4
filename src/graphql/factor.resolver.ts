import 'reflect-metadata';
import { Arg, Ctx, Directive, Mutation, Resolver } from 'type-graphql';
import type { FactorOutcome, FactorSettings } from '../account/changes/factor-settings.ts';
import { parseRecoveryCode } from '../account/second-factor/recovery-codes.ts';
import { badInput } from '../errors.ts';
import { CODE_LENGTH } from '../otp/challenge.ts';
import { parseCode } from '../otp/destination.ts';
import { toUserType } from './account.resolver.ts';
import { changerOf } from './changer.ts';
import type { RequestContext } from './context.ts';
import {
  AuthenticatorEnrollment,
  EnrollAuthenticatorInput,
  SecondFactorInput,
  SecondFactorPayload,
} from './factor.types.ts';
import { parseProof } from './proof.ts';

interface Parts {
  readonly factorSettings: FactorSettings;
}

@Resolver()
export class FactorResolver {
  readonly #settings: FactorSettings;

  constructor({ factorSettings }: Parts) {
    this.#settings = factorSettings;
  }

  @Directive('@rateLimit(max: 60, window: "10m", by: CLIENT_IP)')
  @Directive('@rateLimit(max: 20, window: "10m", by: USER)')
  @Directive('@rateLimit(max: 100, window: "24h", by: USER)')
  @Mutation(() => SecondFactorPayload, {
    description:
      'Asks for a code at every sign-in from now on; needs a verified e-mail address. Where a factor is on, it makes new recovery codes.',
  })
  async enableSecondFactorWithOtp(
    @Arg('input', () => SecondFactorInput) input: SecondFactorInput,
    @Ctx() context: RequestContext,
  ): Promise<SecondFactorPayload> {
    const by = await changerOf(context);
    const recovery = input.otpCode != null && parseRecoveryCode(input.otpCode) !== null;
    const proof = recovery ? { code: input.otpCode!, field: 'otpCode' } : parseProof(input);
    return toPayload('Second factor enabled', await this.#settings.enable(by, input.password, proof));
  }

  @Directive('@rateLimit(max: 60, window: "10m", by: CLIENT_IP)')
  @Directive('@rateLimit(max: 20, window: "10m", by: USER)')
  @Directive('@rateLimit(max: 100, window: "24h", by: USER)')
  @Mutation(() => SecondFactorPayload, { description: 'Switches every second factor off, the authenticator app too.' })
  async disableSecondFactorWithOtp(
    @Arg('input', () => SecondFactorInput) input: SecondFactorInput,
    @Ctx() context: RequestContext,
  ): Promise<SecondFactorPayload> {
    const by = await changerOf(context);
    if (input.verificationToken != null) throw badInput('verificationToken', 'is not taken here: give otpCode');
    if (input.otpCode == null) throw badInput('otpCode', 'is missing');
    return toPayload(
      'Second factor disabled',
      await this.#settings.disable(by, { password: input.password, factorCode: input.otpCode }),
    );
  }

  @Directive('@rateLimit(max: 60, window: "10m", by: CLIENT_IP)')
  @Directive('@rateLimit(max: 20, window: "10m", by: USER)')
  @Directive('@rateLimit(max: 100, window: "24h", by: USER)')
  @Mutation(() => AuthenticatorEnrollment, {
    description: 'Makes a secret for an authenticator app (TOTP, RFC 6238), the stronger second factor.',
  })
  async enrollAuthenticator(
    @Arg('input', () => EnrollAuthenticatorInput) input: EnrollAuthenticatorInput,
    @Ctx() context: RequestContext,
  ): Promise<AuthenticatorEnrollment> {
    const { otpauthUri, secret, qrCodeSvg, expiresAt } = await this.#settings.enroll(await changerOf(context), {
      password: input.password,
      factorCode: input.otpCode ?? null,
    });
    return { otpauthUri, secret, qrCodeSvg, expiresAt };
  }

  @Directive('@rateLimit(max: 60, window: "10m", by: CLIENT_IP)')
  @Directive('@rateLimit(max: 20, window: "10m", by: USER)')
  @Mutation(() => SecondFactorPayload, {
    description:
      "Switches the enrolled authenticator app on by its first code; the account's codes come from it alone.",
  })
  async confirmAuthenticator(
    @Arg('otpCode', () => String, { description: 'The code that the app shows.' }) otpCode: string,
    @Ctx() context: RequestContext,
  ): Promise<SecondFactorPayload> {
    const by = await changerOf(context);
    const code = parseCode(otpCode, 'otpCode', CODE_LENGTH);
    return toPayload('Second factor enabled', await this.#settings.confirm(by, code));
  }
}

function toPayload(message: string, { user, recoveryCodes }: FactorOutcome): SecondFactorPayload {
  return { message, recoveryCodes, user: toUserType(user) };
}
