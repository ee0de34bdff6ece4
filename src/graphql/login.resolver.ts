import 'reflect-metadata';
import { Arg, Ctx, Directive, Mutation, Resolver } from 'type-graphql';
import type { PendingSecondFactor } from '../account/login/login-tickets.ts';
import type { Asking, LoginOutcome, LoginService } from '../account/login/login.ts';
import { badInput } from '../errors.ts';
import { parseAnyDestination, parseEmail, type DestinationRules } from '../otp/destination.ts';
import { toUserType } from './account.resolver.ts';
import type { AuthPayload } from './account.types.ts';
import type { RequestContext } from './context.ts';
import { LoginInput, LoginResult, LoginWithOtpInput, SecondFactorRequired } from './login.types.ts';
import { parseProof } from './proof.ts';

interface Parts {
  readonly login: LoginService;
  readonly destinations: DestinationRules;
}

@Resolver()
export class LoginResolver {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  @Directive('@rateLimit(max: 60, window: "10m", by: CLIENT_IP)')
  @Directive('@rateLimit(max: 10, window: "10m", by: CLIENT_IP_AND_ARGUMENTS, identityArgs: ["input.email"])')
  @Directive('@rateLimit(max: 100, window: "24h", by: ARGUMENTS, identityArgs: ["input.email"], counts: WRONG_SECRETS)')
  @Mutation(() => LoginResult, {
    description: 'Signs in by password. With a second factor on, its code is sent at once to the other destination.',
  })
  async login(
    @Arg('input', () => LoginInput) input: LoginInput,
    @Ctx() context: RequestContext,
  ): Promise<AuthPayload | SecondFactorRequired> {
    const email = parseEmail(input.email, 'email');
    return toLoginResult(await this.#parts.login.withPassword(email, input.password, await admitted(context)));
  }

  @Directive('@rateLimit(max: 60, window: "10m", by: CLIENT_IP)')
  @Directive('@rateLimit(max: 10, window: "10m", by: CLIENT_IP_AND_ARGUMENTS, identityArgs: ["input.to"])')
  @Directive('@rateLimit(max: 100, window: "24h", by: ARGUMENTS, identityArgs: ["input.to"], counts: WRONG_SECRETS)')
  @Directive('@rateLimit(max: 10, window: "10m", by: ARGUMENTS, identityArgs: ["input.loginTicket"], counts: CALLS)')
  @Mutation(() => LoginResult, {
    description: 'Signs in by a LOGIN code, or completes a sign-in by its second factor.',
  })
  async loginWithOtp(
    @Arg('input', () => LoginWithOtpInput) input: LoginWithOtpInput,
    @Ctx() context: RequestContext,
  ): Promise<AuthPayload | SecondFactorRequired> {
    const { login, destinations } = this.#parts;
    const { to, loginTicket, otpCode, verificationToken, password = null } = input;
    if ((to == null) === (loginTicket == null)) throw badInput('to', 'or loginTicket: give exactly one');
    if (to != null) {
      const destination = parseAnyDestination(to, 'to', destinations);
      const proof = parseProof(input);
      return toLoginResult(await login.withCode(destination, proof, password, await admitted(context)));
    }
    if (verificationToken != null) throw badInput('verificationToken', 'does not go with loginTicket: give otpCode');
    if (password !== null) throw badInput('password', 'does not go with loginTicket: give otpCode');
    if (otpCode == null) throw badInput('otpCode', 'is missing');
    return toLoginResult(await login.withTicket(loginTicket!, otpCode, await admitted(context)));
  }

  @Directive('@rateLimit(max: 60, window: "10m", by: CLIENT_IP)')
  @Directive('@rateLimit(max: 10, window: "10m", by: ARGUMENTS, identityArgs: ["loginTicket"], counts: CALLS)')
  @Mutation(() => SecondFactorRequired, {
    description: "Sends the code of a sign-in's second factor again, on the same channel.",
  })
  async resendSecondFactor(
    @Arg('loginTicket', () => String, { description: 'What `SecondFactorRequired` answered.' }) loginTicket: string,
    @Ctx() context: RequestContext,
  ): Promise<SecondFactorRequired> {
    await context.admit();
    return toSecondFactor(await this.#parts.login.resend(loginTicket, await context.requester()));
  }
}

/** Who asks, once the call is counted in its limits. */
async function admitted(context: RequestContext): Promise<Asking> {
  await context.admit();
  return { requester: await context.requester(), client: context.client };
}

function toLoginResult(outcome: LoginOutcome): AuthPayload | SecondFactorRequired {
  if ('pending' in outcome) return toSecondFactor(outcome.pending);
  return { message: 'Login successful', ...outcome.tokens, user: toUserType(outcome.user) };
}

function toSecondFactor({ sent, ...pending }: PendingSecondFactor): SecondFactorRequired {
  return { message: messageOf(pending.method, sent, pending.to), ...pending };
}

function messageOf(method: PendingSecondFactor['method'], sent: boolean, to: string): string {
  if (method === 'AUTHENTICATOR') return 'Enter the code of your authenticator app, or a recovery code';
  if (sent) return `Enter the code that was sent to ${to}`;
  return 'No code could be sent yet: ask for it again later, or enter a recovery code';
}
