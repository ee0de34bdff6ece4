import type { Logger } from 'pino';
import type { ResetMailSender } from '../account/password/ports.ts';
import type { Clock } from '../clock.ts';
import type { Keyring } from '../keyring.ts';
import type { OtpProvider } from '../otp/provider.ts';
import type { SigningKeys } from '../session/signing-keys.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Notifier } from '../users/notices.ts';
import type { Stores } from './stores.ts';

/** What the rooms are built from. */
export interface RoomParts {
  readonly stores: Stores;
  readonly provider: OtpProvider | null;
  readonly notifier: Notifier & ResetMailSender;
  readonly keyring: Keyring;
  readonly signingKeys: SigningKeys;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}
