import 'reflect-metadata';
import { Arg, Ctx, Directive, Mutation, Resolver } from 'type-graphql';
import type { Recovery, RecoveryService } from '../account/recovery.ts';
import { badInput } from '../errors.ts';
import { parseAnyDestination, parseEmail, parsePhone, type DestinationRules } from '../otp/destination.ts';
import { toUserType } from './account.resolver.ts';
import { AuthPayload } from './account.types.ts';
import type { RequestContext } from './context.ts';
import { parseProof } from './proof.ts';
import { RecoverAccountWithOtpInput } from './recovery.types.ts';

interface Parts {
  readonly recovery: RecoveryService;
  readonly destinations: DestinationRules;
}

@Resolver()
export class RecoveryResolver {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  @Directive('@rateLimit(max: 20, window: "1h", by: CLIENT_IP)')
  @Directive('@rateLimit(max: 10, window: "1h", by: CLIENT_IP_AND_ARGUMENTS, identityArgs: ["input.email"])')
  @Directive('@rateLimit(max: 30, window: "24h", by: ARGUMENTS, identityArgs: ["input.email"], counts: WRONG_SECRETS)')
  @Mutation(() => AuthPayload, {
    description:
      'For a lost phone: moves the account to a new one, ends every session, switches an authenticator app off, and signs in.',
  })
  async recoverAccountWithOtp(
    @Arg('input', () => RecoverAccountWithOtpInput) input: RecoverAccountWithOtpInput,
    @Ctx() context: RequestContext,
  ): Promise<AuthPayload> {
    const { destinations, recovery } = this.#parts;
    const email = parseEmail(input.email, 'email');
    const second = parseSecond(input, email, destinations);
    const newPhone = parsePhone(input.newPhone, 'newPhone', destinations);
    const newPhoneProof = parseProof(
      { otpCode: input.newPhoneOtpCode, verificationToken: input.newPhoneVerificationToken },
      { code: 'newPhoneOtpCode', token: 'newPhoneVerificationToken' },
    );
    await context.admit();
    const { user, tokens } = await recovery.recover({
      email,
      password: input.password,
      second,
      newPhone,
      newPhoneProof,
      requester: await context.requester(),
      client: context.client,
    });
    return { message: 'Account recovered', ...tokens, user: toUserType(user) };
  }
}

/** Exactly one of a recovery code, a code by message, and the token of one. */
function parseSecond(
  { to, otpCode, verificationToken, recoveryCode }: RecoverAccountWithOtpInput,
  email: string,
  destinations: DestinationRules,
): Recovery['second'] {
  if (recoveryCode == null) {
    if (otpCode == null && verificationToken == null)
      throw badInput('otpCode', 'is missing: give otpCode, verificationToken or recoveryCode');
    const destination = to == null ? email : parseAnyDestination(to, 'to', destinations);
    return { destination, proof: parseProof({ otpCode, verificationToken }) };
  }
  const other =
    otpCode != null ? 'otpCode' : verificationToken != null ? 'verificationToken' : to != null ? 'to' : null;
  if (other) throw badInput('recoveryCode', `and ${other} exclude each other: give one`);
  return { recoveryCode };
}
