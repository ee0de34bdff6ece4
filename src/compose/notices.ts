import type { Logger } from 'pino';
import { BackgroundNotifier, type BackgroundMessage, type NoticeInbox, type NoticeOutcome } from '../mail/notifier.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Mailer } from '../mail/mailer.ts';

/** Who tells people what happened to their account; part of `compose`. The log gets no address. */
export function composeNotifier(
  senders: { readonly mailer: Mailer | null; readonly inbox: NoticeInbox | null },
  logger: Logger,
  metrics: Metrics,
): BackgroundNotifier {
  const silent = new Set<BackgroundMessage['channel']>();
  let lost = 0;
  const onOutcome = (outcome: NoticeOutcome, { channel, kind }: BackgroundMessage, error?: unknown) => {
    metrics.notices.inc({ kind, channel, outcome });
    if (outcome === 'SENT') return;
    if (outcome === 'UNDELIVERABLE') {
      // Once for each channel: with Twilio every SMS notice ends here.
      if (!silent.has(channel)) logger.warn({ channel }, UNDELIVERABLE[channel]);
      silent.add(channel);
      return;
    }
    lost += 1;
    const { reason } = (error ?? {}) as { reason?: string };
    logger.warn({ err: error, reason, channel, kind, outcome, lostNotices: lost }, 'a notice was not delivered');
  };
  return new BackgroundNotifier({ ...senders, onOutcome });
}

const UNDELIVERABLE = {
  EMAIL: 'notices by e-mail are not delivered: set SMTP_URL',
  SMS: 'notices by SMS are not delivered: Twilio Verify carries codes only',
};
