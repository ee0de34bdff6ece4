import 'reflect-metadata';
import { Arg, Ctx, Directive, Mutation, Query, Resolver } from 'type-graphql';
import type { LoginService } from '../account/login/login.ts';
import type { PasswordResetService, ResetRequest } from '../account/password/password-reset.ts';
import type { PhoneChanges } from '../account/changes/phone-changes.ts';
import type { StepUp } from '../account/changes/step-up.ts';
import type { RecoveryService } from '../account/recovery.ts';
import { badInput } from '../errors.ts';
import {
  CODE_LENGTH,
  MAX_ATTEMPTS_PER_REQUESTER,
  type ChallengePolicy,
  type OtpChannel,
  type OtpPurpose,
} from '../otp/challenge.ts';
import {
  parseAnyDestination,
  parseCode,
  parseDestination,
  parseEmail,
  parseLocale,
  type DestinationRules,
} from '../otp/destination.ts';
import type { OtpService, Sent } from '../otp/otp-service.ts';
import type { SlotName } from '../otp/slot.ts';
import type { TransactionService } from '../transaction/transaction-service.ts';
import { parseTransaction, type PaymentOrder } from '../transaction/transaction.ts';
import type { RequestContext } from './context.ts';
import { OtpPolicy, SendOtpInput, SendOtpPayload, VerifyOtpInput, VerifyOtpPayload } from './otp.types.ts';

interface Parts {
  readonly otp: OtpService;
  readonly passwordReset: PasswordResetService;
  readonly login: LoginService;
  readonly phoneChanges: PhoneChanges;
  readonly stepUp: StepUp;
  readonly recovery: RecoveryService;
  readonly payments: TransactionService;
  readonly destinations: DestinationRules;
  readonly policy: ChallengePolicy;
  readonly channels: readonly OtpChannel[];
}

/** Their codes go to the signed-in user. */
const NEED_SESSION: ReadonlySet<OtpPurpose> = new Set(['TRANSACTION', 'PHONE_CHANGE', 'STEP_UP']);

