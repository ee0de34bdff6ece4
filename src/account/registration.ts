import { AppError } from '../errors.ts';
import type { Clock } from '../clock.ts';
import type { ClaimRequest, Claims, Proof } from '../otp/claims.ts';
import type { Requester } from '../otp/requester.ts';
import type { Client } from '../session/ports.ts';
import type { SessionService, Tokens } from '../session/session-service.ts';
import type { KnownClients } from '../otp/known-clients.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import type { Notifier } from '../users/notices.ts';
import type { UserStore } from '../users/ports.ts';
import type { User } from '../users/user.ts';
import type { PasswordHasher } from './password/password.ts';
import type { PhoneTrust } from './password/phone-trust.ts';

export interface Registration {
  readonly email: string;
  readonly phone: string;
  readonly password: string;
  /** Proves the phone. */
  readonly proof: Proof;
  /** Proves the e-mail address; null: it stays unverified. */
  readonly emailVerificationToken: string | null;
  readonly requester: Requester;
  readonly client: Client;
}

interface Parts {
  readonly claims: Claims;
  readonly users: UserStore;
  readonly sessions: SessionService;
  readonly passwords: PasswordHasher;
  readonly clients: KnownClients;
  readonly phoneTrust: PhoneTrust;
  readonly notifier: Notifier;
  readonly clock: Clock;
}

/** Registers users whose phone is proven. */
export class RegistrationService {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * One transaction: the challenge is consumed, the user written, the session opened. A phone whose account has not been
   * used for as long as a phone is trusted goes over to who proves it now, and that account is told.
   * @throws AppError ACCOUNT_EXISTS (the proof stays good for another try), OTP_INVALID, OTP_EXPIRED, MAX_ATTEMPTS_REACHED
   */
  async register(input: Registration): Promise<{ user: User; tokens: Tokens }> {
    const { claims, users, sessions, passwords, notifier, clients, clock } = this.#parts;
    const proofs = await claims.claimAll(proofsOf(input));
    const { user, tokens, released } = await claims.spend(proofs, async (commit) => {
      const passwordHash = await passwords.hash(input.password);
      const now = new Date(clock());
      const emailVerifiedAt = input.emailVerificationToken === null ? null : now;
      return commit(async (unit) => {
        const { email, phone } = input;
        const released = await this.#releasePhone(phone, unit);
        const user = await users.insert({ email, emailVerifiedAt, phone, phoneVerifiedAt: now, passwordHash }, unit);
        // RFC 8176: the phone was proven by a code.
        const tokens = await sessions.open(user.id, ['otp'], input.client, unit);
        return { user, tokens, released };
      });
    });
    if (released) notifier.notify({ to: released.email, channel: 'EMAIL', kind: 'PHONE_RELEASED', at: clock() });
    return { user, tokens: clients.signedIn(user, input.requester, tokens) };
  }

  /** @throws AppError ACCOUNT_EXISTS when the phone's account has a session that lives: it is in use */
  async #releasePhone(phone: string, unit: UnitOfWork): Promise<User | null> {
    const { users, sessions, phoneTrust } = this.#parts;
    const { dormantSince } = phoneTrust;
    const released = dormantSince && (await users.releasePhone(phone, dormantSince, unit));
    if (released && (await sessions.endAll(released.id, unit)) > 0) throw new AppError('ACCOUNT_EXISTS');
    return released;
  }
}

/** The e-mail address first: its token costs no attempt, so a stale one spends nothing of the phone's code. */
function proofsOf(input: Registration): ClaimRequest[] {
  const { phone, email, requester, proof, emailVerificationToken } = input;
  const ofPhone = { slot: { destination: phone, purpose: 'VERIFICATION' as const }, proof, requester };
  if (emailVerificationToken === null) return [ofPhone];
  const slot = { destination: email, purpose: 'VERIFICATION' as const };
  const emailProof = { verificationToken: emailVerificationToken, field: 'emailVerificationToken' };
  return [{ slot, proof: emailProof, requester }, ofPhone];
}
