import { Authenticators } from '../account/second-factor/authenticators.ts';
import { Changes } from '../account/changes/changes.ts';
import { AccountDeletion } from '../account/changes/deletion.ts';
import { EmailChanges } from '../account/changes/email-changes.ts';
import { FactorSettings } from '../account/changes/factor-settings.ts';
import { ChangeUndo } from '../account/changes/undo.ts';
import { LoginTickets } from '../account/login/login-tickets.ts';
import { LoginService } from '../account/login/login.ts';
import { PasswordChanges } from '../account/changes/password-changes.ts';
import { PasswordHasher } from '../account/password/password.ts';
import { PhoneChanges } from '../account/changes/phone-changes.ts';
import { PhoneTrust } from '../account/password/phone-trust.ts';
import { RecoveryService } from '../account/recovery.ts';
import { RegistrationService } from '../account/registration.ts';
import type { MessageLimit } from '../account/login/ports.ts';
import { SecondFactor } from '../account/second-factor/second-factor.ts';
import { StepUp } from '../account/changes/step-up.ts';
import type { Background } from '../otp/background.ts';
import { composeCodes } from './codes.ts';
import { composeResets } from './resets.ts';
import type { RoomParts } from './parts.ts';
import type { Config } from '../config/config.ts';
import type { MongoRateLimitStore } from '../mongo/rate-limit-store.ts';
import { Keyring } from '../keyring.ts';
import { AccessTokens } from '../session/access-token.ts';
import { RefreshTokens } from '../session/refresh-tokens.ts';
import { Refreshing, type Reuse } from '../session/refreshing.ts';
import { SessionService } from '../session/session-service.ts';
import { Receipts } from '../transaction/receipt.ts';
import { TransactionService } from '../transaction/transaction-service.ts';
import { notifyOwner } from '../users/notices.ts';

/** The services of the rooms; part of `compose`. */
export function composeRooms(config: Config, parts: RoomParts) {
  const { stores, notifier, keyring, signingKeys, clock, logger } = parts;
  const { users } = stores;
  const { channels } = config.otp;
  const keyrings = [keyring, ...config.otp.secrets.slice(1).map((secret) => new Keyring(secret))] as const;
  const { otp, claims, budgets, clients, policy, background } = composeCodes(config.otp, parts, keyrings);

  const accessTokens = new AccessTokens(config.jwt, signingKeys, clock);
  const refreshTokens = new RefreshTokens(keyrings);
  const sessionParts = { ...config.jwt, store: stores.sessions, accessTokens, refreshTokens, clock };
  const sessions = new SessionService({ ...sessionParts, users });
  const onReuse = ({ sessionId, user, at, maskedIp }: Reuse) => {
    const line = { sessionId, userId: user.id, event: 'refresh_token_reuse' };
    logger.warn(line, 'a used refresh token came back: its session is ended');
    notifyOwner(notifier, user, 'REFRESH_TOKEN_REUSED', at, { from: maskedIp });
  };
  const refreshing = new Refreshing({ ...sessionParts, onReuse });
  const passwords = new PasswordHasher(() => users.otherPasswordKinds(), clock);
  const authenticators = new Authenticators(keyrings, config.jwt.issuer, clock);
  const messageLimit = secondStepLimit(stores.limits, config.rateLimitScale, background);
  const tickets = new LoginTickets({ otp, users, tickets: stores.tickets, channels, messageLimit, clock });
  const secondFactor = new SecondFactor({ claims, users, budgets, authenticators, clock });
  const phoneTrust = new PhoneTrust(config.phone, clock);
  const accounts = { otp, claims, users, sessions, passwords, secondFactor, phoneTrust, notifier, clients, clock };

  const registration = new RegistrationService(accounts);
  const { passwordReset, resetLink } = composeResets(config, {
    ...parts,
    otp,
    claims,
    sessions,
    passwords,
    phoneTrust,
    keyrings,
    clients,
  });
  const login = new LoginService({ ...accounts, tickets });
  const { units, undoLinks } = stores;
  const undo = new ChangeUndo({ ...accounts, units, undoLinks, linkBase: config.passwordReset.linkBase });
  const changes = new Changes({ ...accounts, undo });
  const stepUp = new StepUp({ ...accounts, channels });
  const factorSettings = new FactorSettings({ ...accounts, stepUp, authenticators, budgets, changes });
  const actions = composeChanges({ ...accounts, tickets: stores.tickets, undoLinks, stepUp }, changes);

  const receipts = new Receipts(config.jwt, signingKeys, clock);
  const payments = new TransactionService({ otp, claims, users, sessions, receipts, clock });

  const destinations = { phoneStrict: config.phoneStrict };
  const signIn = { registration, login, sessions, refreshing, passwordReset, resetLink };
  return {
    ...signIn,
    ...actions,
    stepUp,
    undo,
    factorSettings,
    payments,
    otp,
    clients,
    policy,
    channels,
    destinations,
    background,
  };
}

/** What signed-in users change, and how those get back in who cannot sign in. */
function composeChanges(
  parts: ConstructorParameters<typeof RecoveryService>[0] & ConstructorParameters<typeof AccountDeletion>[0],
  changes: Changes,
) {
  return {
    emailChanges: new EmailChanges({ ...parts, changes }),
    phoneChanges: new PhoneChanges({ ...parts, changes }),
    passwordChanges: new PasswordChanges({ ...parts, changes }),
    deletion: new AccountDeletion(parts),
    recovery: new RecoveryService(parts),
  };
}

/** As many messages to one destination as `sendOtp` allows, in a bucket of its own: only who passed a first step fills it. */
function secondStepLimit(limits: MongoRateLimitStore, scale: number, background: Background): MessageLimit {
  const rule = (max: number, windowMs: number) => {
    return { max: Math.ceil(max * scale), windowMs, perClient: false, refundable: true };
  };
  const rules = [rule(10, 600_000), rule(20, 86_400_000)];
  const bucketOf = (destination: string) => [{ name: `second step\n${destination}`, rules }];
  return {
    take: (destination) => limits.reserve('', bucketOf(destination)),
    giveBack: (destination) => background.track(limits.giveBack('', bucketOf(destination)).catch(() => undefined)),
  };
}
