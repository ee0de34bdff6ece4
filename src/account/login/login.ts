import type { Clock } from '../../clock.ts';
import { AppError, badInput, hasCode } from '../../errors.ts';
import type { OtpChannel } from '../../otp/challenge.ts';
import type { Claim, Claims, Proof } from '../../otp/claims.ts';
import type { Asking as CodeAsking, OtpService, Sent } from '../../otp/otp-service.ts';
import type { UnitOfWork } from '../../unit-of-work.ts';
import type { Client } from '../../session/ports.ts';
import type { SessionService, Tokens } from '../../session/session-service.ts';
import type { FirstStep, LoginTickets, PendingSecondFactor } from './login-tickets.ts';
import { notifyOwner, type Notifier } from '../../users/notices.ts';
import type { KnownClients } from '../../otp/known-clients.ts';
import type { PhoneTrust } from '../password/phone-trust.ts';
import { kindOf } from '../password/recovery-rules.ts';
import type { PasswordHasher } from '../password/password.ts';
import type { User } from '../../users/user.ts';
import type { UserStore } from '../../users/ports.ts';
import type { SecondFactor } from '../second-factor/second-factor.ts';
import type { Requester } from '../../otp/requester.ts';

/** Who asks, for limits and for the session's record. */
export interface Asking {
  readonly requester: Requester;
  readonly client: Client;
}

export type SignedIn = { readonly user: User; readonly tokens: Tokens };
export type LoginOutcome = SignedIn | { readonly pending: PendingSecondFactor };

interface Parts {
  readonly otp: OtpService;
  readonly claims: Claims;
  readonly users: UserStore;
  readonly sessions: SessionService;
  readonly passwords: PasswordHasher;
  readonly secondFactor: SecondFactor;
  readonly tickets: LoginTickets;
  readonly phoneTrust: PhoneTrust;
  readonly notifier: Notifier;
  readonly clients: KnownClients;
  readonly clock: Clock;
}

/** RFC 8176: a password, a one-time code, and both together as two factors of different kinds. */
const PASSWORD = ['pwd'];
const CODE = ['otp'];
const BOTH = ['pwd', 'otp', 'mfa'];

