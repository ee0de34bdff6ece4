import { KnownClients } from '../otp/known-clients.ts';
import type { Config } from '../config/config.ts';
import type { Keyring } from '../keyring.ts';
import { Background } from '../otp/background.ts';
import { AttemptBudgets } from '../otp/budgets.ts';
import type { OtpPurpose } from '../otp/challenge.ts';
import { Claims } from '../otp/claims.ts';
import { CodeChecker } from '../otp/code-checker.ts';
import { Deliveries } from '../otp/delivery.ts';
import { Destinations } from '../otp/destinations.ts';
import { OtpService } from '../otp/otp-service.ts';
import type { RoomParts } from './parts.ts';

/** The heart: codes, the attempts at them, their deliveries and what they are spent on; part of `compose`. */
export function composeCodes(
  { channels, ttlSeconds, maxAttempts, resendCooldownSeconds }: Config['otp'],
  { stores, provider, keyring, clock, logger, metrics }: RoomParts,
  keyrings: readonly [Keyring, ...Keyring[]],
) {
  const policy = { ttlMs: ttlSeconds * 1000, maxAttempts, cooldownMs: resendCooldownSeconds * 1000 };
  let lateFailures = 0;
  const background = new Background((error) => {
    lateFailures += 1;
    metrics.lateFailures.inc();
    const { reason } = error as { reason?: string };
    logger.warn({ err: error, reason, lateFailures }, 'work failed after its request was answered');
  });
  const destinations = new Destinations(stores.destinations, clock);
  const deliveries = new Deliveries({ destinations, provider, background });
  const onChecked = (purpose: OtpPurpose, outcome: string) => metrics.codesChecked.inc({ purpose, outcome });
  const common = { destinations, provider, deliveries, background, keyrings, policy, clock };
  const checker = new CodeChecker({ ...common, onChecked });
  return {
    otp: new OtpService({ ...common, checker, channels }),
    claims: new Claims({ ...common, checker, units: stores.units }),
    budgets: new AttemptBudgets({ destinations, keyring, clock }),
    clients: new KnownClients({ destinations, background, keyring, clock }),
    policy,
    background,
  };
}
