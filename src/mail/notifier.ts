import pLimit from 'p-limit';
import type { Notice, Notifier } from '../users/notices.ts';
import type { CodeDestination, ResetMailSender } from '../account/password/ports.ts';
import type { Mailer } from './mailer.ts';
import { noticeText } from './notice-text.ts';
import { codeHintText, resetLinkText } from './reset-mail.ts';

/** Few at once: codes go through the same mail server, and somebody waits for those. */
const AT_ONCE = 2;
/** A flood of messages beyond this is dropped: it must not exhaust the memory. */
const MAX_WAITING = 1_000;

/** What is sent in the background. */
export interface BackgroundMessage {
  readonly to: string;
  readonly channel: Notice['channel'];
  readonly kind: Notice['kind'] | 'PASSWORD_RESET_LINK' | 'PASSWORD_RESET_HINT';
}

/** Where development shows what nothing can deliver. */
export interface NoticeInbox {
  deliver(message: BackgroundMessage & { subject: string; text: string; link?: string }): void;
}

/** How a message ended: UNDELIVERABLE where nothing here reaches its channel, DROPPED in a flood. */
export type NoticeOutcome = 'SENT' | 'FAILED' | 'DROPPED' | 'UNDELIVERABLE';

interface Text {
  readonly subject: string;
  readonly paragraphs: readonly string[];
  /** One of the paragraphs, where it is a link to follow. */
  readonly link?: string;
}

interface Parts {
  readonly mailer: Pick<Mailer, 'send'> | null;
  readonly inbox: NoticeInbox | null;
  readonly onOutcome: (outcome: NoticeOutcome, message: BackgroundMessage, error?: unknown) => void;
}

/**
 * Sends notices and reset links in the background: by e-mail where a mail server is set, else to the development inbox.
 * Nothing carries an SMS notice in production, since Twilio Verify sends codes only.
 */
export class BackgroundNotifier implements Notifier, ResetMailSender {
  readonly canMail: boolean;
  readonly #parts: Parts;
  readonly #limit = pLimit(AT_ONCE);
  readonly #running = new Set<Promise<void>>();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.canMail = parts.mailer !== null || parts.inbox !== null;
  }

  notify(notice: Notice): void {
    const { to, channel, kind } = notice;
    this.#enqueue({ to, channel, kind }, () => noticeText(notice));
  }

  mailResetLink(to: string, link: string): void {
    this.#enqueue({ to, channel: 'EMAIL', kind: 'PASSWORD_RESET_LINK' }, () => ({ ...resetLinkText(link), link }));
  }

  mailCodeHint(to: string, codesTo: readonly CodeDestination[]): void {
    this.#enqueue({ to, channel: 'EMAIL', kind: 'PASSWORD_RESET_HINT' }, () => codeHintText(codesTo));
  }

  /** Waits until every message is on its way; call it at shutdown, before the mailer closes. */
  async drain(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  #enqueue(message: BackgroundMessage, text: () => Text): void {
    const { onOutcome } = this.#parts;
    if (this.#limit.pendingCount >= MAX_WAITING) return onOutcome('DROPPED', message);
    const work = this.#limit(() => this.#send(message, text)).then(
      (outcome) => onOutcome(outcome, message),
      (error: unknown) => onOutcome('FAILED', message, error),
    );
    const running = work.finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async #send(message: BackgroundMessage, text: () => Text): Promise<NoticeOutcome> {
    // After the answer, whose time must not tell whether there is anybody to write to (invariant 8).
    await new Promise((resolve) => setImmediate(resolve));
    const { mailer, inbox } = this.#parts;
    const { to, channel } = message;
    const { subject, paragraphs, link } = text();
    const plain = paragraphs.join('\n\n');
    if (channel === 'EMAIL' && mailer) {
      const html = paragraphs.map((paragraph) => (paragraph === link ? anchor(link) : `<p>${paragraph}</p>`)).join('');
      await mailer.send({ to, subject, text: `${plain}\n`, html });
      return 'SENT';
    }
    if (!inbox) return 'UNDELIVERABLE';
    inbox.deliver({ ...message, subject, text: plain, ...(link !== undefined && { link }) });
    return 'SENT';
  }
}

/** PUBLIC_URL is the operator's, and may hold an ampersand. */
function anchor(link: string): string {
  const escaped = link.replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/</g, '&lt;');
  return `<p><a href="${escaped}">${escaped}</a></p>`;
}
