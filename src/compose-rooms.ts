import type { Connection } from 'mongoose';
import type { Logger } from 'pino';
import type { Notifier } from './account/notices.ts';
import { PasswordResetService } from './account/password-reset.ts';
import { PasswordHasher } from './account/password.ts';
import { RegistrationService } from './account/registration.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import { AccountResolver } from './graphql/account.resolver.ts';
import { ErrorsResolver } from './graphql/errors.resolver.ts';
import { OtpResolver } from './graphql/otp.resolver.ts';
import { TransactionResolver } from './graphql/transaction.resolver.ts';
import { MongoChallengeStore } from './mongo/challenge-store.ts';
import { MongoTransactions } from './mongo/connection.ts';
import { MongoLoginTicketStore } from './mongo/login-ticket-store.ts';
import { MongoRateLimitStore } from './mongo/rate-limit-store.ts';
import { MongoSessionStore } from './mongo/session-store.ts';
import { MongoUserStore } from './mongo/user-store.ts';
import { Attempts } from './otp/attempts.ts';
import { Deliveries } from './otp/delivery.ts';
import { Keyring } from './otp/keyring.ts';
import { OtpService } from './otp/otp-service.ts';
import type { OtpProvider } from './otp/ports.ts';
import { AccessTokens } from './session/access-token.ts';
import { SessionService } from './session/session-service.ts';
import type { SigningKeys } from './session/signing-keys.ts';
import { Receipts } from './transaction/receipt.ts';
import { TransactionService } from './transaction/transaction-service.ts';

/** The stores, with their indexes made; part of `compose`. */
export async function composeStores(connection: Connection, keyring: Keyring, clock: Clock) {
  const db = connection.db!;
  const challenges = new MongoChallengeStore(db);
  const limits = new MongoRateLimitStore(db, keyring, clock);
  const users = new MongoUserStore(connection);
  const sessions = new MongoSessionStore(connection);
  const tickets = new MongoLoginTicketStore(connection);
  for (const store of [challenges, limits, users, sessions, tickets]) await store.prepare();
  return { challenges, limits, users, sessions, tickets, transactions: new MongoTransactions(connection) };
}

interface RoomParts {
  readonly stores: Awaited<ReturnType<typeof composeStores>>;
  readonly provider: OtpProvider | null;
  readonly notifier: Notifier;
  readonly keyring: Keyring;
  readonly signingKeys: SigningKeys;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The services of the rooms and the resolvers that call them; part of `compose`. */
export function composeRooms(config: Config, parts: RoomParts) {
  const { stores, provider, notifier, keyring, signingKeys, clock, logger } = parts;
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
    const { reason } = error as { reason?: string };
    logger.warn({ err: error, reason, lateFailures }, 'work failed after its request was answered');
  };
  const deliveries = new Deliveries({ store, provider, clock, onLateFailure });
  const attempts = new Attempts({ store, provider, deliveries, keyrings, policy, clock });
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
  const passwordReset = new PasswordResetService({ otp, users, sessions, passwords, notifier, clock });

  const payments = new TransactionService(otp, new Receipts(config.jwt, signingKeys, clock));

  const destinations = { phoneStrict: config.phoneStrict };
  const resolvers = {
    otp: new OtpResolver({ otp, passwordReset, payments, destinations, policy, channels }),
    account: new AccountResolver({ registration, passwordReset, destinations }),
    transaction: new TransactionResolver(payments),
    errors: new ErrorsResolver(),
  };
  return { resolvers, sessions, deliveries };
}