@Resolver()
export class OtpResolver {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  @Directive('@rateLimit(max: 20, window: "10m", by: CLIENT_IP)')
  @Directive('@rateLimit(max: 5, window: "10m", by: CLIENT_IP_AND_ARGUMENTS, identityArgs: ["input.to"])')
  @Directive('@rateLimit(max: 10, window: "10m", by: ARGUMENTS, identityArgs: ["input.to"], counts: MESSAGES)')
  @Directive('@rateLimit(max: 20, window: "24h", by: ARGUMENTS, identityArgs: ["input.to"], counts: MESSAGES)')
  @Mutation(() => SendOtpPayload, {
    description:
      'Sends a code. Asked again within the cool-down it gives the same answer and sends nothing; later it sends the same code again.',
  })
  async sendOtp(
    @Arg('input', () => SendOtpInput) input: SendOtpInput,
    @Ctx() context: RequestContext,
  ): Promise<SendOtpPayload> {
    const { channel, purpose } = input;
    const destination = parseDestination(input.to, channel, 'to', this.#parts.destinations);
    const email = input.email == null ? null : parseEmail(input.email, 'email');
    if (email !== null && purpose !== 'PASSWORD_RESET') throw badInput('email', 'belongs to PASSWORD_RESET only');
    const locale = input.locale == null ? null : parseLocale(input.locale, 'locale');
    if (NEED_SESSION.has(purpose)) await context.requireViewer();
    const order = parseOrder(input);
    this.#parts.otp.ensureCanSend(channel);
    await context.admit();
    const requester = await context.requester();
    const request = { destination, email, channel, locale, requester };
    return toSendOtpPayload(await this.#send(purpose, { ...request, order }, context), destination);
  }

  async #send(
    purpose: OtpPurpose,
    request: ResetRequest & { readonly order: PaymentOrder | null },
    context: RequestContext,
  ): Promise<Sent> {
    const { otp, passwordReset, login, phoneChanges, stepUp, recovery, payments } = this.#parts;
    const { destination, channel, locale, requester } = request;
    switch (purpose) {
      case 'VERIFICATION': {
        const slot = { destination, purpose };
        return otp.send({ kind: 'open', slot, channel, locale, requester });
      }
      case 'LOGIN':
        return login.sendCode(destination, { channel, locale, requester });
      case 'PASSWORD_RESET':
        return passwordReset.sendCode(request);
      case 'ACCOUNT_RECOVERY':
        return recovery.sendCode(destination, { channel, locale, requester });
      case 'PHONE_CHANGE':
        return phoneChanges.sendCode({ ...(await context.requireViewer()), requester }, request);
      case 'STEP_UP':
        return stepUp.sendCode({ ...(await context.requireViewer()), requester }, request);
      case 'TRANSACTION':
        return payments.sendCode({ ...request, user: (await context.requireViewer()).user, order: request.order! });
    }
  }

  @Directive('@rateLimit(max: 60, window: "10m", by: CLIENT_IP)')
  @Directive('@rateLimit(max: 15, window: "10m", by: CLIENT_IP_AND_ARGUMENTS, identityArgs: ["input.to"])')
  @Directive('@rateLimit(max: 60, window: "10m", by: ARGUMENTS, identityArgs: ["input.to"], counts: WRONG_SECRETS)')
  @Mutation(() => VerifyOtpPayload, {
    description:
      'Checks a code. A right one can then be spent once, by its token or by the same code, in the action of its purpose.',
  })
  async verifyOtp(
    @Arg('input', () => VerifyOtpInput) input: VerifyOtpInput,
    @Ctx() context: RequestContext,
  ): Promise<VerifyOtpPayload> {
    const destination = parseAnyDestination(input.to, 'to', this.#parts.destinations);
    const code = parseCode(input.code, 'code', CODE_LENGTH);
    if (input.purpose === 'TRANSACTION')
      throw badInput('purpose', 'TRANSACTION is for confirmTransactionWithOtp, with the payment beside its code');
    if (input.purpose === 'STEP_UP') throw badInput('purpose', 'STEP_UP is for the change itself: give the code there');
    const slot = await this.#slotOf(input.purpose, destination, context);
    await context.admit();
    const requester = await context.requester();
    const { valid, attemptsRemaining, token } = await this.#parts.otp.verify(
      slot,
      code,
      requester,
      input.challengeId ?? null,
    );
    return {
      message: valid ? 'OTP verified successfully' : 'Invalid OTP',
      status: valid ? 'APPROVED' : attemptsRemaining === 0 ? 'MAX_ATTEMPTS_REACHED' : 'PENDING',
      valid,
      attemptsRemaining,
      verificationToken: token?.verificationToken ?? null,
      verificationTokenExpiresAt: token ? new Date(token.expiresAt) : null,
    };
  }

  async #slotOf(purpose: OtpPurpose, destination: string, context: RequestContext): Promise<SlotName> {
    if (purpose !== 'PHONE_CHANGE') return { destination, purpose };
    return this.#parts.phoneChanges.slotOf(await context.requireViewer(), destination);
  }

  @Query(() => OtpPolicy, { description: 'What codes look like here: for building forms.' })
  otpPolicy(): OtpPolicy {
    const { policy, channels } = this.#parts;
    return {
      channels: [...channels],
      codeLength: CODE_LENGTH,
      lifetimeSeconds: policy.ttlMs / 1000,
      resendCooldownSeconds: policy.cooldownMs / 1000,
      maxAttempts: Math.min(MAX_ATTEMPTS_PER_REQUESTER, policy.maxAttempts),
    };
  }
}

/** The payment of a TRANSACTION code; null for every other purpose, where one is a mistake. */
function parseOrder({ purpose, transaction }: SendOtpInput): PaymentOrder | null {
  if (purpose !== 'TRANSACTION') {
    if (transaction != null) throw badInput('transaction', 'belongs to TRANSACTION only');
    return null;
  }
  if (transaction == null) throw badInput('transaction', 'is missing: a TRANSACTION code is for one payment');
  return parseTransaction(transaction, 'transaction');
}

function toSendOtpPayload({ challenge, isNew }: Sent, to: string): SendOtpPayload {
  return {
    isRepeat: !isNew,
    message: `OTP sent successfully via ${challenge.channel.toLowerCase()}`,
    status: 'PENDING',
    to,
    channel: challenge.channel,
    challengeId: challenge.id,
    expiresAt: new Date(challenge.expiresAt),
    resendAfter: new Date(challenge.resendAfter),
    codeLength: CODE_LENGTH,
  };
}