/** Signs users in. Known and unknown destinations get the same answers (invariant 8). */
export class LoginService {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Sends a LOGIN code to the user who proved the destination; for anybody else a decoy stands. */
  async sendCode(destination: string, asking: CodeAsking): Promise<Sent> {
    const user = open(await this.#parts.users.findByVerifiedDestination(destination));
    const slot = { destination, purpose: 'LOGIN' } as const;
    return this.#parts.otp.send({ kind: 'neutral', slot, user, ...asking });
  }

  /**
   * The first step by password. A missing user costs the same hash, and an account is called suspended only to those who
   * know its password.
   * @throws AppError INVALID_CREDENTIALS, FORBIDDEN (suspended), OVERLOADED
   */
  async withPassword(email: string, password: string, asking: Asking): Promise<LoginOutcome> {
    const { users, passwords } = this.#parts;
    const user = await users.findByEmail(email);
    if (!user) {
      await passwords.verifyNobody(password);
      throw new AppError('INVALID_CREDENTIALS');
    }
    const { valid, needsRehash } = await passwords.verify(user.passwordHash, password);
    if (!valid) throw new AppError('INVALID_CREDENTIALS');
    if (user.suspendedAt) throw new AppError('FORBIDDEN', { message: 'This account is suspended' });
    if (needsRehash) await this.#rehash(user, password);
    return this.#firstStep(user, 'PASSWORD', [], asking);
  }

  /**
   * The first step by a LOGIN code, or by the token of one. Where the code went to a phone that does not stand for its owner
   * alone (any more), the password signs in beside it, or a second step by the e-mail address.
   * @param password looked at after the code only, so that it can be guessed by nobody who cannot read there
   * @throws AppError OTP_INVALID, OTP_EXPIRED, MAX_ATTEMPTS_REACHED: the same for unknown destinations;
   *   INVALID_CREDENTIALS (the password), BAD_USER_INPUT (it is needed): the code can be used for another try
   */
  async withCode(destination: string, proof: Proof, password: string | null, asking: Asking): Promise<LoginOutcome> {
    const { claims, users, passwords } = this.#parts;
    const user = open(await users.findByVerifiedDestination(destination));
    const claim = await claims.claim({
      slot: { destination, purpose: 'LOGIN' },
      proof,
      requester: asking.requester,
      onlyUser: user,
    });
    if (password !== null)
      await claims.spend([claim], () => passwords.require(user!.passwordHash, password, 'password'));
    return this.#firstStep(user!, kindOf(destination), [claim], asking, password !== null);
  }

  /**
   * The second step: the code by message, the authenticator's code, or a recovery code.
   * @throws AppError UNAUTHENTICATED (the ticket is over), OTP_INVALID, OTP_EXPIRED, MAX_ATTEMPTS_REACHED
   */
  async withTicket(loginTicket: string, otpCode: string, asking: Asking): Promise<SignedIn> {
    const { users, tickets, secondFactor, notifier, clock } = this.#parts;
    const { ticket, user } = await tickets.find(loginTicket);
    const proof = await secondFactor.prove(user, otpCode, tickets.slotOf(ticket, user), asking.requester);
    const isPasswordFirst = ticket.amr.includes('pwd');
    const amr = isPasswordFirst ? BOTH : CODE;
    const signedIn = await this.#open(user, amr, proof.claims, asking, async (unit) => {
      await tickets.consume(ticket, unit);
      await proof.spend(unit);
      // A code by e-mail beside another code: that one was read at the phone.
      if (ticket.channel === 'EMAIL' && !isPasswordFirst) await users.renewPhone(user, new Date(clock()), unit);
    });
    if (proof.usesRecoveryCode) notifyOwner(notifier, user, 'RECOVERY_CODE_USED', clock());
    return signedIn;
  }

  /**
   * Sends the second step's code again.
   * @throws AppError UNAUTHENTICATED, FORBIDDEN (an authenticator makes the codes), RESEND_TOO_SOON, RATE_LIMITED
   */
  async resend(loginTicket: string, requester: Requester): Promise<PendingSecondFactor> {
    const { tickets } = this.#parts;
    const { ticket, user } = await tickets.find(loginTicket);
    if (user.authenticator)
      throw new AppError('FORBIDDEN', { message: 'This account uses an authenticator app: no code is sent' });
    return tickets.send(loginTicket, ticket, user, requester);
  }

  /** Whoever knows the password gets in, also under load: an old hash can wait for the next login. */
  async #rehash(user: User, password: string): Promise<void> {
    const { users, passwords } = this.#parts;
    const stronger = await passwords.hash(password).catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'OVERLOADED') return null;
      throw error;
    });
    if (stronger !== null) await users.rehash(user, stronger);
  }

  async #firstStep(
    user: User,
    first: FirstStep,
    proofs: Claim[],
    asking: Asking,
    hasPassword = false,
  ): Promise<LoginOutcome> {
    const { claims, users, tickets, phoneTrust, clock } = this.#parts;
    const amr = hasPassword ? withPasswordBeside(user, first) : first === 'PASSWORD' ? PASSWORD : CODE;
    const isEnough = first !== 'PHONE' || hasPassword || phoneTrust.signsIn(user);
    if (isEnough && !user.twoFactorEnabled)
      return this.#open(user, amr, proofs, asking, async (unit) => {
        if (first === 'PHONE') await users.renewPhone(user, new Date(clock()), unit);
      });
    const { loginTicket, ticket } = await claims.spend(proofs, async (commit) => {
      const channel = this.#channelBeside(user, first);
      return commit((unit) => tickets.issue(user, amr, channel, unit));
    });
    return { pending: await tickets.sendIfPossible(loginTicket, ticket, user, asking.requester) };
  }

  /** @throws AppError BAD_USER_INPUT where only the password can stand beside a code at the phone, else CHANNEL_UNAVAILABLE */
  #channelBeside(user: User, first: FirstStep): OtpChannel {
    try {
      return this.#parts.tickets.channelFor(user, first);
    } catch (error) {
      if (user.twoFactorEnabled || !hasCode(error, 'CHANNEL_UNAVAILABLE')) throw error;
      throw badInput('password', 'is needed: a code at this phone alone does not sign in');
    }
  }

  /** One transaction: what proved the user is spent, the user is marked, the session opened. */
  async #open(
    user: User,
    amr: readonly string[],
    proofs: readonly Claim[],
    { client, requester }: Asking,
    spend?: (unit: UnitOfWork) => Promise<void>,
  ): Promise<SignedIn> {
    const { claims, users, sessions, clients, clock } = this.#parts;
    const tokens = await claims.spend(proofs, (commit) =>
      commit(async (unit) => {
        await spend?.(unit);
        const unchanged = await users.signIn(user, new Date(clock()), unit);
        if (!unchanged) throw new AppError('UNAUTHENTICATED', { message: 'Sign in again: the account has changed' });
        return sessions.open(user.id, amr, client, unit);
      }),
    );
    return { user, tokens: clients.signedIn(user, requester, tokens) };
  }
}

/** A password that was reset by a code to this very destination proves no more than the code beside it. */
function withPasswordBeside({ passwordResetBy }: User, first: FirstStep): readonly string[] {
  return passwordResetBy === first ? ['pwd', 'otp'] : BOTH;
}

/** The user, unless suspended: then all is as if there were none. */
function open(user: User | null): User | null {
  return user?.suspendedAt ? null : user;
}
