import type { KnownClients } from '../otp/known-clients.ts';
import { PasswordResetService } from '../account/password/password-reset.ts';
import type { PhoneTrust } from '../account/password/phone-trust.ts';
import type { PasswordHasher } from '../account/password/password.ts';
import { ResetLinkService } from '../account/password/reset-link.ts';
import type { ResetMethod } from '../account/password/reset-methods.ts';
import type { Config } from '../config/config.ts';
import type { Keyring } from '../keyring.ts';
import type { Claims } from '../otp/claims.ts';
import type { OtpService } from '../otp/otp-service.ts';
import type { SessionService } from '../session/session-service.ts';
import type { RoomParts } from './parts.ts';

type Parts = RoomParts & {
  readonly otp: OtpService;
  readonly claims: Claims;
  readonly sessions: SessionService;
  readonly passwords: PasswordHasher;
  readonly keyrings: readonly [Keyring, ...Keyring[]];
  readonly phoneTrust: PhoneTrust;
  readonly clients: KnownClients;
};

/** How forgotten passwords are reset: by a code, and by the link of the old system; part of `compose`. */
export function composeResets(config: Config, { stores, notifier, clock, metrics, ...rooms }: Parts) {
  const { users, units, resetLinks: links } = stores;
  const { otp, claims, sessions, passwords, phoneTrust, clients, keyrings } = rooms;
  const onReset = (method: ResetMethod) => metrics.passwordResets.inc({ method });
  const shared = { otp, claims, users, sessions, passwords, phoneTrust, notifier, clients, onReset, clock };
  const { methods, percent, linkBase } = config.passwordReset;
  return {
    passwordReset: new PasswordResetService({ ...shared, methods }),
    resetLink: new ResetLinkService({
      ...shared,
      links,
      units,
      keyrings,
      sender: notifier,
      methods,
      percent,
      linkBase,
      channels: config.otp.channels,
    }),
  };
}
