import type { Connection } from 'mongoose';
import type { Logger } from 'pino';
import type { Notifier } from './account/notices.ts';
import { PasswordHasher } from './account/password.ts';
import { RegistrationService } from './account/registration.ts';
import type { ResetMailSender } from './account/reset-link-ports.ts';
import type { Clock } from './clock.ts';
import { composeResets } from './compose-resets.ts';
import type { Config } from './config.ts';
import { AccountResolver } from './graphql/account.resolver.ts';
import { ErrorsResolver } from './graphql/errors.resolver.ts';
import { OtpResolver } from './graphql/otp.resolver.ts';
import { ResetLinkResolver } from './graphql/reset-link.resolver.ts';
import { MongoChallengeStore } from './mongo/challenge-store.ts';
import { MongoTransactions } from './mongo/connection.ts';
import { MongoLoginTicketStore } from './mongo/login-ticket-store.ts';
import { MongoRateLimitStore } from './mongo/rate-limit-store.ts';
import { MongoResetLinkStore } from './mongo/reset-link-store.ts';
import { MongoSessionStore } from './mongo/session-store.ts';
import { MongoUserStore } from './mongo/user-store.ts';
import { Attempts } from './otp/attempts.ts';
import { Deliveries } from './otp/delivery.ts';
import type { OtpPurpose } from './otp/challenge.ts';
import { Keyring } from './otp/keyring.ts';
import { OtpService } from './otp/otp-service.ts';
import type { OtpProvider } from './otp/ports.ts';
import { AccessTokens } from './session/access-token.ts';
import { SessionService } from './session/session-service.ts';
import type { SigningKeys } from './session/signing-keys.ts';
import type { Metrics } from './telemetry/metrics.ts';

/** The stores, with their indexes made; part of `compose`. */
export async function composeStores(connection: Connection, keyring: Keyring, clock: Clock) {
  const db = connection.db!;
  const challenges = new MongoChallengeStore(db);
  const limits = new MongoRateLimitStore(db, keyring, clock);
  const users = new MongoUserStore(connection);
  const sessions = new MongoSessionStore(connection);
  const tickets = new MongoLoginTicketStore(connection);
  const resetLinks = new MongoResetLinkStore(connection);
  for (const store of [challenges, limits, users, sessions, tickets, resetLinks]) await store.prepare();
  return { challenges, limits, users, sessions, tickets, resetLinks, transactions: new MongoTransactions(connection) };
}

export interface RoomParts {
  readonly stores: Awaited<ReturnType<typeof composeStores>>;
  readonly provider: OtpProvider | null;
  readonly notifier: Notifier & ResetMailSender;
  readonly keyring: Keyring;
  readonly signingKeys: SigningKeys;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** The services of the rooms and the resolvers that call them; part of `compose`. */
export function composeRooms(config: Config, parts: RoomParts) {
  const { stores, provider, keyring, signingKeys, clock, logger, metrics } = parts;
  const { challenges: store, users, transactions } = stores;
  const keyrings = [keyring, ...config.otp.secrets.slice(1).map((secret) => new Keyring(secret))] as const;
  const policy = {
    ttlMs: config.otp.ttlSeconds * 1000,
    maxTries: config.otp.maxAttempts,
    cooldownMs: config.otp.resendCooldownSeconds * 1000,
  };
  let lateFailures = 0;
  const onLateFailure = (error: unknown) => {
    lateFailures += 1;
    metrics.lateFailures.inc();
    const { reason } = error as { reason?: string };
    logger.warn({ err: error, reason, lateFailures }, 'work failed after its request was answered');
  };
  const deliveries = new Deliveries({ store, provider, clock, onLateFailure });
  const onChecked = (purpose: OtpPurpose, outcome: string) => metrics.codesChecked.inc({ purpose, outcome });
  const attempts = new Attempts({ store, provider, deliveries, keyrings, policy, clock, onChecked });
  const { channels } = config.otp;
  const otp = new OtpService({
    store,
    transactions,
    provider,
    deliveries,
    attempts,
    keyrings,
    policy,
    clock,
    channels,
  });

  const accessTokens = new AccessTokens(config.jwt, signingKeys, clock);
  const refreshTtlSeconds = config.jwt.refreshTtlSeconds;
  const sessions = new SessionService({ store: stores.sessions, accessTokens, refreshTtlSeconds, clock });
  const passwords = new PasswordHasher();
  const registration = new RegistrationService({ otp, users, sessions, passwords, clock });
  const { passwordReset, resetLink } = composeResets(config, { ...parts, otp, sessions, passwords });

  const destinations = { phoneStrict: config.phoneStrict };
  const resolvers = {
    otp: new OtpResolver({ otp, passwordReset, destinations, policy, channels }),
    account: new AccountResolver({ registration, passwordReset, destinations }),
    resetLink: new ResetLinkResolver(resetLink),
    errors: new ErrorsResolver(),
  };
  return { resolvers, sessions, deliveries };
}
