import { AppError, badInput } from '../errors.ts';
import type { Clock } from '../clock.ts';
import type { Claim, ClaimRequest, Claims, Proof } from '../otp/claims.ts';
import type { Asking, OtpService, Sent } from '../otp/otp-service.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import type { Client } from '../session/ports.ts';
import type { SessionService, Tokens } from '../session/session-service.ts';
import type { KnownClients } from '../otp/known-clients.ts';
import { tellEverywhere, type Notifier } from '../users/notices.ts';
import type { PhoneTrust } from './password/phone-trust.ts';
import type { PasswordHasher } from './password/password.ts';
import type { LoginTicketStore } from './login/ports.ts';
import type { User } from '../users/user.ts';
import type { UserStore } from '../users/ports.ts';
import { acceptsRecoveryCodeAt, needsRecoveryCode } from './password/recovery-rules.ts';
import type { SecondFactor } from './second-factor/second-factor.ts';
import type { Requester } from '../otp/requester.ts';

export interface Recovery {
  readonly email: string;
  readonly password: string;
  /** Beside the password: an ACCOUNT_RECOVERY code that went to a destination of the account, or a recovery code. */
  readonly second: { readonly destination: string; readonly proof: Proof } | { readonly recoveryCode: string };
  readonly newPhone: string;
  readonly newPhoneProof: Proof;
  readonly requester: Requester;
  readonly client: Client;
}

interface Parts {
  readonly otp: OtpService;
  readonly claims: Claims;
  readonly users: UserStore;
  readonly sessions: SessionService;
  readonly tickets: LoginTicketStore;
  readonly passwords: PasswordHasher;
  readonly secondFactor: SecondFactor;
  readonly phoneTrust: PhoneTrust;
  readonly notifier: Notifier;
  readonly clients: KnownClients;
  readonly clock: Clock;
}

/** Lets users back in whose phone is lost. Known and unknown accounts get the same answers (invariant 8). */
export class RecoveryService {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Sends a code to the user whom it would help to recover; for anybody else a decoy stands. */
  async sendCode(destination: string, asking: Asking): Promise<Sent> {
    const user = await this.#parts.users.findByVerifiedDestination(destination);
    const owner = user !== null && acceptsRecoveryCodeAt(user, destination, this.#parts.phoneTrust) ? user : null;
    const slot = { destination, purpose: 'ACCOUNT_RECOVERY' } as const;
    return this.#parts.otp.send({ kind: 'neutral', slot, user: owner, ...asking });
  }

  /**
   * Moves the account to a new phone and opens a session on it. The password comes before any code: whoever lacks it
   * gets one answer to everything, and a mistyped one costs no code (docs/adr/0029-recovery.md).
   *
   * One transaction: the proofs are spent, the phone is moved, the authenticator (it was on the lost phone) and everything
   * that was begun is removed, every session ended, one opened. Then all destinations, old and new, proven or not, are told.
   * @throws AppError INVALID_CREDENTIALS (also for unknown and suspended accounts), OVERLOADED, BAD_USER_INPUT (only a
   *   recovery code will do), ACCOUNT_EXISTS (somebody else's phone), OTP_INVALID, OTP_EXPIRED, MAX_ATTEMPTS_REACHED
   */
  async recover(input: Recovery): Promise<{ user: User; tokens: Tokens }> {
    const { claims, users, sessions, tickets, clients, clock } = this.#parts;
    const user = await this.#userOf(input.email, input.password);
    const { proofs, spend } = await this.#prove(user, input);
    const now = new Date(clock());
    const recovered = await claims.spend(proofs, (commit) =>
      commit(async (unit) => {
        await spend(unit);
        const phone = { phone: input.newPhone, phoneVerifiedAt: now };
        const changes = { ...phone, authenticator: null, pendingAuthenticator: null };
        const changed = await users.change(user, changes, unit);
        if (!changed)
          throw new AppError('INVALID_CREDENTIALS', { reason: 'the account changed or was suspended meanwhile' });
        await sessions.endAll(user.id, unit);
        await tickets.removeAll(user.id, unit);
        const tokens = await sessions.open(user.id, ['pwd', 'otp', 'mfa'], input.client, unit);
        return { user: changed, tokens };
      }),
    );
    clients.contained(user, input.requester);
    this.#tell(user, input.newPhone, now.getTime());
    return { user: recovered.user, tokens: clients.signedIn(recovered.user, input.requester, recovered.tokens) };
  }

  /** The user with this password. Unknown and suspended ones cost the same work and get the same answer. */
  async #userOf(email: string, password: string): Promise<User> {
    const { users, passwords } = this.#parts;
    const user = await users.findByEmail(email);
    if (!user) await passwords.verifyNobody(password);
    const valid = user !== null && (await passwords.verify(user.passwordHash, password)).valid;
    if (!valid || user.suspendedAt) throw new AppError('INVALID_CREDENTIALS');
    return user;
  }

  /** Takes both proofs, or none: the second factor, then the new phone. */
  async #prove(
    user: User,
    input: Recovery,
  ): Promise<{ proofs: readonly Claim[]; spend: (unit: UnitOfWork) => Promise<void> }> {
    const { claims, secondFactor, phoneTrust } = this.#parts;
    const { second, newPhone, newPhoneProof, requester } = input;
    const newPhoneRequest: ClaimRequest = {
      slot: { destination: newPhone, purpose: 'VERIFICATION' },
      proof: newPhoneProof,
      requester,
    };
    if ('recoveryCode' in second) {
      const factor = await secondFactor.proveByRecoveryCode(user, second.recoveryCode, requester, 'recoveryCode');
      return {
        proofs: [...factor.claims, await claims.claim(newPhoneRequest)],
        spend: (unit) => factor.spend(unit),
      };
    }
    const { destination, proof } = second;
    if (needsRecoveryCode(user, destination))
      throw badInput('recoveryCode', 'is needed: a code by message there is not enough for this account');
    const request: ClaimRequest = {
      slot: { destination, purpose: 'ACCOUNT_RECOVERY' },
      proof,
      requester,
      // A code that went to a destination which is no longer theirs fits nobody.
      onlyUser: acceptsRecoveryCodeAt(user, destination, phoneTrust) ? user : null,
    };
    return { proofs: await claims.claimAll([request, newPhoneRequest]), spend: async () => undefined };
  }

  #tell(before: User, newPhone: string, at: number): void {
    tellEverywhere(this.#parts.notifier, [before, { ...before, phone: newPhone }], 'ACCOUNT_RECOVERED', at);
  }
}
