import type { Clock } from '../../clock.ts';
import { AppError } from '../../errors.ts';
import type { OtpChannel } from '../../otp/challenge.ts';
import type { Keyring } from '../../keyring.ts';
import { hashToken, makeToken } from '../../opaque-token.ts';
import { destinationId } from '../../otp/identifiers.ts';
import type { UnitsOfWork } from '../../unit-of-work.ts';
import type { SessionService } from '../../session/session-service.ts';
import { notifyOwner, type Notifier } from '../../users/notices.ts';
import type { PhoneTrust } from './phone-trust.ts';
import type { KnownClients } from '../../otp/known-clients.ts';
import type { PasswordHasher } from './password.ts';
import type { User } from '../../users/user.ts';
import type { UserStore } from '../../users/ports.ts';
import type { CodeDestination, ResetLinkStore, ResetMailSender } from './ports.ts';
import { acceptsResetAt } from './recovery-rules.ts';
import { cohortOf } from './cohort.ts';
import { ensureResetMethod, type ResetMethod } from './reset-methods.ts';

const LINK_LIFE_MS = 30 * 60_000;

interface Parts {
  readonly links: ResetLinkStore;
  readonly users: UserStore;
  readonly sessions: SessionService;
  readonly passwords: PasswordHasher;
  readonly units: UnitsOfWork;
  /** The current secret's keys first: a link that was mailed before a rotation of OTP_SECRET still works. */
  readonly keyrings: readonly [Keyring, ...Keyring[]];
  readonly sender: ResetMailSender;
  readonly phoneTrust: PhoneTrust;
  readonly notifier: Notifier;
  readonly clients: KnownClients;
  readonly onReset: (method: ResetMethod) => void;
  readonly clock: Clock;
  readonly methods: readonly ResetMethod[];
  /** Of a hundred addresses, how many still get links. */
  readonly percent: number;
  /** What links begin with; null where the operator has not said how clients reach the server. */
  readonly linkBase: string | null;
  readonly channels: readonly OtpChannel[];
}

/**
 * The old reset by a link in a mail, for the time of the migration (docs/migrate-from-email-reset.md). Known and unknown
 * addresses get the same answers after the same work (invariant 8). Who gets a link: docs/adr/0023-reset-links.md.
 */
export class ResetLinkService {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Mails a link to the account's owner, or, outside the cohort, how to reset by a code.
   * @throws AppError FORBIDDEN (switched off), PROVIDER_NOT_CONFIGURED: both before any look-up
   */
  async request(email: string): Promise<void> {
    const { links, users, keyrings, sender, clock, percent } = this.#parts;
    const [keyring] = keyrings;
    const linkBase = this.#ensureCanMail();
    const user = await users.findByEmail(email);
    const owner = user !== null && user.suspendedAt === null && mayGetMail(user) ? user : null;
    const inCohort = cohortOf(keyring, email) < percent;
    const codesTo = owner ? this.#codeDestinations(owner) : [];
    const receives = owner !== null && (inCohort || codesTo.length === 0);
    const { token, hash: tokenHash } = makeToken();
    await links.keep({
      addressId: destinationId(keyring, email),
      tokenHash,
      userId: receives ? owner.id : null,
      authVersion: receives ? owner.authVersion : 0,
      expiresAt: new Date(clock() + LINK_LIFE_MS),
    });
    if (receives) sender.mailResetLink(email, `${linkBase}/reset-password#token=${token}`);
    else if (owner) sender.mailCodeHint(email, codesTo);
  }

  /**
   * Sets a new password, ends every session, every other link and every code of the user, in one transaction. The
   * link has proven the address. It opens no session, so a second factor is asked for as ever.
   * @returns how many sessions ended
   * @throws AppError FORBIDDEN (switched off), OTP_EXPIRED
   */
  async reset(token: string, newPassword: string): Promise<number> {
    const { links, users, sessions, passwords, units, keyrings, notifier, clients, onReset, clock } = this.#parts;
    ensureResetMethod(this.#parts.methods, 'email_link');
    const link = await links.find(hashToken(token), clock());
    const user = link?.userId == null ? null : await users.findById(link.userId);
    if (!link || !user || user.authVersion !== link.authVersion) throw expired();
    // The mailbox proves its own address only: the account may have lost it to whoever proved it.
    if (!keyrings.some((keyring) => destinationId(keyring, user.email) === link.addressId)) throw expired();
    const passwordHash = await passwords.hash(newPassword);
    const emailVerifiedAt = user.emailVerifiedAt ?? new Date(clock());
    // The mailbox has set the password, so a code to it is no other factor beside it (recovery-rules.ts).
    const changes = { passwordHash, passwordResetBy: 'EMAIL', emailVerifiedAt } as const;
    const { changed, ended } = await units.run(async (unit) => {
      if (!(await links.consume(link, unit))) throw expired();
      const changed = await users.change(user, changes, unit);
      if (!changed) throw expired();
      return { changed, ended: await sessions.endAll(user.id, unit) };
    });
    onReset('email_link');
    clients.contained(changed, null);
    notifyOwner(notifier, changed, 'PASSWORD_RESET', clock());
    return ended;
  }

  #ensureCanMail(): string {
    const { methods, sender, linkBase } = this.#parts;
    ensureResetMethod(methods, 'email_link');
    if (sender.canMail && linkBase !== null) return linkBase;
    const reason = 'links need SMTP_URL and PUBLIC_URL';
    throw new AppError('PROVIDER_NOT_CONFIGURED', { message: 'Password reset by e-mail is not configured', reason });
  }

  /** Where codes reach this account; with a second factor they go to the e-mail address only (invariant 13). */
  #codeDestinations(user: User): CodeDestination[] {
    const { channels, methods, phoneTrust } = this.#parts;
    if (!methods.includes('otp')) return [];
    const byEmail = user.emailVerifiedAt !== null && channels.includes('EMAIL');
    const byPhone =
      user.phone !== null &&
      acceptsResetAt(user, user.phone, phoneTrust) &&
      channels.some((channel) => channel !== 'EMAIL');
    return [...(byPhone ? (['PHONE'] as const) : []), ...(byEmail ? (['EMAIL'] as const) : [])];
  }
}

/**
 * A verified address may; so may the only address of an account that nobody has proven anything of, which only the
 * import makes. Anybody can register somebody else's address beside a phone of their own: its owner would get into that
 * account by a link.
 */
function mayGetMail(user: User): boolean {
  return user.emailVerifiedAt !== null || user.phoneVerifiedAt === null;
}

function expired(): AppError {
  const message = 'This link has expired or was used: ask for a new one';
  return new AppError('OTP_EXPIRED', { message, facts: { field: 'token' } });
}
