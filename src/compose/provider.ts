import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { DevelopmentInbox } from '../local/inbox.ts';
import { LocalProvider } from '../local/local-provider.ts';
import { Mailer } from '../mail/mailer.ts';
import type { Keyring } from '../keyring.ts';
import type { OtpProvider } from '../otp/provider.ts';
import { TwilioVerifyProvider } from '../twilio/verify-provider.ts';

/** Who delivers codes by this configuration, and the mail server, which also carries notices; part of `compose`. */
export function composeProvider(
  config: Config,
  keyring: Keyring,
  clock: Clock,
  logger: Logger,
): { provider: OtpProvider | null; inbox: DevelopmentInbox | null; mailer: Mailer | null } {
  const settings = config.otp.provider;
  const mailer = config.mail && new Mailer(config.mail.smtpUrl, config.mail.from);
  if (settings === null) return { provider: null, inbox: null, mailer };
  if (settings === 'local') {
    const inbox = config.production ? null : new DevelopmentInbox(clock);
    return { provider: new LocalProvider(keyring, { inbox, mailer }), inbox, mailer };
  }
  const onOutage = (state: 'open' | 'closed') => {
    if (state === 'open')
      logger.warn('Twilio is down: calls are held back, and one probes for its return every few seconds');
    else logger.info('Twilio answers again');
  };
  return { provider: new TwilioVerifyProvider(settings, clock, onOutage), inbox: null, mailer };
}
