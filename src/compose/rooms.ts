import { Authenticators } from '../account/second-factor/authenticators.ts';
import { Changes } from '../account/changes/changes.ts';
import { AccountDeletion } from '../account/changes/deletion.ts';
import { EmailChanges } from '../account/changes/email-changes.ts';
import { FactorSettings } from '../account/changes/factor-settings.ts';
import { LoginTickets } from '../account/login/login-tickets.ts';
import { LoginService } from '../account/login/login.ts';
import { PasswordChanges } from '../account/changes/password-changes.ts';
import { PasswordHasher } from '../account/password/password.ts';
import { PhoneChanges } from '../account/changes/phone-changes.ts';
import { RecoveryService } from '../account/recovery.ts';
import { RegistrationService } from '../account/registration.ts';
import type { MessageLimit } from '../account/login/ports.ts';
import { SecondFactor } from '../account/second-factor/second-factor.ts';
import { composeResets } from './resets.ts';
import type { RoomParts } from './parts.ts';
import type { Config } from '../config/config.ts';
import type { MongoRateLimitStore } from '../mongo/rate-limit-store.ts';
import { Attempts } from '../otp/attempts.ts';
import type { ChallengePolicy, OtpChannel, OtpPurpose } from '../otp/challenge.ts';
import { Deliveries } from '../otp/delivery.ts';
import { GuessLimits } from '../otp/guessing.ts';
import { Keyring } from '../keyring.ts';
import { OtpService } from '../otp/otp-service.ts';
import { AccessTokens } from '../session/access-token.ts';
import { RefreshTokens } from '../session/refresh-tokens.ts';
import { Refreshing } from '../session/refreshing.ts';
import { SessionService } from '../session/session-service.ts';
import { Receipts } from '../transaction/receipt.ts';
import { TransactionService } from '../transaction/transaction-service.ts';

/** The services of the rooms; part of `compose`. */
export function composeRooms(config: Config, parts: RoomParts) {
  const { stores, notifier, keyring, signingKeys, clock, logger } = parts;
  const { challenges: store, users } = stores;
  const { channels } = config.otp;
  const keyrings = [keyring, ...config.otp.secrets.slice(1).map((secret) => new Keyring(secret))] as const;
  const policy = {
    ttlMs: config.otp.ttlSeconds * 1000,
    maxTries: config.otp.maxAttempts,
    cooldownMs: config.otp.resendCooldownSeconds * 1000,
  };
  const { otp, deliveries } = composeOtp(parts, keyrings, policy, channels);

  const accessTokens = new AccessTokens(config.jwt, signingKeys, clock);
  const refreshTokens = new RefreshTokens(keyrings);
  const refreshTtlSeconds = config.jwt.refreshTtlSeconds;
  const sessionParts = { store: stores.sessions, accessTokens, refreshTokens, refreshTtlSeconds, clock };
  const sessions = new SessionService({ ...sessionParts, users });
  const onReuse = (ended: { sessionId: string; userId: string }) =>
    logger.warn({ ...ended, event: 'refresh_token_reuse' }, 'a used refresh token came back: its session is ended');
  const refreshing = new Refreshing({ ...sessionParts, onReuse });
  const passwords = new PasswordHasher();
  const guesses = new GuessLimits({ store, keyring, clock });
  const authenticators = new Authenticators(keyrings, config.jwt.issuer, clock);
  const messageLimit = secondStepLimit(stores.limits, config.rateLimitScale);
  const tickets = new LoginTickets({ otp, users, tickets: stores.tickets, channels, messageLimit, clock });
  const secondFactor = new SecondFactor({ otp, users, guesses, authenticators });
  const accounts = { otp, users, sessions, passwords, secondFactor, notifier, clock };

  const registration = new RegistrationService(accounts);
  const { passwordReset, resetLink } = composeResets(config, { ...parts, otp, sessions, passwords });
  const login = new LoginService({ ...accounts, tickets });
  const changes = new Changes(accounts);
  const factorSettings = new FactorSettings({ ...accounts, authenticators, guesses, changes });
  const actions = composeChanges({ ...accounts, tickets: stores.tickets }, changes);

  const receipts = new Receipts(config.jwt, signingKeys, clock);
  const payments = new TransactionService({ otp, users, sessions, receipts });

  const destinations = { phoneStrict: config.phoneStrict };
  const signIn = { registration, login, sessions, refreshing, passwordReset, resetLink };
  return { ...signIn, ...actions, factorSettings, payments, otp, policy, channels, destinations, deliveries };
}

/** What signed-in users change, and how those get back in who cannot sign in. */
function composeChanges(parts: ConstructorParameters<typeof RecoveryService>[0], changes: Changes) {
  return {
    emailChanges: new EmailChanges({ ...parts, changes }),
    phoneChanges: new PhoneChanges({ ...parts, changes }),
    passwordChanges: new PasswordChanges({ ...parts, changes }),
    deletion: new AccountDeletion(parts),
    recovery: new RecoveryService(parts),
  };
}

/** As many messages to one destination as `sendOtp` allows, in a bucket of its own: only who passed a first step fills it. */
function secondStepLimit(limits: MongoRateLimitStore, scale: number): MessageLimit {
  const rule = (max: number, windowMs: number) => ({ max: Math.ceil(max * scale), windowMs, perClient: false });
  const rules = [rule(10, 600_000), rule(20, 86_400_000)];
  return { take: (destination) => limits.reserve('', [{ name: `second step\n${destination}`, rules }]) };
}

/** The heart: codes, their attempts and their deliveries. */
function composeOtp(
  { stores, provider, clock, logger, metrics }: RoomParts,
  keyrings: readonly [Keyring, ...Keyring[]],
  policy: ChallengePolicy,
  channels: readonly OtpChannel[],
) {
  const { challenges: store, units } = stores;
  let lateFailures = 0;
  const onLateFailure = (error: unknown) => {
    lateFailures += 1;
    metrics.lateFailures.inc();
    const { reason } = error as { reason?: string };
    logger.warn({ err: error, reason, lateFailures }, 'work failed after its request was answered');
  };
  const deliveries = new Deliveries({ store, provider, clock, onLateFailure });
  const common = { store, provider, deliveries, keyrings, policy, clock };
  const onChecked = (purpose: OtpPurpose, outcome: string) => metrics.codesChecked.inc({ purpose, outcome });
  const attempts = new Attempts({ ...common, onChecked });
  return { otp: new OtpService({ ...common, units, attempts, channels }), deliveries };
}
