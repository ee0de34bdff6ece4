import pLimit from 'p-limit';
import type { Notice, Notifier } from '../account/notices.ts';
import type { Mailer } from './mailer.ts';
import { noticeText } from './notice-text.ts';

/** Few at once: codes go through the same mail server, and somebody waits for those. */
const AT_ONCE = 2;
/** A flood of notices beyond this is dropped: it must not exhaust the memory. */
const MAX_WAITING = 1_000;

/** Where development shows what nothing can deliver. */
export interface NoticeInbox {
  deliver(message: { to: string; channel: Notice['channel']; kind: string; subject: string; text: string }): void;
}

/** How a notice ended: UNDELIVERABLE where nothing here reaches its channel, DROPPED in a flood. */
export type NoticeOutcome = 'SENT' | 'FAILED' | 'DROPPED' | 'UNDELIVERABLE';

interface Parts {
  readonly mailer: Pick<Mailer, 'send'> | null;
  readonly inbox: NoticeInbox | null;
  readonly onOutcome: (outcome: NoticeOutcome, notice: Notice, error?: unknown) => void;
}

/**
 * Sends notices in the background: by e-mail where a mail server is set, else to the development inbox. Nothing carries
 * an SMS notice in production, since Twilio Verify sends codes only.
 */
export class BackgroundNotifier implements Notifier {
  readonly #parts: Parts;
  readonly #limit = pLimit(AT_ONCE);
  readonly #running = new Set<Promise<void>>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  notify(notice: Notice): void {
    const { onOutcome } = this.#parts;
    if (this.#limit.pendingCount >= MAX_WAITING) return onOutcome('DROPPED', notice);
    const work = this.#limit(() => this.#send(notice)).then(
      (outcome) => onOutcome(outcome, notice),
      (error: unknown) => onOutcome('FAILED', notice, error),
    );
    const running = work.finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Waits until every notice is on its way; call it at shutdown, before the mailer closes. */
  async drain(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  async #send(notice: Notice): Promise<NoticeOutcome> {
    const { mailer, inbox } = this.#parts;
    const { to, channel, kind } = notice;
    const { subject, paragraphs } = noticeText(notice);
    const text = paragraphs.join('\n\n');
    if (channel === 'EMAIL' && mailer) {
      const html = paragraphs.map((paragraph) => `<p>${paragraph}</p>`).join('');
      await mailer.send({ to, subject, text: `${text}\n`, html });
      return 'SENT';
    }
    if (!inbox) return 'UNDELIVERABLE';
    inbox.deliver({ to, channel, kind, subject, text });
    return 'SENT';
  }
}
