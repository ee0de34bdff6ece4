import type { Claims, Proof } from '../../otp/claims.ts';
import type { Asking, OtpService, Sent } from '../../otp/otp-service.ts';
import type { SessionService } from '../../session/session-service.ts';
import type { Clock } from '../../clock.ts';
import { AppError } from '../../errors.ts';
import { notifyOwner, type Notifier } from '../../users/notices.ts';
import type { PhoneTrust } from './phone-trust.ts';
import type { KnownClients } from '../../otp/known-clients.ts';
import type { PasswordHasher } from './password.ts';
import type { UserStore } from '../../users/ports.ts';
import { acceptsResetAt, kindOf } from './recovery-rules.ts';
import { ensureResetMethod, type ResetMethod } from './reset-methods.ts';
import type { Requester } from '../../otp/requester.ts';

export interface ResetRequest extends Asking {
  /** Where the code goes: a normalised phone number or e-mail address. */
  readonly destination: string;
  /** When given, the destination must belong to the user with this e-mail address. */
  readonly email: string | null;
}

export interface Reset {
  readonly email: string;
  /** Where the code went; null when it went to the e-mail address. */
  readonly phone: string | null;
  readonly newPassword: string;
  readonly proof: Proof;
  readonly requester: Requester;
}

interface Parts {
  readonly otp: OtpService;
  readonly claims: Claims;
  readonly users: UserStore;
  readonly sessions: SessionService;
  readonly passwords: PasswordHasher;
  readonly phoneTrust: PhoneTrust;
  readonly notifier: Notifier;
  readonly clients: KnownClients;
  /** Told of each reset that was done, for counting. */
  readonly onReset: (method: ResetMethod) => void;
  readonly methods: readonly ResetMethod[];
  readonly clock: Clock;
}

/** Resets forgotten passwords. Known and unknown destinations get the same answers (invariant 8). */
export class PasswordResetService {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Sends a code to the user who proved the destination; for anybody else a decoy stands.
   * @throws AppError FORBIDDEN (switched off), and as `OtpService.send`
   */
  async sendCode(request: ResetRequest): Promise<Sent> {
    ensureResetMethod(this.#parts.methods, 'otp');
    const { destination, channel, email, locale, requester } = request;
    const { users, phoneTrust } = this.#parts;
    const user = await users.findByVerifiedDestination(destination);
    const isMeant =
      user !== null && acceptsResetAt(user, destination, phoneTrust) && (email === null || email === user.email);
    const slot = { destination, purpose: 'PASSWORD_RESET' } as const;
    return this.#parts.otp.send({
      kind: 'neutral',
      slot,
      user: isMeant ? user : null,
      channel,
      locale,
      requester,
    });
  }

  /**
   * Sets a new password and ends every session of the user, in one transaction; then tells the owner at every verified
   * destination.
   * @returns how many sessions ended
   * @throws AppError FORBIDDEN (switched off), OTP_INVALID, OTP_EXPIRED, MAX_ATTEMPTS_REACHED: the same for unknown accounts
   */
  async reset(input: Reset): Promise<number> {
    const { claims, users, sessions, passwords, phoneTrust, notifier, clients, onReset, clock } = this.#parts;
    ensureResetMethod(this.#parts.methods, 'otp');
    const destination = input.phone ?? input.email;
    const user = await users.findByVerifiedDestination(destination);
    const { proof, requester } = input;
    const claim = await claims.claim({
      slot: { destination, purpose: 'PASSWORD_RESET' },
      proof,
      requester,
      onlyUser: user?.email === input.email && acceptsResetAt(user, destination, phoneTrust) ? user : null,
    });
    const ended = await claims.spend([claim], async (commit) => {
      const passwordHash = await passwords.hash(input.newPassword);
      return commit(async (unit) => {
        const passwordResetBy = kindOf(destination);
        const served = passwordResetBy === 'PHONE' && { phoneVerifiedAt: new Date(clock()) };
        const changes = { passwordHash, passwordResetBy, ...served };
        // As it was read: a second factor that was switched on meanwhile may forbid this destination.
        if (!(await users.change(user!, changes, unit)))
          throw new AppError('OTP_EXPIRED', { reason: 'the account changed, was suspended or deleted meanwhile' });
        return sessions.endAll(claim.userId!, unit);
      });
    });
    onReset('otp');
    if (user) clients.contained(user, requester);
    if (user) notifyOwner(notifier, user, 'PASSWORD_RESET', clock());
    return ended;
  }
}
